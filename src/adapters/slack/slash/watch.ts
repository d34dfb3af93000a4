import { unknownName } from '../../../core/playbook/nearest.ts';
import { servicesIn } from '../../../core/playbook/room.ts';
import { isWatchId, type WatchId } from '../../../core/stream.ts';
import { mostHours } from '../../../core/watch/decideWatch.ts';
import type { WatchReport } from '../../../core/watch/report.ts';
import type { Desk } from '../../../engine/ports.ts';
import { act, mayNotLook } from '../answers.ts';
import { type Asked, modal, privately, type Reply } from '../asked.ts';
import { section } from '../cards/blocks.ts';
import { watchStanding } from '../cards/watch.ts';
import { asTyped, spoken } from '../escape.ts';
import type { Origin } from '../modals/form.ts';
import { readHours, stopWatchForm, watchForm } from '../modals/watchForms.ts';

/** `/genesis watch …`: how the watches stand, and the forms that start and stop one. */

type Said = {
  readonly desk: Desk;
  readonly asked: Asked;
  readonly args: readonly string[];
};

/** A message holds 50 blocks. */
const told = (texts: readonly string[]): Reply => privately(texts[0] ?? '', texts.slice(0, 50).map(section));

export async function watch(said: Said, origin: Origin, now: number): Promise<Reply> {
  const [first = '', ...rest] = said.args;
  switch (first.toLowerCase()) {
    case 'start':
      return start({ ...said, args: rest }, origin);
    case 'stop':
      return stop({ ...said, args: rest }, origin);
    case '':
    case 'list':
      return list(said, now);
    default:
      return one(said, first, now);
  }
}

/** Nobody reads more of them at once. */
const mostListed = 8;

async function list({ desk, asked }: Said, now: number): Promise<Reply> {
  const refused = await mayNotLook(desk, asked, null);
  if (refused) return refused;
  const seen = (await seenBy(desk, asked)).slice(0, mostListed);
  return told(seen.length === 0 ? [noWatch] : seen.flatMap((report) => watchStanding(report, now)));
}

/** Those that are on over services which this person may look at. */
async function seenBy(desk: Desk, { user }: Asked): Promise<readonly WatchReport[]> {
  const seen: WatchReport[] = [];
  for (const report of await desk.watches())
    if ((await desk.may(user, 'observe', report.watch.service)).allowed) seen.push(report);
  return seen;
}

const noWatch = 'No watch is on. `/genesis watch start` begins one.';

/** By its number, or by its service as long as it is on. */
async function one({ desk, asked }: Said, name: string, now: number): Promise<Reply> {
  const found = await watchNamed(desk, name);
  const refused = await mayNotLook(desk, asked, found?.watch.service ?? null);
  if (refused) return refused;
  return found ? told(watchStanding(found, now)) : unknownWatch(desk, asked, name);
}

async function start({ desk, asked, args: [service, hours] }: Said, origin: Origin): Promise<Reply> {
  const services = servicesIn(desk.room());
  const refused = await mayNotLook(desk, asked, null);
  if (refused) return refused;
  if (service !== undefined && !services.includes(service))
    return told([spoken(unknownName('service', service, services), [])]);
  const typed = hours === undefined ? undefined : readHours(hours);
  if (hours !== undefined && typed === undefined)
    return told([`Say for how many hours, from 1 to ${mostHours}, as in \`48h\`.`]);
  return modal(
    watchForm(origin, {
      services,
      ...(service === undefined ? {} : { service }),
      ...(typed === undefined ? {} : { hours: typed }),
    }),
  );
}

async function stop({ desk, asked, args: [name = '', ...rest] }: Said, origin: Origin): Promise<Reply> {
  const found = await watchNamed(desk, name);
  const refused = await mayNotLook(desk, asked, found?.watch.service ?? null);
  if (refused) return refused;
  if (!found) return unknownWatch(desk, asked, name);
  const { id, service } = found.watch;
  const why = asTyped(rest.join(' '));
  if (why === '') return modal(stopWatchForm({ ...origin, value: { option: id } }, id));
  return act(desk, asked, { type: 'watch.end', watch: id, why }, () =>
    told([`${id} over ${spoken(service, [])} is stopped. Its report follows in the channel.`]),
  );
}

async function watchNamed(desk: Desk, name: string): Promise<WatchReport | null> {
  const id = /^\d+$/.test(name) ? `WCH-${name}` : name.toUpperCase();
  if (isWatchId(id)) return desk.watch(id);
  return (await desk.watches()).find(({ watch: { service } }) => service === name) ?? null;
}

async function unknownWatch(desk: Desk, asked: Asked, name: string): Promise<Reply> {
  const on = (await seenBy(desk, asked)).map(({ watch }) => `${watch.id} (${watch.service})`);
  const is = on.length === 0 ? noWatch : `On: ${spoken(on.slice(0, mostListed).join(', '), [])}.`;
  return told([name === '' ? `Which watch? ${is}` : `There is no such watch. ${is}`]);
}

/** The form behind the button of a watch's message. */
export async function stopByButton(desk: Desk, asked: Asked, origin: Origin, id: WatchId): Promise<Reply> {
  const found = await desk.watch(id);
  return (await mayNotLook(desk, asked, found?.watch.service ?? null)) ?? modal(stopWatchForm(origin, id));
}
