import type { ModalView } from '@slack/types';
import { foreign } from '../escape.ts';
import { form, type Origin, said, selectInput, textInput } from './form.ts';

/** What stands for all of them in the list of services, where no service can be called that. */
export const allServices = '*';

export const freezeForm = (
  origin: Origin,
  {
    services,
    zone,
    service,
    until,
  }: { services: readonly string[]; zone: string; service?: string; until?: string },
): ModalView =>
  form('freeze', { title: 'Freeze', submit: 'Freeze' }, origin, [
    said(
      'No planned change starts on what is frozen. Mitigations and rollbacks go on as ever. It is said in the channel.',
    ),
    selectInput(
      'service',
      'What',
      [
        { label: 'All services', value: allServices },
        ...services.map((name) => ({ label: name, value: name })),
      ],
      service === undefined ? {} : { initial: service },
    ),
    textInput('until', 'Until', {
      optional: true,
      max: 40,
      ...(until === undefined ? {} : { initial: until.slice(0, 40) }),
      hint: `4h, 18:00, 2026-12-24 or 2026-12-24 18:00, by the clock of ${foreign(zone, 60)}; left empty, until it is lifted.`,
    }),
    textInput('why', 'Why', { multiline: true, max: 500 }),
  ]);
