import type { InputBlock, ModalView } from '@slack/types';
import type { Preferences } from '../../../core/people/preferences.ts';
import { plain } from '../cards/blocks.ts';
import { foreign } from '../escape.ts';
import { form, type Origin, said } from './form.ts';

/** What a box says that is ticked. */
export const ticked = 'on';

const ways = [
  { label: 'In the Channel', value: 'channel' },
  { label: 'By Direct Message', value: 'direct' },
] as const;

/** Offered to whoever has none yet. */
const usual = { from: '22:00', to: '07:00' } as const;

/** `zone` is that of the person's profile, and goes with the form. */
export function preferencesForm(
  origin: Origin,
  { reminders, quiet }: Pick<Preferences, 'reminders' | 'quiet'>,
  zone: string,
): ModalView {
  const options = ways.map(({ label, value }) => ({ text: plain(label, 75), value }));
  const initial = options.find(({ value }) => value === reminders);
  const box = { text: plain('No reminders by direct message in quiet hours', 75), value: ticked };
  return form('preferences', { title: 'Preferences', submit: 'Save' }, withZone(origin, zone), [
    {
      type: 'input',
      block_id: 'reminders',
      label: plain('Reminders reach me', 200),
      hint: plain('A direct message comes besides the note in the channel, with a link to it.', 200),
      element: {
        type: 'radio_buttons',
        action_id: 'reminders',
        options,
        ...(initial && { initial_option: initial }),
      },
    },
    {
      type: 'input',
      block_id: 'quiet',
      label: plain('Quiet hours', 200),
      optional: true,
      element: {
        type: 'checkboxes',
        action_id: 'quiet',
        options: [box],
        ...(quiet && { initial_options: [box] }),
      },
    },
    timeInput('from', 'From', quiet?.from ?? usual.from),
    timeInput('to', 'Until', quiet?.to ?? usual.to),
    said(
      `By the clock of ${foreign(zone, 60)}, as your Slack profile has it. Pages, calls, requests for approvals, and whatever is of an open P0 or P1 are never held back.`,
    ),
  ]);
}

const withZone = (origin: Origin, zone: string): Origin => ({ ...origin, value: { option: zone } });

const timeInput = (name: string, label: string, initial: string): InputBlock => ({
  type: 'input',
  block_id: name,
  label: plain(label, 200),
  element: { type: 'timepicker', action_id: name, initial_time: initial },
});
