import { type Subject, subjectKey } from '../../../core/effect.ts';
import type { Incident } from '../../../core/incident/incident.ts';
import type { RunView, View } from '../../../core/view.ts';
import { channelLink, foreign } from '../escape.ts';
import { type Card, card, section } from './blocks.ts';
import { headline, titleOf } from './words.ts';

/** What stood here goes on in the channel that the incident has by now; nothing is asked here any more. */
export function moved({ incident, of, view }: Extract<View, { kind: 'moved' }>): Card {
  const { id, channel } = incident;
  const to = channel === null ? 'a channel of its own' : channelLink(channel.id);
  const said =
    of.kind === 'card'
      ? `*${foreign(headline(incident), 300)}* — ${id}\n${id} goes on in ${to}: what waits for an answer is asked there, and this thread stays as it is.`
      : `${whatOf(of, incident, view)} goes on in ${to}.`;
  const text = of.kind === 'card' ? `${id} goes on in ${to}.` : said;
  return card(subjectKey({ kind: 'moved', incident: id, of }), 'moved', text, [section(said)]);
}

function whatOf(of: Subject, { calling }: Incident, view: RunView | undefined): string {
  if (of.kind === 'step' && view) return `*${foreign(titleOf(view.definition, of.step), 300)}*`;
  if (view) return `*${foreign(view.run.title, 300)}*`;
  const call = of.kind === 'call' ? calling?.calls.find(({ number }) => number === of.number) : undefined;
  return call ? `The call of *${foreign(call.title, 100)}*` : 'This';
}
