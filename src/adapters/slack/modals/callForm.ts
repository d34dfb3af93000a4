import type { ModalView } from '@slack/types';
import type { Incident } from '../../../core/incident/incident.ts';
import type { Duty } from '../../../core/people/roster.ts';
import type { CallChoice } from '../callIn.ts';
import { headline } from '../cards/words.ts';
import { foreign } from '../escape.ts';
import { form, type Origin, said, selectInput, textInput } from './form.ts';

const asWord = { next: ' · next in the chain', expert: ' · for this playbook', other: '' } as const;

/** Whose telephone rings. */
const behind = ({ usergroup, users, pagerduty }: Duty): string => {
  if (usergroup !== null) return ` · @${usergroup}`;
  if (users.length > 0) return users.length === 1 ? ' · one person' : ` · ${users.length} people`;
  return pagerduty === null ? '' : ' · by page';
};

export const callForm = (
  origin: Origin,
  incident: Incident,
  { choices, vacant }: { readonly choices: readonly CallChoice[]; readonly vacant: readonly Duty[] },
): ModalView =>
  form('call', { title: 'Call In', submit: 'Call' }, origin, [
    said(`*${foreign(headline(incident))}* — ${incident.id}`),
    selectInput(
      'duty',
      'Whom',
      choices.map(({ duty, as }) => ({
        label: `${duty.title}${asWord[as]}${behind(duty)}`,
        value: duty.name,
      })),
      { ...(choices[0] ? { initial: choices[0].duty.name } : {}) },
    ),
    textInput('why', 'Why', { optional: true, max: 500, hint: 'It stands in the page and in the channel.' }),
    ...(vacant.length === 0
      ? []
      : [
          said(
            `Nobody is entered in \`roster.yml\` for ${foreign(vacant.map(({ title }) => title).join(', '), 600)}.`,
          ),
        ]),
  ]);
