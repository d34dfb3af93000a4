import { servicesIn } from '../../core/playbook/room.ts';
import type { Desk } from '../../engine/ports.ts';
import { mayNotLook } from './answers.ts';
import { type Asked, modal, type Reply } from './asked.ts';
import { drillForm } from './modals/drillForm.ts';
import type { Origin } from './modals/form.ts';
import { declareForm } from './modals/incidentForms.ts';
import { openPreferences } from './preferences.ts';

/** The buttons of the Home tab that open a form. */
export const homeForms: Readonly<Record<string, (desk: Desk, asked: Asked) => Promise<Reply>>> = {
  'home.declare': async (desk, asked) =>
    (await mayNotLook(desk, asked, null)) ??
    modal(declareForm(originOf(asked), { services: servicesIn(desk.room()) })),
  'home.drill': async (desk, asked) =>
    (await mayNotLook(desk, asked, null)) ??
    modal(drillForm(originOf(asked), Object.values(desk.room().definitions))),
  'home.preferences': (desk, asked) => openPreferences(desk, asked),
};

const originOf = ({ channel, responseUrl }: Asked): Origin => ({ channel, responseUrl, value: {} });
