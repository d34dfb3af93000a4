import type { Doing, Host, Risk, VerifyTarget } from '../playbook/definition.ts';

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
};

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
};
