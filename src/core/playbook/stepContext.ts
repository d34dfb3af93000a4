import type { Catalog } from './catalog.ts';
import type { Playbook, Step } from './definition.ts';
import type { Pace } from './pace.ts';
import type { Path } from './problem.ts';
import type { Reporter } from './reporting.ts';
import type { HostBook, ServiceBook } from './serviceBook.ts';
import type { Shelf } from './shelf.ts';
import type { StepSource } from './stepSource.ts';
import type { Input } from './valueType.ts';

/** What the steps of one playbook are compiled with. */
export type StepContext = {
  readonly report: Reporter;
  readonly pace: Pace;
  readonly name: string;
  readonly catalog: Catalog;
  readonly shelf: Shelf;
  readonly authority: Playbook['authority'];
  readonly hosts: HostBook;
  /** Titles of all procedures by their names, broken ones included. */
  readonly procedures: ReadonlyMap<string, string>;
  readonly inputs: Readonly<Record<string, Input>>;
};

export type Inside = StepContext & {
  readonly prefix: string;
  /** The service that plain names belong to: that of the playbook that the steps are written in. */
  readonly service: ServiceBook;
  /** Milliseconds of the stage that the steps are in, before the pace. */
  readonly stageBudget: number | null;
  /** The playbooks that call each other down to here, the compiled one first. */
  readonly calls: readonly string[];
  /** Where a circle of calls is told: at the call in the file that is being compiled. */
  readonly outermost?: Path;
  /** Complains at the file that is being compiled, also of what comes from another one. */
  readonly told: Reporter;
  /** How many more steps there may be; shared by all that are compiled for one playbook. */
  readonly budget: { left: number };
  /** Where each step is written; what comes from another playbook stands where that is called. */
  readonly paths: Map<string, Path>;
};

/** Steps hold steps: who compiles one of those is handed the means to compile what is in it. */
export type CompileList = (sources: readonly StepSource[], inside: Inside) => Step[];
