import type { Log } from './log.ts';
import type { OnCall, OnDuty, Pager, Rota } from './pagerPort.ts';
import { type Clock, WorkFailed } from './ports.ts';

/** Long enough that a channel full of people asking costs one question, short enough for a change of shift. */
const answersForMs = 60_000;

export function createRota(parts: {
  readonly pager: Pick<Pager, 'onCalls'> | null;
  readonly people: { membersOf(handles: readonly string[]): Promise<readonly string[]> };
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): Rota {
  const { pager, people, clock, log } = parts;
  const known = new Map<string, { readonly at: number; readonly onCalls: readonly OnCall[] }>();

  async function onCalls(policy: string): Promise<readonly OnCall[]> {
    const now = clock.now();
    const before = known.get(policy);
    if (before && now >= before.at && now - before.at < answersForMs) return before.onCalls;
    const found = (await pager?.onCalls({ escalationPolicies: [policy] })) ?? [];
    known.set(policy, { at: now, onCalls: found });
    return found;
  }

  async function ask<T, N>(
    none: N,
    work: () => Promise<T>,
  ): Promise<{ value: T | N; unknown: string | null }> {
    try {
      return { value: await work(), unknown: null };
    } catch (error) {
      if (!(error instanceof WorkFailed)) throw error;
      log.warn('who is on call could not be asked', { code: error.code, error });
      return { value: none, unknown: error.message };
    }
  }

  return {
    onDuty: (duties) =>
      Promise.all(
        duties.map(async (duty): Promise<OnDuty> => {
          const { usergroup, users } = duty;
          const policy = duty.pagerduty?.escalationPolicy ?? null;
          const paged = await ask(null, async () => (policy === null || !pager ? null : onCalls(policy)));
          const members = await ask(
            [],
            async (): Promise<readonly string[]> => (usergroup === null ? [] : people.membersOf([usergroup])),
          );
          // Whom PagerDuty names is enough, whoever else could not be asked.
          const isNamed = (paged.value?.length ?? 0) > 0;
          return {
            duty,
            paged:
              paged.value?.map(({ person, level, until }) => ({ name: person.name, level, until })) ?? null,
            members: [...new Set([...members.value, ...users])],
            unknown: paged.unknown ?? (isNamed ? null : members.unknown),
          };
        }),
      ),
  };
}
