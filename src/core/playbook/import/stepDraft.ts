/** Steps of a draft, each with the comments that stand above it; a list may end with comments of its own. */
export type DraftStep =
  | { readonly kind: 'observe'; readonly action: string; readonly look?: string }
  | { readonly kind: 'do'; readonly action: string; readonly when?: string; readonly budget?: string }
  | { readonly kind: 'chart'; readonly indicator: string }
  | { readonly kind: 'verify'; readonly indicator: string; readonly for: string }
  | { readonly kind: 'wait'; readonly duration: string; readonly why: string }
  | { readonly kind: 'ask'; readonly question: string }
  | { readonly kind: 'checklist'; readonly title: string; readonly items: readonly string[] }
  | {
      readonly kind: 'choose';
      readonly question: string;
      readonly options: readonly {
        readonly label: string;
        readonly hint: string | null;
        readonly steps: DraftList;
      }[];
    }
  | { readonly kind: 'stage'; readonly title: string; readonly budget: string; readonly steps: DraftList };

export type DraftList = {
  readonly items: readonly { readonly comments: readonly string[]; readonly step: DraftStep }[];
  readonly after: readonly string[];
};

/** Puts steps and comments down in the order of the runbook. */
export type StepList = {
  readonly comment: (text: string) => void;
  /** A comment on a line of the source, in the form that accounts for it. */
  readonly remark: (line: number, text: string) => void;
  readonly step: (step: DraftStep) => void;
  /** Adds what an earlier command should show, where the last step is one that shows something. */
  readonly look: (text: string) => boolean;
  readonly append: (list: DraftList) => void;
  readonly list: () => DraftList;
};

export function createStepList(): StepList {
  const items: { comments: string[]; step: DraftStep }[] = [];
  let waiting: string[] = [];
  return {
    comment: (text) => void waiting.push(text),
    remark: (line, text) => void waiting.push(`line ${line}: ${text}`),
    step(step) {
      items.push({ comments: waiting, step });
      waiting = [];
    },
    look(text) {
      const last = items.at(-1);
      if (last?.step.kind !== 'observe' || last.step.look !== undefined) return false;
      last.step = { ...last.step, look: text };
      return true;
    },
    append(list) {
      for (const { comments, step } of list.items) {
        items.push({ comments: [...waiting, ...comments], step });
        waiting = [];
      }
      waiting.push(...list.after);
    },
    list: () => ({ items, after: waiting }),
  };
}

/** Every step, those inside questions and stages included. */
export const countSteps = ({ items }: DraftList): number =>
  items.reduce((sum, { step }) => {
    if (step.kind === 'choose')
      return sum + 1 + step.options.reduce((all, option) => all + countSteps(option.steps), 0);
    return sum + 1 + (step.kind === 'stage' ? countSteps(step.steps) : 0);
  }, 0);
