import type { KnownBlock } from '@slack/types';
import { spokenDuration } from '../../../core/duration.ts';
import { time } from '../../../core/moment.ts';
import { triesOf } from '../../../core/run/retry.ts';
import type { Gate, StepState } from '../../../core/run/run.ts';
import { foreign, foreignLines, who } from '../escape.ts';
import { actions, button, context, preformatted, section } from './blocks.ts';
import { evidenceText, progress } from './stepLooks.ts';
import { type StepBody, type StepShown, stepValue } from './stepShown.ts';
import { bar, gateText, indicatorOf, lastLines, places, stepTitle, triggerText } from './words.ts';

/** Steps at which something is going on by itself. */

export function observing(shown: StepShown, state: Extract<StepState, { kind: 'observing' }>): StepBody {
  const said = `Checking ${foreign(stepTitle(shown.view.definition, shown.step), 200)}…`;
  const { looks = [] } = shown.record;
  return {
    text: said,
    blocks: [
      section(said),
      ...(looks.length > 0 ? progress(looks) : []),
      context(`Since ${time(state.since)}`),
    ],
  };
}

export function running(shown: StepShown, state: Extract<StepState, { kind: 'running' }>): StepBody {
  const { plan } = state;
  const title = foreign(plan.title, 200);
  const said = `Running *${title}* on ${foreign(places(plan), 300)}, started by ${who(state.by)} at ${time(state.since)}`;
  const current = plan.commands[state.command];
  const tries = triesOf(plan, state.command);
  const again = state.retry
    ? [
        section(
          `${foreignLines(state.retry.why, 500)} Try ${state.retry.try} of ${tries} begins by itself at ${time(state.retry.at)}.`,
        ),
      ]
    : state.try === undefined
      ? []
      : [
          context(
            `Try ${state.try} of ${tries}${state.afterUnknown ? ', since the check says that the one before did nothing' : ''}`,
          ),
        ];
  const evidence = evidenceText(shown.record.looks?.filter(({ end }) => end !== null));
  const several =
    plan.commands.length > 1 && current
      ? [
          context(
            `${bar(state.command, plan.commands.length)} ${state.command + 1} of ${plan.commands.length}: ${current.evidence ? 'evidence, ' : ''}${foreign(current.title, 100)}, at most ${spokenDuration(current.timeoutMs)}`,
          ),
        ]
      : [];
  const last = lastLines(shown.record.output, 1).text;
  return {
    text: said,
    blocks: [
      section(said),
      ...several,
      ...again,
      ...(evidence === null ? [] : [context(evidence)]),
      ...(last.trim() === '' ? [] : [preformatted(last, 300)]),
      ...(state.stopping
        ? [context('Stop was asked for; the command is being ended.')]
        : actions([
            button({
              id: 'step.stop',
              label: 'Stop',
              value: stepValue(shown),
              style: 'danger',
              confirm: {
                title: 'Stop the command?',
                text: 'It is ended where it stands. What it has done so far stays done.',
                yes: 'Stop',
              },
            }),
          ])),
    ],
  };
}

/** Only in an incident: a procedure has triggers of other occasions. */
function triggered({ view }: StepShown, gate: Gate): KnownBlock[] {
  if (view.run.incident === null) return [];
  const said = triggerText(indicatorOf(view.definition, gate.indicator), gate.last);
  return said === null ? [] : [context(said)];
}

export function verifying(
  shown: StepShown,
  state: Extract<StepState, { kind: 'verifying' }>,
  now: number,
): StepBody {
  const title = foreign(stepTitle(shown.view.definition, shown.step), 200);
  const said = gateText(shown.view.definition, state.gate, now);
  const blind =
    state.gate.blind > 0
      ? [
          context(
            `${state.gate.blind} readings in a row brought no data. Without data nothing counts as held.`,
          ),
        ]
      : [];
  return {
    text: `${title}: ${said}`,
    blocks: [
      section(
        `*${title}*${shown.step.kind === 'do' ? ' has run. Whether it helped is being checked:' : ''}\n${said}`,
      ),
      ...blind,
      ...triggered(shown, state.gate),
      context(`Since ${time(state.since)}`),
      ...actions([button({ id: 'step.skip', label: 'Skip the Check', value: stepValue(shown) })]),
    ],
  };
}
