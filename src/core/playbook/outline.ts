import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { Right } from '../access/access.ts';
import { rightFor } from '../access/may.ts';
import type { Plan, PlannedCommand } from '../run/plan.ts';
import { actionOf, planAction, planHash, planWhole } from '../run/resolve.ts';
import { canonicalJson, sha256Hex } from './canonical.ts';
import type { Definition, Host, Indicator, Objective, Risk, Step, VerifyTarget } from './definition.ts';

/**
 * Everything that a playbook would do, resolved as it is when a run starts: for reading before it is needed, and for
 * comparing two versions. Durations are milliseconds; hashes and digests are SHA-256, hex.
 */
export type Outline = {
  readonly playbook: string;
  readonly title: string;
  readonly kind: Definition['playbook']['kind'];
  readonly service: string;
  readonly severity: string;
  readonly answers: Readonly<Record<string, string>>;
  readonly authority: 'each' | 'whole';
  /** What a run is pinned to. */
  readonly definition: string;
  /** For a procedure that is approved as a whole: what its approval is bound to, the highest risk, and who may ask for it. */
  readonly approval: { readonly hash: string; readonly risk: Risk; readonly right: Right } | null;
  readonly budgetMs: number | null;
  readonly steps: readonly OutlineStep[];
};

export type OutlineStep = { readonly id: string } & (
  | { readonly kind: 'chart'; readonly indicator: OutlineIndicator }
  | ({ readonly kind: 'observe'; readonly look: string | null } & OutlineAction)
  | ({
      readonly kind: 'do';
      readonly when: string | null;
      readonly always: boolean;
      readonly budgetMs: number | null;
    } & OutlineAction)
  | { readonly kind: 'verify'; readonly indicator: OutlineIndicator; readonly target: VerifyTarget }
  | {
      readonly kind: 'choose';
      readonly question: string;
      readonly options: readonly {
        readonly label: string;
        readonly hint: string | null;
        readonly steps: readonly OutlineStep[];
      }[];
    }
  | { readonly kind: 'ask'; readonly question: string; readonly options: readonly string[] | null }
  | { readonly kind: 'wait'; readonly ms: number; readonly why: string }
  | { readonly kind: 'checklist'; readonly title: string; readonly items: readonly string[] }
  | {
      readonly kind: 'stage';
      readonly title: string;
      readonly budgetMs: number;
      readonly steps: readonly OutlineStep[];
    }
);

export type OutlineAction = {
  readonly action: string;
  readonly title: string;
  readonly says: string | null;
  readonly risk: Risk;
  readonly right: Right;
  /** For what waits for a second person on its own: what that approval is bound to. */
  readonly approval: string | null;
  readonly commands: readonly OutlineCommand[];
  readonly verify: { readonly indicator: OutlineIndicator; readonly target: VerifyTarget } | null;
  readonly undo: string;
};

export type OutlineCommand = {
  readonly action: string;
  readonly where: string;
  /** The login on another machine; null for whoever the executor runs as on its own. */
  readonly as: string | null;
  readonly directory: string;
  readonly run: readonly string[] | null;
  readonly write: { readonly file: string; readonly bytes: number; readonly digest: string } | null;
  readonly timeoutMs: number;
  readonly succeeds: readonly number[];
  readonly secrets: readonly string[];
  readonly probe: string | null;
};

export type OutlineIndicator = {
  readonly name: string;
  readonly query: string;
  readonly unit: Indicator['unit'];
  readonly objective: Objective;
};

export function outlineOf(definition: Definition): Outline {
  const { playbook } = definition;
  const hash = sha256Hex(canonicalJson(definition));
  const whole = playbook.authority === 'whole' ? planWhole(definition) : null;
  return {
    playbook: playbook.name,
    title: playbook.title,
    kind: playbook.kind,
    service: playbook.service,
    severity: playbook.severity,
    answers: playbook.answers,
    authority: playbook.authority,
    definition: hash,
    approval: whole && { hash: planHash(whole, hash), risk: whole.risk, right: rightFor[whole.risk] },
    budgetMs: playbook.budgetMs ?? null,
    steps: playbook.steps.map((step) => stepOf(step, { definition, hash })),
  };
}

type Of = { readonly definition: Definition; readonly hash: string };

function stepOf(step: Step, of: Of): OutlineStep {
  const { id } = step;
  switch (step.kind) {
    case 'chart':
      return { id, kind: 'chart', indicator: indicatorOf(of, step.indicator) };
    case 'observe':
      return { id, kind: 'observe', look: step.look ?? null, ...actionIn(of, step.action, null) };
    case 'do':
      return {
        id,
        kind: 'do',
        when: step.when ?? null,
        always: step.always === true,
        budgetMs: step.budgetMs ?? null,
        ...actionIn(of, step.action, step.budgetMs ?? null),
      };
    case 'verify':
      return { id, kind: 'verify', indicator: indicatorOf(of, step.target.indicator), target: step.target };
    case 'choose':
      return {
        id,
        kind: 'choose',
        question: step.question,
        options: step.options.map(({ label, hint, steps }) => ({
          label,
          hint: hint ?? null,
          steps: steps.map((each) => stepOf(each, of)),
        })),
      };
    case 'ask':
      return {
        id,
        kind: 'ask',
        question: step.question,
        options: step.input.kind === 'options' ? step.input.options : null,
      };
    case 'wait':
      return { id, kind: 'wait', ms: step.ms, why: step.why };
    case 'checklist':
      return { id, kind: 'checklist', title: step.title, items: step.items };
    case 'stage':
      return {
        id,
        kind: 'stage',
        title: step.title,
        budgetMs: step.budgetMs,
        steps: step.steps.map((each) => stepOf(each, of)),
      };
    default: {
      const never: never = step;
      return never;
    }
  }
}

function actionIn(of: Of, name: string, budgetMs: number | null): OutlineAction {
  const { definition, hash } = of;
  const plan: Plan = planAction(definition, name, budgetMs);
  const alone = definition.playbook.authority === 'each' && plan.risk === 'destructive';
  return {
    action: name,
    title: plan.title,
    says: plan.says,
    risk: plan.risk,
    right: rightFor[plan.risk],
    approval: alone ? planHash(plan, hash) : null,
    commands: plan.commands.map(commandOf),
    verify: plan.verify && { indicator: indicatorOf(of, plan.verify.indicator), target: plan.verify },
    undo: actionOf(definition.service, name).risk === 'observe' ? 'changes nothing' : plan.undo,
  };
}

function commandOf(command: PlannedCommand): OutlineCommand {
  const { action, does, host, timeoutMs, succeeds, secrets, probe } = command;
  return {
    action,
    where: whereOf(host),
    as: host.kind === 'ssh' ? host.user : null,
    directory: host.directory,
    run: does.kind === 'run' ? does.argv : null,
    write:
      does.kind === 'run' || does.content === null
        ? null
        : {
            file: does.file,
            bytes: utf8ToBytes(does.content).length,
            digest: sha256Hex(does.content),
          },
    timeoutMs,
    succeeds,
    secrets,
    probe,
  };
}

function whereOf(host: Host): string {
  if (host.kind === 'local') return host.name;
  return `${host.name} (${host.address}:${host.port})`;
}

function indicatorOf({ definition }: Of, name: string): OutlineIndicator {
  const indicator: Indicator | undefined = definition.service.indicators[name];
  if (!indicator) throw new Error(`${definition.service.name} has no indicator ${name}`);
  return { name, query: indicator.query, unit: indicator.unit, objective: indicator.objective };
}
