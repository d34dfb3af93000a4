import type { ModalView } from '@slack/types';
import { type Incident, roles } from '../../../core/incident/incident.ts';
import { type Severity, severities } from '../../../core/severity.ts';
import { headline } from '../cards/words.ts';
import { foreign, who } from '../escape.ts';
import { form, type Origin, said, selectInput, textInput, userInput } from './form.ts';

/** Forms about an incident. Each one's name is the word of `/genesis` that it stands for. */

export const severityMeaning: Readonly<Record<Severity, string>> = {
  P0: 'P0 · the whole service is gone',
  P1: 'P1 · an objective is broken for users',
  P2: 'P2 · trouble that can wait a little',
  P3: 'P3 · minor trouble',
  P4: 'P4 · a note in the log',
};

const severityOptions = severities.map((value) => ({ label: severityMeaning[value], value }));

export const declareForm = (
  origin: Origin,
  options: { services: readonly string[]; title?: string; service?: string; summary?: string },
): ModalView =>
  form('declare', { title: 'Declare Incident', submit: 'Declare' }, origin, [
    textInput('title', 'What is wrong', { max: 150, ...(options.title ? { initial: options.title } : {}) }),
    ...(options.services.length === 0
      ? []
      : [
          selectInput(
            'service',
            'Service',
            options.services.map((name) => ({ label: name, value: name })),
            { optional: true, ...(options.service ? { initial: options.service } : {}) },
          ),
        ]),
    selectInput('severity', 'Severity', severityOptions, { initial: 'P2' }),
    textInput('summary', 'What is known so far', {
      multiline: true,
      optional: true,
      ...(options.summary ? { initial: options.summary } : {}),
    }),
  ]);

const about = (incident: Incident) => said(`*${foreign(headline(incident))}* — ${incident.id}`);

export const severityForm = (origin: Origin, incident: Incident): ModalView =>
  form('severity', { title: 'Change Severity', submit: 'Change' }, origin, [
    about(incident),
    selectInput('severity', 'Severity', severityOptions, { initial: incident.severity }),
    textInput('why', 'Why', { optional: true, max: 500 }),
  ]);

export const roleForm = (origin: Origin, incident: Incident): ModalView =>
  form('role', { title: 'Assign Role', submit: 'Assign' }, origin, [
    about(incident),
    selectInput(
      'role',
      'Role',
      roles.map((role) => ({ label: role.slice(0, 1).toUpperCase() + role.slice(1), value: role })),
      { initial: 'commander' },
    ),
    userInput('user', 'Who'),
  ]);

/** Whoever gets it has it at once; the incident tells both. */
export const handOverForm = (origin: Origin, incident: Incident): ModalView => {
  const { commander } = incident.roles;
  const holder = commander === undefined ? 'Nobody is in command' : `${who(commander)} is in command`;
  return form('hand-over', { title: 'Hand Over Command', submit: 'Hand Over' }, origin, [
    said(`*${foreign(headline(incident))}* — ${incident.id}\n${holder}.`),
    userInput('user', 'Who takes command'),
  ]);
};

export const updateForm = (origin: Origin, incident: Incident): ModalView =>
  form('update', { title: 'Update Status', submit: 'Post Update' }, origin, [
    about(incident),
    textInput('text', 'How it stands', { multiline: true, hint: 'Everybody in the incident reads this.' }),
  ]);

export const noteForm = (origin: Origin, incident: Incident): ModalView =>
  form('note', { title: 'Add Note', submit: 'Add' }, origin, [
    about(incident),
    textInput('text', 'Note', { multiline: true }),
  ]);

export const reopenForm = (origin: Origin, incident: Incident): ModalView =>
  form('reopen', { title: 'Reopen Incident', submit: 'Reopen' }, origin, [
    about(incident),
    textInput('why', 'Why', { max: 500 }),
  ]);
