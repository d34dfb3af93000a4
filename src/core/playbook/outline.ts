import { utf8ToBytes } from '@noble/hashes/utils.js';
import { type Access, production, type Right } from '../access/access.ts';
import { rightFor } from '../access/may.ts';
import { needsApproval } from '../run/demands.ts';
import { hasSlots, type Plan, type PlannedCommand } from '../run/plan.ts';
import { actionOf, planHash, planStep, planWhole } from '../run/resolve.ts';
import { type Acting, lookedAt } from '../run/stepValues.ts';
import { allSteps } from '../run/walk.ts';
import { canonicalJson, sha256Hex } from './canonical.ts';
import type {
  Automatic,
  Definition,
  Duty,
  Host,
  Indicator,
  Objective,
  Retries,
  Risk,
  RollbackTrigger,
  Step,
  VerifyTarget,
} from './definition.ts';
import { answersOf } from './match.ts';
import { asksOf, demandsOfAll, type OutlineAsks, type OutlineDemands } from './outlineAsks.ts';
import { type ValueType, wantedText } from './valueType.ts';

/**
 * Everything that a playbook would do, resolved as it is when a run starts: for reading before it is needed, and for
 * comparing two versions. Durations are milliseconds; hashes and digests are SHA-256, hex.
 */
export type Outline = OutlineDemands & {
  readonly playbook: string;
  readonly title: string;
  readonly kind: Definition['playbook']['kind'];
  readonly service: string;
  readonly severity: string;
  /** Every set of labels, any of which it answers. */
  readonly answers: readonly Readonly<Record<string, string>>[];
  readonly authority: 'each' | 'whole';
  /** What a run is pinned to. */
  readonly definition: string;
  /** For a procedure that is approved as a whole: what its approval is bound to, the highest risk, and who may ask for it. */
  readonly approval:
    | ({ readonly hash: string | null; readonly risk: Risk; readonly right: Right } & OutlineAsks)
    | null;
  readonly budgetMs: number | null;
  /** How often the bot says how it stands, where it does. */
  readonly updatesMs?: number;
  /** What is asked of whoever starts it. */
  readonly inputs?: readonly { readonly name: string; readonly ask: string; readonly wanted: string }[];
  /** Every step that is carried out without a click, or would be as a shadow, wherever in the walk it stands. */
  readonly automatic: readonly ({ readonly step: string; readonly action: string } & Automatic)[];
  readonly steps: readonly OutlineStep[];
};

export type OutlineStep = {
  readonly id: string;
  /** What conditions call it, and its own one. */
  readonly as?: string;
  readonly if?: string;
} & (
  | { readonly kind: 'chart'; readonly indicator: OutlineIndicator }
  | ({ readonly kind: 'observe'; readonly look: string | null } & OutlineAction)
  | ({
      readonly kind: 'do';
      readonly when: string | null;
      readonly always: boolean;
      readonly budgetMs: number | null;
      /** That the bot carries it out without a click, or as a shadow only says so, and how long after it was offered. */
      readonly automatic: Automatic | null;
      readonly onFail: readonly OutlineStep[] | null;
    } & OutlineAction)
  | {
      readonly kind: 'verify';
      readonly indicator: OutlineIndicator;
      readonly target: VerifyTarget;
      readonly onFail: readonly OutlineStep[] | null;
    }
  | {
      readonly kind: 'choose';
      readonly question: string;
      readonly options: readonly {
        readonly label: string;
        readonly hint: string | null;
        readonly steps: readonly OutlineStep[];
      }[];
    }
  | {
      readonly kind: 'ask';
      readonly question: string;
      readonly options: readonly string[] | null;
      /** What an answer must be, where it is not any text. */
      readonly wanted?: string;
    }
  | { readonly kind: 'offer'; readonly procedure: string; readonly title: string; readonly why: string }
  | { readonly kind: 'wait'; readonly ms: number; readonly why: string }
  | {
      readonly kind: 'checklist';
      readonly title: string;
      readonly items: readonly ({ readonly text: string } & Duty)[];
    }
  | {
      readonly kind: 'call';
      readonly playbook: string;
      readonly title: string;
      readonly steps: readonly OutlineStep[];
    }
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
  /** The service that it acts on, where that is not the playbook's. */
  readonly service: string | null;
  /** Its name in any case, and where it stands; empty in a playbook that takes the incident's. */
  readonly actsOn: string;
  readonly environment: string;
  /** Who has to say yes to it, on its own or, in a procedure that is approved as a whole, with the plan. */
  readonly asks: OutlineAsks;
  /** For what waits for others on its own: what that approval is bound to. */
  readonly approval: string | null;
  readonly commands: readonly OutlineCommand[];
  readonly verify: { readonly indicator: OutlineIndicator; readonly target: VerifyTarget } | null;
  readonly undo: string;
  /** By parameter, where each value comes from and what it may be; absent for an action that takes none. */
  readonly with?: readonly { readonly parameter: string; readonly from: string; readonly wanted: string }[];
  /** Why something destructive keeps nothing beforehand. */
  readonly withoutEvidence?: string;
  /** What is kept from calling people meanwhile. */
  readonly silences?: NonNullable<Plan['silences']>;
};

export type OutlineCommand = {
  readonly action: string;
  readonly where: string;
  /** The login on another machine; null for whoever the executor runs as on its own. */
  readonly as: string | null;
  readonly directory: string;
  /** The service that it acts on, where that is not the playbook's, and where it stands. */
  readonly service: string | null;
  readonly environment: string;
  readonly run: readonly string[] | null;
  readonly write: { readonly file: string; readonly bytes: number; readonly digest: string } | null;
  readonly timeoutMs: number;
  readonly succeeds: readonly number[];
  readonly secrets: readonly string[];
  readonly probe: string | null;
  /** Taken before what follows wipes it. */
  readonly evidence?: true;
  readonly retries?: Retries;
};

export type OutlineIndicator = {
  readonly name: string;
  readonly query: string;
  readonly unit: Indicator['unit'];
  readonly objective: Objective;
  /** The service that it belongs to, where that is not the playbook's. */
  readonly service: string | null;
  readonly rollback: readonly RollbackTrigger[];
};

/** With the access rules it also says who may approve. */
export function outlineOf(definition: Definition, access?: Access): Outline {
  const { playbook } = definition;
  const hash = sha256Hex(canonicalJson(definition));
  const whole = playbook.authority === 'whole' ? planWhole(definition) : null;
  return {
    playbook: playbook.name,
    title: playbook.title,
    kind: playbook.kind,
    service: playbook.service,
    severity: playbook.severity,
    answers: answersOf(playbook),
    authority: playbook.authority,
    definition: hash,
    approval: whole && {
      hash: hasSlots(whole.commands) ? null : planHash(whole, hash),
      risk: whole.risk,
      right: rightFor[whole.risk],
      ...asksOf(whole, { definition, access }),
    },
    ...demandsOfAll({ definition, access }),
    ...(playbook.inputs && {
      inputs: Object.entries(playbook.inputs).map(([name, { ask, type }]) => ({
        name,
        ask,
        wanted: wantedText(type),
      })),
    }),
    budgetMs: playbook.budgetMs ?? null,
    ...(playbook.updatesMs !== undefined && { updatesMs: playbook.updatesMs }),
    automatic: allSteps(playbook.steps).flatMap((step) =>
      step.kind === 'do' && step.automatic ? [{ step: step.id, action: step.action, ...step.automatic }] : [],
    ),
    steps: playbook.steps.map((step) => stepOf(step, { definition, hash, access })),
  };
}

type Of = {
  readonly definition: Definition;
  readonly hash: string;
  readonly access: Access | undefined;
};

function stepOf(step: Step, of: Of): OutlineStep {
  const { as, if: condition } = step;
  return {
    ...kindOf(step, of),
    ...(as !== undefined && { as }),
    ...(condition !== undefined && { if: condition }),
  };
}

const listOf = (steps: readonly Step[] | undefined, of: Of): readonly OutlineStep[] | null =>
  steps === undefined ? null : steps.map((each) => stepOf(each, of));

function kindOf(step: Step, of: Of): OutlineStep {
  const { id } = step;
  switch (step.kind) {
    case 'chart':
      return { id, kind: 'chart', indicator: indicatorOf(of, step.indicator) };
    case 'observe':
      return {
        id,
        kind: 'observe',
        look: step.look ?? null,
        ...actionIn(of, step, planStep(of.definition, step)),
        action: lookedAt(step).join(', '),
      };
    case 'do':
      return {
        id,
        kind: 'do',
        when: step.when ?? null,
        always: step.always === true,
        budgetMs: step.budgetMs ?? null,
        automatic: step.automatic ?? null,
        onFail: listOf(step.onFail, of),
        ...actionIn(of, step, planStep(of.definition, step)),
      };
    case 'verify':
      return {
        id,
        kind: 'verify',
        indicator: indicatorOf(of, step.target.indicator),
        target: step.target,
        onFail: listOf(step.onFail, of),
      };
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
        ...(isPlain(step.input) ? {} : { wanted: wantedText(step.input) }),
      };
    case 'offer':
      return { id, kind: 'offer', procedure: step.procedure, title: step.title, why: step.why };
    case 'wait':
      return { id, kind: 'wait', ms: step.ms, why: step.why };
    case 'checklist':
      return {
        id,
        kind: 'checklist',
        title: step.title,
        items: step.items.map((text, index) => ({ text, ...step.duties?.[index] })),
      };
    case 'call':
      return {
        id,
        kind: 'call',
        playbook: step.playbook,
        title: step.title,
        steps: step.steps.map((each) => stepOf(each, of)),
      };
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

const isPlain = (type: ValueType): boolean =>
  type.kind === 'options' || (type.kind === 'text' && type.pattern === undefined);

function actionIn(of: Of, step: Acting, plan: Plan): OutlineAction {
  const { definition, hash } = of;
  const name = step.action;
  const { withoutEvidence } = actionOf(definition.service, name);
  const given = givenIn(of, step);
  const alone = definition.playbook.authority === 'each' && needsApproval(plan);
  return {
    action: name,
    title: plan.title,
    says: plan.says,
    risk: plan.risk,
    right: rightFor[plan.risk],
    service: actionOf(definition.service, name).service ?? null,
    actsOn: actionOf(definition.service, name).service ?? definition.playbook.service,
    environment: actionOf(definition.service, name).environment ?? production,
    asks: asksOf(plan, of),
    // What is not known yet becomes part of what is approved.
    approval: alone && !hasSlots(plan.commands) ? planHash(plan, hash) : null,
    commands: plan.commands.map(commandOf),
    verify: plan.verify && { indicator: indicatorOf(of, plan.verify.indicator), target: plan.verify },
    undo: actionOf(definition.service, name).risk === 'observe' ? 'changes nothing' : plan.undo,
    ...(given.length > 0 && { with: given }),
    ...(withoutEvidence !== undefined && { withoutEvidence }),
    ...(plan.silences && { silences: plan.silences }),
  };
}

function givenIn({ definition }: Of, step: Acting): NonNullable<OutlineAction['with']> {
  const names = step.kind === 'observe' ? lookedAt(step) : [step.action];
  const parameters = names.flatMap((name) =>
    Object.entries(actionOf(definition.service, name).parameters ?? {}),
  );
  return [...new Map(parameters)].map(([parameter, { type }]) => {
    const given = step.with?.[parameter];
    const from = !given ? '' : given.kind === 'literal' ? given.text : `${given.kind}.${given.name}`;
    return { parameter, from, wanted: wantedText(type) };
  });
}

function commandOf(command: PlannedCommand): OutlineCommand {
  const { action, does, host, timeoutMs, succeeds, secrets, probe, service, environment } = command;
  return {
    action,
    where: whereOf(host),
    as: host.kind === 'ssh' ? host.user : null,
    directory: host.directory,
    service: service ?? null,
    environment: environment ?? production,
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
    ...(command.evidence && { evidence: command.evidence }),
    ...(command.retries && { retries: command.retries }),
  };
}

function whereOf(host: Host): string {
  if (host.kind === 'local') return host.name;
  return `${host.name} (${host.address}:${host.port})`;
}

function indicatorOf({ definition }: Of, name: string): OutlineIndicator {
  const indicator: Indicator | undefined = definition.service.indicators[name];
  if (!indicator) throw new Error(`${definition.service.name} has no indicator ${name}`);
  const { query, unit, objective, service = null, rollback = [] } = indicator;
  return { name, query, unit, objective, service, rollback };
}
