import type { ModalView } from '@slack/types';
import { mentioned } from '../../../core/actor.ts';
import { parseDuration } from '../../../core/duration.ts';
import { type Incident, roles, walkedNow } from '../../../core/incident/incident.ts';
import { worstTroubles } from '../../../core/incident/storm.ts';
import { nearest, unknownName } from '../../../core/playbook/nearest.ts';
import { servicesIn } from '../../../core/playbook/room.ts';
import { severities } from '../../../core/severity.ts';
import { type IncidentId, isIncidentId } from '../../../core/stream.ts';
import type { Rota } from '../../../engine/pagerPort.ts';
import type { Clock, Desk } from '../../../engine/ports.ts';
import { act, isOpenNow, mayNotLook } from '../answers.ts';
import { type Asked, modal, privately, type Reply } from '../asked.ts';
import { calledReply, dutyNamed, openCallForm } from '../callIn.ts';
import { section } from '../cards/blocks.ts';
import { formInDrill } from '../drillOnly.ts';
import { asTyped, fit, spoken } from '../escape.ts';
import { drillForm } from '../modals/drillForm.ts';
import type { Origin } from '../modals/form.ts';
import { declareForm, roleForm, severityForm, updateForm } from '../modals/incidentForms.ts';
import { resolveForm, waitingRuns } from '../modals/resolveForm.ts';
import { chooseRollbackForm } from '../modals/runForms.ts';
import { openPreferences } from '../preferences.ts';
import { ledgerPlace, openRollback, servicesChanged, servicesToRollBack } from '../rollback.ts';
import { startDrill } from '../startDrill.ts';
import { cannotPost, openRunForm, type Reach, startRun } from '../startRun.ts';
import { accessExplained } from './access.ts';
import { freeze, frozenLines, windowNow } from './freeze.ts';
import { onCallNow } from './onCall.ts';
import { help, overview, playbookList, playbookShown, type Standing, statusOf } from './overview.ts';
import { watch } from './watch.ts';
import { allWords, isWord, type Word } from './words.ts';

/** `/genesis`: each word with its arguments, or without them by a form. Nothing is done on a word that is not known. */
export async function slash(
  { desk, clock, reach, rota = null }: { desk: Desk; clock: Clock; reach: Reach; rota?: Rota | null },
  asked: Asked,
  text: string,
): Promise<Reply> {
  const [first = '', ...rest] = text.trim().split(/\s+/);
  if (first === '')
    return (await mayNotLook(desk, asked, null)) ?? told(await wholeOverview(desk, asked.user, clock.now()));
  const word = first.toLowerCase();
  if (!isWord(word)) {
    const meant = nearest(word, allWords);
    return told(
      `${noWord(first)}${meant === undefined ? ` ${help(null)}` : ` ${didYouMean([meant, ...rest])}`}`,
    );
  }
  return formInDrill(desk, asked, await spokenWord({ desk, clock, reach, rota, asked, word, args: rest }));
}

type Said = {
  readonly desk: Desk;
  readonly clock: Clock;
  readonly reach: Reach;
  readonly rota: Rota | null;
  readonly asked: Asked;
  readonly word: Word;
  readonly args: readonly string[];
};

const noWord = (said: string): string => `There is no \`${spoken(fit(said, 40), []).replaceAll('`', '')}\`.`;

const didYouMean = (said: readonly string[]): string =>
  `Did you mean \`/genesis ${said
    .join(' ')
    .slice(0, 60)
    .replaceAll(/[`<>&]/g, '')}\`?`;

/** A section holds 3,000 characters and a message 50 of them: long lists are cut between their lines, not within one. */
const mostInSection = 2_900;
const mostSections = 50;

function told(text: string): Reply {
  const texts: string[] = [];
  for (const line of text.split('\n')) {
    const last = texts.at(-1);
    if (last === undefined || last.length + line.length + 1 > mostInSection) texts.push(line);
    else texts[texts.length - 1] = `${last}\n${line}`;
  }
  return privately(text, texts.slice(0, mostSections).map(section));
}

async function spokenWord(said: Said): Promise<Reply> {
  const { desk, asked, word, args } = said;
  const origin: Origin = { channel: asked.channel, responseUrl: asked.responseUrl, value: {} };
  switch (word) {
    case 'help': {
      const about = args[0]?.toLowerCase() ?? '';
      if (about === '') return told(help(null));
      if (isWord(about)) return told(help(about));
      const meant = nearest(about, allWords);
      return told(
        meant !== undefined && isWord(meant)
          ? `${noWord(about)} ${didYouMean(['help', meant])}\n${help(meant)}`
          : `${noWord(about)} ${help(null)}`,
      );
    }
    case 'declare':
      return declare(said, origin);
    case 'playbook':
      return playbook(said);
    case 'rollback':
      return rollback(said, origin);
    case 'access':
      return told(await accessExplained(desk, asked, args));
    case 'drill':
      return drill(said, origin);
    case 'status':
      return status(said);
    case 'freeze':
      return freeze(said, origin);
    case 'window':
      return windowNow(said);
    case 'watch':
      return watch(said, origin, said.clock.now());
    case 'preferences':
      return openPreferences(desk, asked);
    case 'oncall':
      return (await mayNotLook(said.desk, asked, null)) ?? told(await onCallNow(said.desk.room(), said.rota));
    case 'page':
    case 'ack':
    case 'severity':
    case 'role':
    case 'update':
    case 'silence':
    case 'resolve': {
      const { incident, rest } = await incidentOf(said);
      if (!incident) return told(isNamed(args) ? noSuchIncident : whichIncident);
      return onIncident({ ...said, word, args: rest }, incident, {
        ...origin,
        value: { incident: incident.id },
      });
    }
    default: {
      const never: never = word;
      return never;
    }
  }
}

const noSuchIncident = 'There is no incident of that number. `/genesis status` lists those that are open.';

const isNamed = ([first = '']: readonly string[]): boolean => isIncidentId(first.toUpperCase());

const whichIncident = 'Which incident? Say it in its channel, or name it, as in `INC-7`.';

/** The incident named first, else the one that is talked about here. */
async function incidentOf({
  desk,
  asked,
  args,
}: Said): Promise<{ incident: Incident | null; rest: readonly string[] }> {
  const named = args[0]?.toUpperCase() ?? '';
  if (isIncidentId(named)) return { incident: await desk.incident(named), rest: args.slice(1) };
  return { incident: await incidentHere(desk, asked), rest: args };
}

/** The incident whose channel this is, or in whose thread it was said. */
const incidentHere = async (desk: Desk, { channel, thread }: Asked): Promise<Incident | null> =>
  channel === null ? null : desk.incidentAt(channel, thread ?? null);

async function onIncident(
  said: Said & { word: 'page' | 'ack' | 'severity' | 'role' | 'update' | 'silence' | 'resolve' },
  { id, ...incident }: Incident,
  origin: Origin,
): Promise<Reply> {
  const { desk, asked, word, args } = said;
  const [first = ''] = args;
  const words = asTyped(args.join(' '));
  const whole: Incident = { id, ...incident };
  const ask = async (form: (about: Origin, on: Incident) => ModalView): Promise<Reply> =>
    (await mayNotLook(desk, asked, incident.service)) ?? modal(form(origin, whole));
  switch (word) {
    case 'ack':
      return act(desk, asked, { type: 'incident.acknowledge', incident: id }, () => told(`You have ${id}.`));
    case 'severity': {
      const severity = severities.find((each) => each === first.toUpperCase());
      if (!severity) return ask(severityForm);
      const why = asTyped(args.slice(1).join(' ')) || null;
      return act(desk, asked, { type: 'incident.severity', incident: id, severity, why }, () =>
        told(`${id} is ${severity} now.`),
      );
    }
    case 'role': {
      const role = roles.find((each) => each === first.toLowerCase());
      const user = mentioned(args[1] ?? '');
      if (!role || user === null) return ask(roleForm);
      return act(desk, asked, { type: 'incident.role', incident: id, role, user }, () =>
        privately(`<@${user}> is ${role} of ${id} now.`),
      );
    }
    case 'page': {
      if (first === '')
        return (await mayNotLook(desk, asked, incident.service)) ?? openCallForm(desk, whole, origin);
      const why = asTyped(args.slice(1).join(' ')) || null;
      const named = dutyNamed(desk.room(), first);
      if ('says' in named) return (await mayNotLook(desk, asked, incident.service)) ?? privately(named.says);
      return act(desk, asked, { type: 'incident.call', incident: id, duty: named.duty, why }, (answer) =>
        told(calledReply(id, answer)),
      );
    }
    case 'update':
      return words === ''
        ? ask(updateForm)
        : act(desk, asked, { type: 'incident.note', incident: id, kind: 'update', text: words }, () =>
            told(`The update of ${id} is recorded.`),
          );
    case 'silence':
      return silence(said, id);
    case 'resolve':
      return words === ''
        ? ((await mayNotLook(desk, asked, incident.service)) ??
            modal(resolveForm(origin, whole, await waitingRuns(desk, whole))))
        : act(desk, asked, { type: 'incident.resolve', incident: id, note: words }, () =>
            told(`${id} is resolved.`),
          );
    default: {
      const never: never = word;
      return never;
    }
  }
}

async function silence({ desk, asked, args: [first = ''] }: Said, id: IncidentId): Promise<Reply> {
  if (first.toLowerCase() === 'stop')
    return act(desk, asked, { type: 'incident.silence-stop', incident: id }, () =>
      told(`The silence of ${id} is being removed.`),
    );
  const forMs = first === '' ? null : parseDuration(first.toLowerCase());
  if (forMs === undefined) return told(`Say how long at most, as in \`/genesis silence 30m\`, or \`stop\`.`);
  return act(desk, asked, { type: 'incident.silence', incident: id, forMs }, () =>
    told(`The alerts of ${id} are being silenced. What Alertmanager says follows in the incident.`),
  );
}

async function status(said: Said): Promise<Reply> {
  const { desk, clock, asked } = said;
  const { incident } = await incidentOf(said);
  const refused = await mayNotLook(desk, asked, incident?.service ?? null);
  if (refused) return refused;
  if (incident) return told(statusOf(await standingOf(desk, incident), clock.now()));
  if (said.args.length > 0) return told(isNamed(said.args) ? noSuchIncident : whichIncident);
  return told(await wholeOverview(desk, asked.user, clock.now()));
}

async function declare({ desk, asked, args }: Said, origin: Origin): Promise<Reply> {
  const known = servicesIn(desk.room());
  let rest = args;
  const severity = severities.find((each) => each === rest[0]?.toUpperCase());
  if (severity) rest = rest.slice(1);
  const [wanted] = rest;
  // What a storm collected of a service that no playbook knows can be declared for as well.
  const service =
    known.find((each) => each === wanted) ?? (await stormServices(desk)).find((each) => each === wanted);
  if (service !== undefined) rest = rest.slice(1);
  const title = fit(asTyped(rest.join(' ')), 150);
  if (title === '') {
    return (
      (await mayNotLook(desk, asked, null)) ??
      modal(declareForm(origin, { services: known, ...(service === undefined ? {} : { service }) }))
    );
  }
  return act(
    desk,
    asked,
    {
      type: 'incident.declare',
      title,
      service: service ?? null,
      severity: severity ?? 'P2',
      playbook: null,
      summary: '',
    },
    ({ stream }) => told(`${stream ?? 'The incident'} ${isOpenNow(desk, severity ?? 'P2')}`),
  );
}

async function stormServices(desk: Desk): Promise<readonly string[]> {
  const storm = (await desk.openIncidents()).find((incident) => incident.storm)?.storm;
  return storm ? worstTroubles(storm).flatMap(({ service }) => service ?? []) : [];
}

async function playbook(said: Said): Promise<Reply> {
  const { desk, asked, args, reach } = said;
  const { definitions } = desk.room();
  const [verb = 'list', name = '', ...rest] = args;
  if (verb !== 'list' && verb !== 'show' && verb !== 'run') return told(help('playbook'));
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  const refused = await mayNotLook(desk, asked, definition?.service.name || null);
  if (refused) return refused;
  if (verb === 'list') return told(playbookList(Object.values(definitions)));
  if (!definition) return told(spoken(unknownName('playbook', name, Object.keys(definitions)), []));
  if (verb === 'show') return told(playbookShown(definition));
  const incident = await incidentHere(desk, asked);
  // What is approved as a whole is shown in full before it is asked for.
  if (definition.playbook.authority === 'whole' || definition.playbook.inputs || definition.playbook.window)
    return openRunForm(desk, asked, { definition, incident });
  if (incident === null && !(await reach(asked.channel ?? '', asked.user))) return cannotPost;
  return act(
    desk,
    asked,
    startRun({
      playbook: name,
      incident: incident?.id ?? null,
      channel: asked.channel ?? '',
      reason: asTyped(rest.join(' ')) || null,
    }),
  );
}

async function drill({ desk, asked, args }: Said, origin: Origin): Promise<Reply> {
  const { definitions } = desk.room();
  const [name] = args;
  if (name === undefined)
    return (await mayNotLook(desk, asked, null)) ?? modal(drillForm(origin, Object.values(definitions)));
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  const refused = await mayNotLook(desk, asked, definition?.service.name || null);
  if (refused) return refused;
  if (!definition) return told(spoken(unknownName('playbook', name, Object.keys(definitions)), []));
  return startDrill(desk, asked, { playbook: name, firstFails: false });
}

async function rollback(said: Said, origin: Origin): Promise<Reply> {
  const { desk, asked } = said;
  const { incident, rest: args } = await incidentOf(said);
  if (!incident && isNamed(said.args)) return told(noSuchIncident);
  const changed = await servicesChanged(desk, ledgerPlace(incident, asked.channel));
  const possible = [...new Set([...servicesToRollBack(desk.room()), ...changed])].sort();
  const named = args[0] !== undefined && (possible.includes(args[0]) || !incident?.service) ? args[0] : null;
  const service = named ?? incident?.service ?? null;
  const reason = asTyped(args.slice(named === null ? 0 : 1).join(' '));
  const refused = await mayNotLook(desk, asked, service);
  if (refused) return refused;
  if (service === null) {
    return possible.length === 0
      ? told('Nothing was changed here, and no service has a rollback procedure.')
      : modal(chooseRollbackForm(origin, possible));
  }
  if (!possible.includes(service))
    return told(spoken(unknownName('rollback procedure for the service', service, possible), []));
  return openRollback(desk, asked, { service, incident, reason });
}

async function standingOf(desk: Desk, incident: Incident): Promise<Standing> {
  const walked = walkedNow(incident);
  return { incident, current: walked === null ? null : await desk.run(walked) };
}

const wholeOverview = async (desk: Desk, user: string, now: number): Promise<string> =>
  [
    overview(await desk.home(user), await standings(desk), await desk.openDrills(), now),
    ...frozenLines((await desk.around()).freezes),
  ].join('\n');

async function standings(desk: Desk): Promise<readonly Standing[]> {
  const open = await desk.openIncidents();
  return Promise.all(open.slice(0, 30).map((incident) => standingOf(desk, incident)));
}
