import { subjectKey } from '../../../core/effect.ts';
import { type Card, card, context, type Frame } from './blocks.ts';
import { approving, asking, offering, waiting } from './stepAsking.ts';
import { automaticTag, automaticText } from './stepAutomatic.ts';
import { reopened, settled } from './stepSettled.ts';
import type { StepBody, StepShown } from './stepShown.ts';
import { failed, inconclusive, unknown } from './stepTroubled.ts';
import { observing, running, verifying } from './stepWorking.ts';
import { placeInRun } from './words.ts';

/** One message for each attempt of a step, updated from its first state to its last. */
export function stepCard(shown: StepShown, frame: Frame): Card {
  const { run, definition } = shown.view;
  const { step, record } = shown;
  const body = bodyOf(shown, frame);
  const over = shown.superseded || run.result !== null;
  // A whole procedure stops by itself at what goes wrong, so nothing but what goes on can be pressed at a step of it.
  const goesOn = ['running', 'verifying', 'waiting'].includes(record.state.kind);
  const bare = over || (run.authority === 'whole' && !goesOn);
  const blocks = bare ? body.blocks.filter((block) => block.type !== 'actions') : body.blocks;
  const left = shown.superseded
    ? [context('A later attempt has taken the place of this one.')]
    : over && record.state.kind !== 'settled'
      ? [context('The run has ended.')]
      : [];
  // At the offer it stands above the buttons; afterwards it says what the bot had to do with it.
  const automatic = record.state.kind === 'offering' ? null : automaticText(shown);
  const beside = automatic === null ? [] : [context(automatic)];
  return card(
    subjectKey({ kind: 'step', run: run.id, step: step.id, attempt: record.attempt }),
    `${record.state.kind}${'approval' in record.state ? `-${record.state.approval.state.kind}` : ''}${over ? '-over' : ''}${automaticTag(record.automatic)}`,
    body.text,
    [
      ...blocks,
      ...beside,
      ...left,
      context(placeInRun({ ...run, steps: { ...run.steps, [step.id]: record } }, definition, step)),
    ],
  );
}

function bodyOf(shown: StepShown, frame: Frame): StepBody {
  const { state } = shown.record;
  switch (state.kind) {
    case 'observing':
      return observing(shown, state);
    case 'asking':
      return asking(shown, frame.now);
    case 'offering':
      return offering(shown, state);
    case 'approving':
      return approving(shown, state, frame.now);
    case 'running':
      return running(shown, state);
    case 'verifying':
      return verifying(shown, state, frame.now);
    case 'waiting':
      return waiting(shown, state);
    case 'failed':
      return failed(shown, state);
    case 'inconclusive':
      return inconclusive(shown, state);
    case 'unknown':
      return unknown(shown, state);
    case 'settled':
      return settled(shown, state, frame);
    case 'reopened':
      return reopened(shown, state);
    default: {
      const never: never = state;
      return never;
    }
  }
}
