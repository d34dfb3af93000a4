import { createInterface } from 'node:readline/promises';
import { loadRoom } from '../adapters/playbooks/loadRoom.ts';
import { type DrillReport, skippedIn, timeInWords } from '../core/drill/report.ts';
import { type DrillVoices, type DrillWalked, walkDrill } from '../core/drill/walk.ts';
import { spokenDuration } from '../core/duration.ts';
import { unknownName } from '../core/playbook/nearest.ts';
import { formatProblem } from '../core/playbook/problem.ts';

export type DrillOptions = {
  readonly directory: string;
  /** Null: all of them. */
  readonly playbook: string | null;
  readonly firstFails: boolean;
  /** Where answers are typed; the first answer is taken everywhere without it. A terminal where left out. */
  readonly answers?: NodeJS.ReadableStream | null;
};

/**
 * `genesis drill <playbook>`: walks it in the terminal, with stand-ins for everything that acts. The clock is moved, so
 * that a check of ten minutes takes no time; only the time of whoever answers is real. Gives the exit code: 0 walked to
 * its end, 1 not.
 */
export async function drill(options: DrillOptions, print: (line: string) => void): Promise<number> {
  const { room, problems } = await loadRoom({ directory: options.directory, pace: 1 });
  if (!room) {
    for (const problem of problems) print(formatProblem(problem));
    return 1;
  }
  const names = Object.keys(room.definitions).sort();
  const { playbook, firstFails } = options;
  if (playbook === null) {
    let failed = 0;
    for (const name of names) {
      const silent: DrillVoices = { say: () => undefined, choose: first };
      const walked = await walkDrill(room, { playbook: name, firstFails }, silent);
      print(`${name}: ${inOneLine(walked)}`);
      if (walked.kind === 'refused') failed += 1;
    }
    print(`DRILL: ${names.length} playbooks, ${failed} not walked to their end. Nothing was carried out.`);
    return failed > 0 ? 1 : 0;
  }
  if (!names.includes(playbook)) {
    print(unknownName('playbook', playbook, names));
    return 1;
  }
  const terminal = process.stdin.isTTY ? process.stdin : null;
  const answers = options.answers === undefined ? terminal : options.answers;
  const asked = answers ? createAsker(answers, print) : null;
  try {
    print(`DRILL · ${playbook}: nothing of this is carried out.`);
    const walked = await walkDrill(
      room,
      { playbook, firstFails },
      {
        say: print,
        async choose(question, offered) {
          print(question);
          if (asked) return asked.choose(offered);
          print(`  → ${offered[0] ?? ''}`);
          return { index: 0, tookMs: 0 };
        },
      },
    );
    if (walked.kind === 'refused') {
      print(`DRILL · ${walked.message}`);
      return 1;
    }
    for (const line of reportLines(walked.report)) print(line);
    return 0;
  } finally {
    asked?.close();
  }
}

const first: DrillVoices['choose'] = async () => ({ index: 0, tookMs: 0 });

function createAsker(input: NodeJS.ReadableStream, print: (line: string) => void) {
  const lines = createInterface({ input });
  const typed = lines[Symbol.asyncIterator]();
  return {
    async choose(offered: readonly string[]): Promise<{ index: number; tookMs: number }> {
      const began = Date.now();
      for (const [index, answer] of offered.entries()) print(`  ${index + 1}  ${answer}`);
      for (;;) {
        const { value, done } = await typed.next();
        // Nobody types any more: the first answer everywhere.
        if (done) return { index: 0, tookMs: Date.now() - began };
        const index = chosen(String(value).trim().toLowerCase(), offered.length);
        if (index !== null) return { index, tookMs: Date.now() - began };
        print(`  Type a number from 1 to ${offered.length}${offered.length === 2 ? ', y or n' : ''}.`);
      }
    },
    close: () => lines.close(),
  };
}

function chosen(text: string, count: number): number | null {
  if (text === '' || text === 'y' || text === 'yes') return 0;
  if (count === 2 && (text === 'n' || text === 'no')) return 1;
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= count ? number - 1 : null;
}

function inOneLine(walked: DrillWalked): string {
  if (walked.kind === 'refused') return `did not end. ${walked.message}`;
  const { report, completed } = walked;
  const took = (report.endedAt ?? report.startedAt) - report.startedAt;
  return `${completed ? 'completed' : 'ended'} in ${spokenDuration(took)}, ${report.steps.length} steps, ${report.wouldRun.length} commands and files in reality`;
}

function reportLines(report: DrillReport): readonly string[] {
  const skipped = skippedIn(report);
  return [
    '',
    `DRILL · ${report.incident} is over.`,
    ...report.times.map((time) => `  ${timeInWords(time)}`),
    ...(skipped.length === 0 ? [] : [`  Skipped: ${skipped.join(', ')}`]),
    `  In reality ${report.wouldRun.length} things would have been done:`,
    ...report.wouldRun.map(({ line }) => `    ${line}`),
  ];
}
