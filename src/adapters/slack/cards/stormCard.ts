import type { KnownBlock } from '@slack/types';
import { spokenDuration } from '../../../core/duration.ts';
import { type Incident, isOpen } from '../../../core/incident/incident.ts';
import { nameOf, type Storm, type Trouble, worstTroubles } from '../../../core/incident/storm.ts';
import { time } from '../../../core/moment.ts';
import { foreign } from '../escape.ts';
import { button, context } from './blocks.ts';

/** How a storm of alerts is told: how much there is, where it is worst, and what of it is not shown. */

/** A line and a button each: with more, the buttons of the incident itself would be off the screen. */
const mostShown = 8;

const number = new Intl.NumberFormat('en-US');

const counted = (count: number, one: string, many: string): string =>
  `${number.format(count)} ${count === 1 ? one : many}`;

/** The first line, without markup: `9,412 alerts from 288 services within 4 min collected here; 12 incidents …`. */
export function stormText({ alerts }: Incident, storm: Storm): string {
  const troubles = worstTroubles(storm);
  const services = troubles.filter(({ service }) => service !== null).length;
  const groups = troubles.length - services;
  const from = [
    ...(services > 0 || groups === 0 ? [counted(services, 'service', 'services')] : []),
    ...(groups > 0
      ? [counted(groups, 'alert group without a service', 'alert groups without a service')]
      : []),
  ].join(' and ');
  const lasted = storm.lastAt - storm.since;
  const within = lasted < 1_000 ? '' : ` within ${spokenDuration(lasted)}`;
  const all = alerts.byFingerprint.size;
  const firing = alerts.firing === all ? '' : ` (${number.format(alerts.firing)} firing)`;
  const before = `${counted(storm.openedBefore, 'incident was', 'incidents were')} opened one by one before`;
  return `${counted(all, 'alert', 'alerts')}${firing} from ${from}${within} collected here; ${before}.`;
}

/** The services that are gone altogether, named where no incident of their own could be opened. */
export function urgentText(storm: Storm): string[] {
  const urgent = worstTroubles(storm).filter(({ severity, firing }) => severity === 'P0' && firing > 0);
  if (urgent.length === 0) return [];
  const named = urgent.slice(0, mostShown).map((each) => `*${foreign(nameOf(each), 80)}*`);
  const more = urgent.length > named.length ? ` and ${number.format(urgent.length - named.length)} more` : '';
  return [`P0 among them: ${named.join(', ')}${more}.`];
}

export function backlogText({ backlog }: Storm): string[] {
  if (!backlog) return [];
  const waiting = counted(backlog.waiting, 'message waits', 'messages wait');
  return [
    `Slack limits what Genesis posts: ${waiting}, the oldest since ${time(backlog.oldestAt)}. Buttons and \`/genesis\` are answered at once.`,
  ];
}

/** Where it is worst, each with a way out of the storm; what does not fit is said. */
export function troubleBlocks(incident: Incident, storm: Storm): KnownBlock[] {
  const troubles = worstTroubles(storm);
  const shown = troubles.slice(0, mostShown);
  return [
    ...shown.map((trouble) => troubleBlock(incident, trouble)),
    ...(isOpen(incident) ? notShown(troubles.slice(mostShown)) : []),
  ];
}

function troubleBlock(incident: Incident, trouble: Trouble): KnownBlock {
  const { severity, alerts, firing, names } = trouble;
  const how =
    firing === alerts
      ? counted(alerts, 'alert', 'alerts')
      : `${number.format(firing)} of ${counted(alerts, 'alert', 'alerts')} firing`;
  const kinds = names.map((name) => foreign(name, 80)).join(', ');
  const text = `*${severity} · ${foreign(nameOf(trouble), 100)}*\n${how}${trouble.service === null ? '' : ` · ${kinds}`}`;
  return {
    type: 'section',
    text: { type: 'mrkdwn', text, verbatim: true },
    ...(isOpen(incident)
      ? {
          accessory: button({
            id: 'incident.open-own',
            label: 'Open Own Incident',
            value: { incident: incident.id, option: trouble.key },
          }),
        }
      : {}),
  };
}

function notShown(rest: readonly Trouble[]): KnownBlock[] {
  const [worst] = rest;
  if (!worst) return [];
  const alerts = rest.reduce((sum, each) => sum + each.alerts, 0);
  return [
    context(
      `Not shown: ${number.format(rest.length)} more with ${counted(alerts, 'alert', 'alerts')}, the worst of them ${worst.severity}. \`/genesis declare\` with a severity, one of these services and what is wrong takes its alerts into an incident of its own.`,
    ),
  ];
}
