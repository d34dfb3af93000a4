import type { ModalView } from '@slack/types';
import type { WatchId } from '../../../core/stream.ts';
import { fewestPeople, mostHours, usualHours } from '../../../core/watch/decideWatch.ts';
import { form, type Origin, said, selectInput, textInput, usersInput } from './form.ts';

export const watchForm = (
  origin: Origin,
  { services, service, hours }: { services: readonly string[]; service?: string; hours?: number },
): ModalView =>
  form('watch', { title: 'Watch', submit: 'Start the Watch' }, origin, [
    said(
      'After a deployment, people look after a service in shifts. What comes meanwhile must be acknowledged within the limits of the watch; at its end a report says what was.',
    ),
    selectInput(
      'service',
      'Service',
      services.map((name) => ({ label: name, value: name })),
      service === undefined ? {} : { initial: service },
    ),
    textInput('hours', 'Hours', {
      max: 4,
      initial: String(hours ?? usualHours),
      hint: `From 1 to ${mostHours}.`,
    }),
    usersInput('people', `Who is on it, at least ${fewestPeople}`),
    textInput('why', 'Why', { multiline: true, max: 500 }),
  ]);

export const stopWatchForm = (origin: Origin, watch: WatchId): ModalView =>
  form('watch-stop', { title: 'Stop the Watch', submit: 'Stop the Watch' }, origin, [
    said(`${watch} ends before its time. Its report follows in the channel.`),
    textInput('why', 'Why', { multiline: true, max: 500 }),
  ]);

/** Whole hours as they were typed, with or without the unit; undefined where it is no such time. */
export function readHours(text: string): number | undefined {
  const match = /^(\d{1,4})\s*(h|d)?$/i.exec(text.trim());
  if (!match) return undefined;
  const hours = Number(match[1]) * (match[2]?.toLowerCase() === 'd' ? 24 : 1);
  return hours >= 1 && hours <= mostHours ? hours : undefined;
}
