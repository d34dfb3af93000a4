import { parentPort, workerData } from 'node:worker_threads';
import { RE2JS } from 're2js';
import { createScrubber } from '../../../src/adapters/logging/scrub.ts';
import { parseYaml } from '../../../src/adapters/playbooks/parseYaml.ts';
import { readButtonValue } from '../../../src/adapters/slack/buttonValue.ts';
import { excerpt, firstLines, lastLines } from '../../../src/adapters/slack/cards/words.ts';
import {
  asTyped,
  clean,
  code,
  fitMarkup,
  foreign,
  foreignLines,
  link,
  outsideLink,
  spelledOut,
  spoken,
  who,
} from '../../../src/adapters/slack/escape.ts';
import { durationPattern } from '../../../src/core/duration.ts';
import { faultsOf, leastRisk, writeFault } from '../../../src/core/playbook/commandRules.ts';
import { parseQuantity } from '../../../src/core/playbook/values.ts';
import { createLineKeeper } from '../../../src/core/redact/lineKeeper.ts';
import { createRedactor } from '../../../src/core/redact/redactor.ts';
import { parseToExecutor } from '../../../src/executor/messages.ts';
import { createTextOutput } from '../../../src/executor/textOutput.ts';

/**
 * Runs in a thread of its own, so that whoever started it can end it: an expression that backtracks without end would
 * stop nothing but this. Says the name of each piece of work before it begins, and `done` at the end.
 */
type Work = { readonly patterns: readonly string[]; readonly texts: readonly string[] };
const { patterns, texts } = workerData as Work;

const say = (what: string) => parentPort?.postMessage(what);

for (const pattern of patterns) {
  say(`the pattern ${pattern}`);
  try {
    const compiled = RE2JS.compile(pattern);
    for (const text of texts) compiled.matcher(text.slice(0, 5_000)).find();
  } catch (error) {
    // What needs to look back or around is refused instead: that too is an end.
    if (!(error instanceof Error) || !/Syntax/i.test(error.constructor.name + error.message)) throw error;
  }
}

const secret = 'a canary/of+some=length';
const redactor = createRedactor([secret, 'first line\nsecond line']);
const own: Readonly<Record<string, (text: string) => unknown>> = {
  scrub: createScrubber([secret]),
  redact: redactor.redact,
  redactEnd: redactor.redactEnd,
  keepLines: (text) => createLineKeeper(redactor).take(text),
  output: (text) => {
    const output = createTextOutput({ redactor, cap: 1_000_000, emit: () => undefined });
    output.push('stdout', Buffer.from(text));
    return output.finish();
  },
  clean,
  spelledOut,
  foreign: (text) => foreign(text),
  foreignLines: (text) => foreignLines(text),
  code: (text) => code(text),
  link: (text) => link(text, text),
  outsideLink: (text) => outsideLink(`https://a.example/${text}`, text),
  who,
  spoken: (text) => spoken(text, 'everybody'),
  fitMarkup: (text) => fitMarkup(text, 3_000),
  asTyped,
  excerpt,
  firstLines: (text) => firstLines(text, 10),
  lastLines: (text) => lastLines(text, 10),
  button: (text) => readButtonValue(text),
  faults: (text) => faultsOf([text, text, text]),
  risk: (text) => leastRisk([text, text]),
  file: (text) => writeFault(text),
  duration: (text) => durationPattern.test(text),
  quantity: (text) => parseQuantity(text),
  executor: (text) => parseToExecutor(text),
  yaml: (text) => parseYaml(text.slice(0, 65_536)),
};
for (const [name, work] of Object.entries(own)) {
  for (const [index, text] of texts.entries()) {
    say(`${name} on text ${index} (${JSON.stringify(text.slice(0, 20))})`);
    work(text);
  }
}
say('done');
