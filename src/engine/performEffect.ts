import type { Command } from '../core/command.ts';
import { subjectKey } from '../core/effect.ts';
import { outgrows } from '../core/incident/move.ts';
import type { Room } from '../core/playbook/room.ts';
import { notAsApproved } from '../core/run/asApproved.ts';
import { postChart } from './charts.ts';
import { commandId, performCommand, refusedCommand } from './commands.ts';
import { drillOf, standIn, standInPorts } from './drill.ts';
import { interruptedCommand } from './givenUp.ts';
import { leave } from './leaving.ts';
import type { Log } from './log.ts';
import { mailSummary } from './mail.ts';
import type { MailDesk } from './mailPort.ts';
import { incidentState, runView, viewOf } from './messages.ts';
import { type Paging, performPage } from './paging.ts';
import { postSomewhere } from './places.ts';
import {
  type Chat,
  type Claimed,
  type Clock,
  type Desk,
  type EffectEnd,
  type Gauge,
  type Observer,
  type Painter,
  type Store,
  WorkFailed,
} from './ports.ts';
import { readEndFile } from './postMortem.ts';
import { performRemind } from './remind.ts';
import type { RunnerPort } from './runnerPort.ts';
import type { Silencer } from './silencePort.ts';
import { performSilence } from './silences.ts';
import { readTrigger } from './triggers.ts';

/** What each kind of effect does in the world, and what follows from it. What goes wrong is thrown (WorkFailed). */

export type Ports = {
  readonly store: Store;
  readonly desk: Desk;
  readonly chat: Chat;
  readonly gauge: Gauge;
  readonly painter: Painter;
  readonly runner: RunnerPort;
  /** Left out where no paging service is configured. */
  readonly paging?: Paging | null;
  /** Null or left out where there is no Alertmanager to make silences in. */
  readonly silencer?: Silencer | null;
  /** Left out where no mail is sent. */
  readonly mail?: MailDesk | null;
  readonly clock: Clock;
  readonly room: () => Room;
  readonly observer: Observer;
  readonly log: Log;
};

export type Result = Omit<EffectEnd, 'id'>;
const nothing: Result = { follows: [] };

type Settle = <T>(write: () => Promise<T>) => Promise<T>;

/** The one place where practice parts from what is real. */
export async function perform(claimed: Claimed, ports: Ports, settle: Settle): Promise<Result> {
  const { store, clock, desk } = ports;
  const drill = await drillOf(store, claimed.stream);
  if (!drill) return performEffect(claimed, ports, settle);
  const say = (command: Command) => settle(() => desk.handle(command));
  const follows = await standIn(claimed, drill, { store, clock, say });
  return follows ? { follows } : performEffect(claimed, standInPorts(ports, drill), settle);
}

async function performEffect(claimed: Claimed, ports: Ports, settle: Settle): Promise<Result> {
  const { effect, attempts } = claimed;
  const { store, chat, clock, gauge, runner, desk, log } = ports;
  const room = ports.room();
  const uncertain = attempts > 1;
  switch (effect.kind) {
    case 'show': {
      const { subject, where } = effect;
      if (effect.onlyThere && !(await store.posted(subject))) return nothing;
      const view = await viewOf(store, room, effect);
      const at = await postSomewhere({ store, room, log }, { subject, where }, (place, known) =>
        chat.show({ key: subjectKey(subject), view, ...place, known, uncertain }),
      );
      return { posted: { subject, at }, follows: [] };
    }
    case 'open-channel': {
      const incident = await incidentState(store, effect.incident);
      if (incident.channel) return nothing;
      if (incident.place.kind === 'thread' && !outgrows(incident, room)) return nothing;
      const purpose = `${incident.id}: ${incident.title}`;
      const { id, name } = await chat.openChannel(effect.name, purpose, {
        uncertain,
        severity: incident.severity,
      });
      return {
        follows: [
          { actor: { kind: 'bot' }, type: 'incident.channel-opened', incident: effect.incident, id, name },
        ],
      };
    }
    case 'move':
      return {
        follows: [{ actor: { kind: 'bot' }, type: 'incident.moved', incident: effect.incident }],
      };
    case 'leave':
      return leave(effect, uncertain, { store, chat, room, log });
    case 'set-topic': {
      const incident = await incidentState(store, effect.incident);
      if (incident.channel) await chat.setTopic(incident.channel.id, incident);
      return nothing;
    }
    case 'invite': {
      const { channel } = await incidentState(store, effect.incident);
      if (channel) await chat.invite(channel.id, { groups: effect.groups, users: effect.users });
      return nothing;
    }
    case 'pin': {
      const message = await store.posted(effect.subject);
      if (message) await chat.pin(message);
      return nothing;
    }
    case 'bookmark': {
      const { channel } = await incidentState(store, effect.incident);
      if (channel) await chat.bookmark(channel.id, effect.title, effect.url);
      return nothing;
    }
    case 'chart':
      return {
        posted: { subject: effect.subject, at: await postChart(effect, uncertain, ports) },
        follows: [],
      };
    case 'post-mortem': {
      const { incident, where } = effect;
      const { markdown, resolvedAt, ...file } = await readEndFile(store, incident, {
        now: clock.now(),
        pace: room.pace,
        namesOf: desk.namesOf,
      });
      const subject = { kind: 'post-mortem', incident, time: resolvedAt } as const;
      const at = await postSomewhere({ store, room, log }, { subject, where }, (place) =>
        chat.postFile({
          key: subjectKey(subject),
          ...place,
          ...file,
          content: new TextEncoder().encode(markdown),
          uncertain,
        }),
      );
      return { posted: { subject, at }, follows: [] };
    }
    case 'run-command': {
      // Handed out a second time means that nobody knows what became of the first.
      if (uncertain) return { follows: [interruptedCommand(effect)] };
      const decided = await store.state(effect.run);
      const run = decided?.kind === 'run' ? decided.run : null;
      const definition = run && (await store.definition(run.definition));
      const message = run && definition ? notAsApproved(effect, run, definition) : null;
      if (message !== null) {
        log.error('a command was not run, since it is not what was approved', {
          stream: claimed.stream,
          step: effect.step,
          action: effect.planned.action,
        });
        return { follows: [refusedCommand(effect, { code: 'not-approved', message })] };
      }
      const say = (command: Command) => settle(() => desk.handle(command));
      return { follows: [await performCommand(effect, { runner, clock, say, log })] };
    }
    case 'stop-command':
      runner.stop(commandId(effect));
      return nothing;
    case 'read-indicator': {
      const { run, step, attempt, purpose } = effect;
      const { definition } = await runView(store, run);
      const indicator = definition.service.indicators[effect.indicator];
      if (!indicator)
        throw new WorkFailed(
          'no-indicator',
          `${definition.service.name} has no indicator ${effect.indicator}.`,
        );
      const reading = await gauge.read(indicator, clock.now());
      return {
        follows: [{ actor: { kind: 'bot' }, type: 'run.reading', run, step, attempt, purpose, reading }],
      };
    }
    case 'read-trigger':
      return { follows: await readTrigger(effect, { store, gauge, clock }) };
    case 'page':
    case 'page-end':
      return { follows: await performPage(effect, { store, paging: ports.paging ?? null }) };
    case 'read-backlog': {
      const { waiting, oldestAt } = await store.chatBacklog();
      return {
        follows: [
          { actor: { kind: 'bot' }, type: 'incident.backlog', incident: effect.incident, waiting, oldestAt },
        ],
      };
    }
    case 'email':
      await mailSummary(effect, claimed, { store, clock, desk, mail: ports.mail ?? null });
      return nothing;
    case 'remind':
      return performRemind(effect, uncertain, { store, chat, clock });
    case 'silence':
      return {
        follows: await performSilence(effect, attempts, { store, clock, silencer: ports.silencer ?? null }),
      };
    case 'tell':
      return { follows: [effect.command] };
    default: {
      const never: never = effect;
      return never;
    }
  }
}
