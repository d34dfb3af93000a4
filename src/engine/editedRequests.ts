import type { Room } from '../core/playbook/room.ts';
import { outdatedRequests } from '../core/run/edited.ts';
import type { RunId } from '../core/stream.ts';
import type { Log } from './log.ts';
import type { Desk, Store } from './ports.ts';

/**
 * Requests that wait for a yes while the playbooks are edited. Whoever takes up an edit, or starts with other playbooks
 * than those before, has them looked through; so does a look every now and then, for a request that came in on its way
 * past an edit. Which of them an edit voids is decided by each run, and a second look finds nothing left to do.
 */
export type EditedRequests = {
  /** `at` is when the playbooks in use were taken up, in milliseconds since the epoch; null where that says nothing. */
  look(at: number | null): Promise<void>;
};

export function createEditedRequests({
  store,
  desk,
  room,
  log,
}: {
  readonly store: Pick<Store, 'work' | 'state' | 'definition'>;
  readonly desk: Pick<Desk, 'handle'>;
  readonly room: () => Room;
  readonly log: Log;
}): EditedRequests {
  async function isOutdated(id: RunId): Promise<boolean> {
    const state = await store.state(id);
    if (state?.kind !== 'run') return false;
    const definition = await store.definition(state.run.definition);
    return definition !== null && outdatedRequests(state.run, definition, room(), null).length > 0;
  }

  /** One that cannot be looked at holds up none of the others. */
  async function lookAt(run: RunId, at: number | null): Promise<void> {
    if (!(await isOutdated(run))) return;
    const answer = await desk.handle({ actor: { kind: 'bot' }, type: 'run.room-changed', run, at });
    if (answer.kind === 'accepted')
      log.info('a request was withdrawn, since the playbooks were edited', { run });
  }

  /** Nothing is carried out by the edited playbooks meanwhile, and each request is judged again at the next yes. */
  async function orSaid(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.error('requests that an edit of the playbooks voids could not be looked through', { error });
    }
  }

  return {
    look: (at) =>
      orSaid(async () => {
        for (const run of await waitingRuns(store)) await orSaid(() => lookAt(run, at));
      }),
  };
}

/** Every request that waits has a timer for its end. */
async function waitingRuns(store: Pick<Store, 'work'>): Promise<readonly RunId[]> {
  const runs = (await store.work()).flatMap(({ effect }) =>
    effect.kind === 'tell' &&
    (effect.command.type === 'run.approval-expired' || effect.command.type === 'run.plan-expired')
      ? [effect.command.run]
      : [],
  );
  return [...new Set(runs)];
}
