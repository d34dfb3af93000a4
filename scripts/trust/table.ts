import { relative, resolve } from 'node:path';
import type { Reporter, TestCase } from 'vitest/node';
import { promises } from './promises.ts';

const root = resolve(import.meta.dirname, '../..');

export type Shown = {
  readonly promise: number;
  readonly file: string;
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
  readonly figures: readonly string[];
};

/** Collects the tests that carry the tag of a promise, and the figures that they noted. */
export function createCollector(): { readonly reporter: Reporter; readonly shown: () => readonly Shown[] } {
  const shown: Shown[] = [];
  return {
    reporter: {
      onTestCaseResult(test: TestCase) {
        for (const tag of test.tags) {
          const promise = Number(/^trust-(\d+)$/.exec(tag)?.[1]);
          if (Number.isNaN(promise)) continue;
          shown.push({
            promise,
            file: relative(root, test.module.moduleId),
            name: test.fullName,
            state: test.result().state,
            figures: test
              .annotations()
              .filter(({ type }) => type === 'figure')
              .map(({ message }) => message),
          });
        }
      },
    },
    shown: () => shown,
  };
}

/** The table as Markdown: each promise, the files that show it with their number of tests, and their last figures. */
export function tableOf(shown: readonly Shown[]): string {
  const rows = promises.map(({ number, sentence }) => {
    const own = shown.filter(({ promise }) => promise === number);
    const files = [...new Set(own.map(({ file }) => file))].sort();
    const links = files.map((file) => {
      const tests = own.filter((each) => each.file === file);
      return `[${file.replace(/^test\//, '').replace(/\.test\.ts$/, '')}](../${file}) (${tests.length})`;
    });
    const figures = [...new Set(own.flatMap((each) => each.figures))];
    return `| ${number} | ${sentence} | ${links.join('<br>') || 'not shown yet'} | ${figures.map(cell).join('<br>') || '–'} |`;
  });
  return ['| | Promise | Shown by (tests) | Last figures |', '|-|-|-|-|', ...rows].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
