import type { Blocker } from '../calendar/gate.ts';
import type {
  ActionSilence,
  Demand,
  Doing,
  Host,
  Retries,
  Risk,
  VerifyTarget,
} from '../playbook/definition.ts';

/**
 * Exactly what will happen when a person says yes: ordered commands with every value resolved. Its hash is what an
 * approval is bound to.
 */
export type Plan = {
  readonly title: string;
  readonly risk: Risk;
  readonly says: string | null;
  readonly commands: readonly PlannedCommand[];
  /** The gate that follows the last command. */
  readonly verify: VerifyTarget | null;
  readonly budgetMs: number | null;
  /** In words: how it is taken back. */
  readonly undo: string;
  /** What is kept from calling people while it is carried out, and the service that it is about. */
  readonly silences?: ActionSilence & { readonly service?: string };
  /** All that its actions and its procedure demand, each of which has to be met. */
  readonly approvals?: readonly Demand[];
  /** Typed by whoever lets it run. */
  readonly confirm?: string;
  /** Why it is carried out although it is held to windows, and against what; the approval is of this as well. */
  readonly override?: Override;
  /** Only what is left of the action: what came before it in the same plan has happened already. */
  readonly rest?: true;
};

export type Override = {
  readonly reason: string;
  readonly against: readonly Blocker[];
  /** All that the procedure changes, however little of it the plan itself shows; who overrides answers for each. */
  readonly services?: readonly ChangedService[];
};

/** `environment` is where it stood when the run started; absent in production. */
export type ChangedService = { readonly service: string; readonly environment?: string };

export type PlannedCommand = {
  readonly action: string;
  readonly title: string;
  readonly host: Host;
  readonly does: Doing;
  readonly timeoutMs: number;
  readonly succeeds: readonly number[];
  readonly secrets: readonly string[];
  readonly undo: 'none' | 'previous' | 'action';
  readonly probe: string | null;
  readonly observes: boolean;
  /** The service that it acts on, where that is not the run's. */
  readonly service?: string;
  /** Where that service stood when the run started; absent in production. */
  readonly environment?: string;
  /** Made before what follows wipes it; whatever comes of it, the plan goes on. */
  readonly evidence?: true;
  readonly idempotent?: true;
  readonly retries?: Retries;
  /** Values that were given for its parameters; they stand in its arguments. */
  readonly values?: Readonly<Record<string, string>>;
};

/** Whether something in it still waits for a value; nothing of such a plan may be carried out. */
export const hasSlots = (commands: readonly PlannedCommand[]): boolean =>
  commands.some(({ does }) => does.kind === 'run' && (does.slots?.length ?? 0) > 0);
