import type { Button, HomeView, KnownBlock } from '@slack/types';
import { marked } from '../../../core/drill/standIn.ts';
import { clockDuration } from '../../../core/duration.ts';
import { type Subject, subjectKey } from '../../../core/effect.ts';
import type { Need } from '../../../core/home/home.ts';
import type { Moment } from '../../../core/home/moments.ts';
import { ownerOf } from '../../../core/incident/audit.ts';
import type { Incident } from '../../../core/incident/incident.ts';
import { time } from '../../../core/moment.ts';
import { spokenPreferences } from '../../../core/people/preferences.ts';
import { workedSince } from '../../../core/run/workedSince.ts';
import type { RunView } from '../../../core/view.ts';
import type { HomeReading } from '../../../engine/ports.ts';
import type { Private } from '../asked.ts';
import { channelLink, foreign, who } from '../escape.ts';
import { actions, button, context, header, section, urlButton } from './blocks.ts';
import { watchLine } from './watch.ts';
import { ago, headline, phaseWord, titleOf } from './words.ts';

/**
 * The Home tab of one person: what needs them first. A tab holds 100 blocks; the lists below come to at most 89, and
 * what does not fit is counted.
 */

const most = {
  needs: 15,
  incidents: 15,
  drills: 5,
  requests: 5,
  procedures: 6,
  ahead: 8,
  watches: 4,
} as const;

export type HomeFrame = {
  /** Address of the workspace, with a slash at its end. */
  readonly url: string;
  /** What this person was answered a moment ago, who asked for it here. */
  readonly said: Private | null;
};

type Read = Extract<HomeReading, { kind: 'home' }>;

export function homeView(reading: HomeReading, frame: HomeFrame): HomeView {
  const blocks = [
    ...(frame.said === null ? [] : [...saidBlocks(frame.said), { type: 'divider' } as const]),
    ...(reading.kind === 'refused' ? refused(reading.why) : homeBlocks(reading, frame)),
  ];
  return { type: 'home', callback_id: 'genesis.home', blocks: blocks.slice(0, 100) };
}

const saidBlocks = ({ text, blocks }: Private): readonly KnownBlock[] =>
  (blocks ?? [section(text)]).slice(0, 8);

const refused = (why: string): KnownBlock[] => [
  header('Genesis'),
  section(`How things stand cannot be shown to you. ${foreign(why, 500)}`),
];

function homeBlocks(reading: Read, frame: HomeFrame): KnownBlock[] {
  const { home, now } = reading;
  const at = placesIn(reading, frame);
  const nothing = 'Nothing needs you right now.';
  return [
    header('What needs you now'),
    ...(home.needs.length > 0
      ? listed(home.needs, most.needs, (need) => needBlock(need, at))
      : [section(nothing)]),
    ...(home.unread.length === 0
      ? []
      : [
          section(
            `Not known: what waits in ${home.unread
              .slice(0, 10)
              .map((id) => foreign(id, 30))
              .join(', ')}. It could not be read.`,
          ),
        ]),
    ...actions([
      button({ id: 'home.declare', label: 'Declare Incident', value: {} }),
      button({ id: 'home.drill', label: 'Start Drill', value: {} }),
      button({ id: 'home.preferences', label: 'Preferences', value: {} }),
    ]),
    header('Open incidents'),
    ...(home.incidents.length > 0
      ? listed(home.incidents, most.incidents, (incident) => incidentBlock(incident, at))
      : [section(home.unseen > 0 ? 'None that you may look at.' : 'No incident is open.')]),
    ...(home.unseen > 0 ? [context(`${home.unseen} more of services that you may not look at.`)] : []),
    ...part('Your requests', home.requests, most.requests, (request) =>
      withWay(
        `*${foreign(request.view.run.title, 150)}*${request.step === null ? '' : ` · ${foreign(titleOf(request.view.definition, request.step), 150)}`}\nwaits for somebody else to approve it until ${time(request.approval.expiresAt)}`,
        at(request.subject),
      ),
    ),
    ...part('Running procedures', home.procedures, most.procedures, (view) =>
      withWay(procedureText(view), at({ kind: 'run', run: view.run.id })),
    ),
    ...part('What comes next', home.ahead, most.ahead, (moment) =>
      section(`${time(moment.at)} · ${momentText(moment)}`),
    ),
    ...part('Watches', home.watches, most.watches, (watch) =>
      withWay(watchLine(watch), at({ kind: 'watch', watch: watch.id })),
    ),
    ...part('Drills, which are practice', home.drills, most.drills, (incident) =>
      incidentBlock(incident, at),
    ),
    ...(reading.preferences
      ? [context(`Reminders reach you ${foreign(spokenPreferences(reading.preferences), 200)}.`)]
      : []),
    context(`As of ${time(now)}. It follows by itself while you are about; open it again to be sure.`),
  ];
}

type At = (subject: Subject) => string | null;

const placesIn =
  ({ places }: Read, { url }: HomeFrame): At =>
  (subject) => {
    const at = places.get(subjectKey(subject));
    return at ? `${url}archives/${at.channel}/p${at.ts.replace('.', '')}` : null;
  };

function listed<T>(all: readonly T[], max: number, block: (each: T) => KnownBlock): KnownBlock[] {
  const more = all.length - max;
  return [...all.slice(0, max).map(block), ...(more > 0 ? [context(`and ${more} more`)] : [])];
}

const part = <T>(
  title: string,
  all: readonly T[],
  max: number,
  block: (each: T) => KnownBlock,
): KnownBlock[] => (all.length === 0 ? [] : [header(title), ...listed(all, max, block)]);

/** With a button beside it: what it stands for can be done there, or on the message that it leads to. */
const beside = (text: string, accessory: Button): KnownBlock => ({
  ...(section(text) as Extract<KnownBlock, { type: 'section' }>),
  accessory,
});

const withWay = (text: string, url: string | null, label = 'Open'): KnownBlock =>
  url === null ? section(text) : beside(text, urlButton('open.channel', label, url));

function needBlock(need: Need, at: At): KnownBlock {
  const { incident, subject } = need;
  const where = incident ? `${foreign(titled(incident), 200)} — ${incident.id}` : null;
  const way = at(subject);
  switch (need.kind) {
    case 'free':
      return beside(
        `*${foreign(titled(need.incident), 200)}* — ${need.incident.id}\nNobody has it, since ${ago(need.incident.unattended.since)}`,
        button({ id: 'incident.acknowledge', label: 'Acknowledge', value: { incident: need.incident.id } }),
      );
    case 'approval': {
      const { view, approval, step } = need;
      const what = step === null ? view.run.title : titleOf(view.definition, step);
      return withWay(
        `*${foreign(what, 200)}* waits for your approval until ${time(approval.expiresAt)}\nasked for by ${who(approval.requestedBy)} · ${where ?? view.run.id}`,
        way,
        'Review',
      );
    }
    case 'overdue':
      return withWay(
        `*Overdue:* ${foreign(need.item, 300)}, due ${time(need.dueAt)}\n${where ?? need.view.run.id}`,
        way,
        'Open Step',
      );
    case 'step':
      return withWay(
        `*${foreign(titleOf(need.view.definition, need.step), 200)}* ${waitsFor[need.state]}\n${where ?? need.view.run.id}`,
        way,
        'Open Step',
      );
    default: {
      const never: never = need;
      return never;
    }
  }
}

export const waitsFor: Readonly<Record<Extract<Need, { kind: 'step' }>['state'], string>> = {
  asking: 'waits for an answer',
  offering: 'waits for your word',
  failed: 'failed, needs a person',
  inconclusive: 'is inconclusive, needs a person',
  unknown: 'has an unknown outcome, needs a person',
};

const titled = (incident: Incident): string =>
  incident.drill ? marked(headline(incident)) : headline(incident);

function incidentBlock(incident: Incident, at: At): KnownBlock {
  const owner = ownerOf(incident);
  const text = [
    `*${foreign(titled(incident), 250)}* — ${incident.id}`,
    [
      phaseWord[incident.phase],
      `since ${ago(incident.openedAt)}`,
      owner === null ? 'nobody has it yet' : `${who(owner)} has it`,
      ...(incident.channel ? [channelLink(incident.channel.id)] : []),
      ...(incident.staleSince === null
        ? []
        : [`its alerts are not known since ${time(incident.staleSince)}`]),
    ].join(' · '),
  ].join('\n');
  return withWay(text, at({ kind: 'card', incident: incident.id }));
}

function procedureText({ run, definition }: RunView): string {
  const { budgetMs } = definition.playbook;
  const title = run.drill ? marked(run.title) : run.title;
  const began = workedSince(run);
  const now = run.at === null ? null : foreign(titleOf(definition, run.at), 150);
  return [
    `*${foreign(title, 200)}* · ${run.id} · started by ${who(run.startedBy)} at ${time(run.startedAt)}`,
    [
      ...(now === null ? [] : [`now: ${now}`]),
      // A moment and no span: nothing redraws this each second.
      budgetMs === undefined
        ? 'no time limit'
        : `to be over ${began === null ? 'after its approval' : `by ${time(began + budgetMs)}`}, ${clockDuration(budgetMs)} in all`,
    ].join(' · '),
  ].join('\n');
}

function momentText({ incident, view, what }: Moment): string {
  const on = incident ? `${incident.id}, ${foreign(titled(incident), 150)}` : (view?.run.id ?? '');
  const step = (id: string) => (view ? `*${foreign(titleOf(view.definition, id), 150)}*` : '');
  switch (what.kind) {
    case 'call':
      return `the next in the chain are called for ${on}`;
    case 'limit':
      return `the time of the playbook is over for ${on}`;
    case 'update':
      return `a status update is due for ${on}`;
    case 'phase':
      return `the time for the ${what.phase} is over for ${on}`;
    case 'approval-expires':
      return `the request for ${what.step === null ? `*${foreign(view?.run.title ?? '', 150)}*` : step(what.step)} expires · ${on}`;
    case 'wait-over':
      return `the wait is over: ${step(what.step)} · ${on}`;
    case 'item-due':
      return `something of ${step(what.step)} is due · ${on}`;
    case 'automatic':
      return `Genesis carries out ${step(what.step)} by itself unless somebody holds it · ${on}`;
    case 'retry':
      return `${step(what.step)} is tried again · ${on}`;
    default: {
      const never: never = what;
      return never;
    }
  }
}
