import type { Freeze } from '../../../core/calendar/freeze.ts';
import { readTyped, timesThatFit } from '../../../core/calendar/freezeWords.ts';
import { bothZones, gateOf, openingText } from '../../../core/calendar/gate.ts';
import { unknownName } from '../../../core/playbook/nearest.ts';
import { servicesIn } from '../../../core/playbook/room.ts';
import { type FreezeId, isFreezeId } from '../../../core/stream.ts';
import type { Desk } from '../../../engine/ports.ts';
import { act, mayNotLook } from '../answers.ts';
import { type Asked, modal, privately, type Reply } from '../asked.ts';
import { section } from '../cards/blocks.ts';
import { againstLines, freezeLine } from '../cards/freeze.ts';
import { asTyped, foreign, spoken } from '../escape.ts';
import type { Origin } from '../modals/form.ts';
import { allServices, freezeForm } from '../modals/freezeForm.ts';

/** `/genesis freeze …` and `/genesis window`. */

type Said = {
  readonly desk: Desk;
  readonly asked: Asked;
  readonly args: readonly string[];
};

const told = (text: string): Reply => privately(text, [section(text)]);

export async function freeze(said: Said, origin: Origin): Promise<Reply> {
  const { desk, asked, args } = said;
  const [first = '', ...rest] = args;
  const verb = first.toLowerCase();
  if (verb === 'list')
    return (await mayNotLook(desk, asked, null)) ?? told(listed((await desk.around()).freezes));
  if (verb === 'lift') return lift(said, rest);
  const { now, calendar } = await desk.around();
  const { zone } = calendar;
  const known = servicesIn(desk.room());
  const service = verb === 'all' ? null : first;
  if (service !== null && service !== '' && !known.includes(service))
    return told(spoken(unknownName('service', service, ['all', ...known]), []));
  const typed = readTyped(rest, zone, now);
  if (typed.kind === 'unclear')
    return told(`\`${foreign(typed.word, 40).replaceAll('`', '')}\` is no time. Say ${timesThatFit}.`);
  const why = asTyped(typed.rest);
  if (why === '')
    return (
      (await mayNotLook(desk, asked, null)) ??
      modal(
        freezeForm(origin, {
          services: known,
          zone,
          ...(service === null ? { service: allServices } : service === '' ? {} : { service }),
          // What was typed and not the moment that it means: a field of its own reads the same words.
          ...(typed.until === null ? {} : { until: rest.slice(1).join(' ') }),
        }),
      )
    );
  return begin(desk, asked, { service, until: typed.until, why });
}

export const begin = (
  desk: Desk,
  asked: Asked,
  { service, until, why }: { service: string | null; until: number | null; why: string },
): Promise<Reply> =>
  act(desk, asked, { type: 'freeze.begin', service, until, why }, ({ stream }) =>
    told(
      `${stream ?? 'The freeze'} stands ${until === null ? 'until somebody lifts it' : `until ${bothZones(desk.room().calendar.zone, until)}`}. To lift it: \`/genesis freeze lift ${stream ?? ''}\`.`,
    ),
  );

async function lift({ desk, asked }: Said, [name = '', ...rest]: readonly string[]): Promise<Reply> {
  const id = freezeNamed(name);
  if (!id) {
    const { freezes } = await desk.around();
    return (
      (await mayNotLook(desk, asked, null)) ??
      told(`Which freeze? Name it, as in \`FRZ-1\`.\n${listed(freezes)}`)
    );
  }
  const why = asTyped(rest.join(' ')) || null;
  return act(desk, asked, { type: 'freeze.lift', freeze: id, why }, () => told(`${id} is lifted.`));
}

/** `frz-1` and `1` mean it as well. */
function freezeNamed(text: string): FreezeId | null {
  const id = /^\d+$/.test(text) ? `FRZ-${text}` : text.toUpperCase();
  return isFreezeId(id) ? id : null;
}

const listed = (freezes: readonly Freeze[]): string =>
  freezes.length === 0
    ? 'Nothing is frozen.'
    : freezes
        .slice(0, 30)
        .map((each) => `• ${freezeLine(each)}`)
        .join('\n');

/** Whether a service may be changed now, why not, and when next; without a name all that somebody wrote a window for. */
export async function windowNow({ desk, asked, args }: Said): Promise<Reply> {
  const [name] = args;
  const known = servicesIn(desk.room());
  if (name !== undefined && !known.includes(name))
    return told(spoken(unknownName('service', name, known), []));
  const refused = await mayNotLook(desk, asked, name ?? null);
  if (refused) return refused;
  const around = await desk.around();
  const { calendar } = around;
  const named = name === undefined ? known : [name];
  const lines = named.slice(0, 30).flatMap((service) => {
    const gate = gateOf([service], around);
    const title = `*${foreign(service, 100)}*`;
    if (gate.kind === 'open')
      return [
        `${title} is open${gate.until === null ? '' : ` until ${bothZones(calendar.zone, gate.until)}`}.`,
      ];
    return [
      `${title} is closed. ${spoken(openingText(gate, calendar.zone), [])}`,
      ...againstLines(gate.blockers),
    ];
  });
  return told([...lines, 'Mitigations and rollbacks are never held up.'].join('\n'));
}

/** For the overview: what is frozen, where anything is. */
export const frozenLines = (freezes: readonly Freeze[]): readonly string[] =>
  freezes.length === 0
    ? []
    : [
        '*Frozen, so no planned change starts*',
        ...freezes.slice(0, 10).map((each) => `• ${freezeLine(each)}`),
      ];
