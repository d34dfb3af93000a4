import { time } from '../../../core/moment.ts';
import type { View } from '../../../core/view.ts';
import { type Card, card, context, section } from './blocks.ts';

/** Slack let nobody hear what was said to the bot for a while: what that was, and what to do about it. */
export function eventsDropped({ dropped }: Extract<View, { kind: 'events-dropped' }>): Card {
  const { from, to, minutes } = dropped;
  const when =
    minutes === 1
      ? `in the minute of ${time(from)}`
      : `in ${minutes} minutes between ${time(from)} and ${time(to + 60_000)}`;
  const said = `Slack dropped events ${when}: there were more than it delivers to an app in an hour.`;
  return card(`events-dropped/${from}`, `${minutes}`, said, [
    section(
      `${said}\nWhoever spoke to the bot by its name in that time may not have been heard: say it again, or use \`/genesis\`.`,
    ),
    context('Buttons, forms, `/genesis` and alerts do not come by that way and are not affected.'),
  ]);
}
