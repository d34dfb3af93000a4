import type { KnownBlock } from '@slack/types';
import { subjectKey } from '../../../core/effect.ts';
import { spokenReminder } from '../../../core/people/standing.ts';
import type { ReminderShown, View } from '../../../core/view.ts';
import { channelLink, foreign } from '../escape.ts';
import { type Card, card, context, type Frame, section, urlButton } from './blocks.ts';
import { headline } from './words.ts';

/** What one person is reminded of, in a direct message, each with the way to where it stands. */
export function remindersCard(
  { preferences, number, shown, held }: Extract<View, { kind: 'reminders' }>,
  { channelUrl, now }: Pick<Frame, 'channelUrl' | 'now'>,
): Card {
  const key = subjectKey({ kind: 'reminder', preferences, number });
  const words = (each: ReminderShown): string => foreign(spokenReminder(each.reminder, each, now), 600);
  const [first] = shown;
  const more = shown.length - most;
  const text =
    shown.length === 1 && first
      ? `${first.incident.id}: ${words(first)}`
      : `${shown.length} reminders: ${shown.map(({ incident }) => incident.id).join(', ')}`;
  return card(key, 'reminders', text, [
    ...(held ? [section('*From your quiet hours, and still so:*')] : []),
    ...shown
      .slice(0, most)
      .map((each) =>
        withWay(
          `*${foreign(headline(each.incident), 200)}* — ${each.incident.id}${inChannel(each)}\n${words(each)}`,
          addressOf(each, channelUrl),
        ),
      ),
    ...(more > 0 ? [context(`and ${more} more`)] : []),
    context('Sent to you because you wish so: `/genesis preferences`'),
  ]);
}

/** A message holds 50 blocks. */
const most = 40;

const inChannel = ({ incident: { channel }, at }: ReminderShown): string => {
  const id = channel?.id ?? at?.channel;
  return id === undefined ? '' : ` · ${channelLink(id)}`;
};

function addressOf({ at }: ReminderShown, channelUrl: Frame['channelUrl']): string | null {
  const channel = at && channelUrl(at.channel);
  return at && channel ? `${channel}/p${at.ts.replace('.', '')}` : null;
}

const withWay = (text: string, url: string | null): KnownBlock =>
  url === null
    ? section(text)
    : {
        ...(section(text) as Extract<KnownBlock, { type: 'section' }>),
        accessory: urlButton('open.channel', 'Open', url),
      };
