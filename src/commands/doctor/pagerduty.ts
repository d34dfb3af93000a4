import { existsSync } from 'node:fs';
import { isPublicAddress } from '../../adapters/outbound/publicAddress.ts';
import { createPager } from '../../adapters/pagerduty/pager.ts';
import { installationOf } from '../../adapters/sqlite/installation.ts';
import { openForReading } from '../../adapters/sqlite/open.ts';
import type { Config } from '../../config.ts';
import type { Room } from '../../core/playbook/room.ts';
import { systemClock } from '../../engine/clock.ts';
import type { Pager } from '../../engine/pagerPort.ts';
import { WorkFailed } from '../../engine/ports.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, warning, failed } = findingsOf('pagerduty');

/** Routing keys can only be tried by paging somebody, so it is looked only whether they are there. */
export async function pagerdutyFindings(
  { pagerduty, database }: Config,
  room: Room | null,
): Promise<readonly Finding[]> {
  const duties = room ? keyFindings(pagerduty?.routingKeys ?? {}, room) : [];
  // That nobody is paged at all is said once, among the settings.
  if (!pagerduty) return duties.filter(({ level }) => level === 'failed');
  const keys = [...duties, ...pageFindings(database)];
  if (!pagerduty.token) return keys;
  const { routingKeys, token, from, apiUrl, eventsUrl } = pagerduty;
  let pager: ReturnType<typeof createPager>;
  try {
    pager = createPager({
      // Nobody is paged, so it does not matter which.
      routingKey: Object.values(routingKeys)[0] ?? 'none',
      ...{ token, from, apiUrl, eventsUrl },
      clock: systemClock,
      isPublic: isPublicAddress,
    });
  } catch (error) {
    // It says which variable is wrong, and how.
    return [
      ...keys,
      failed(error instanceof Error ? error.message : String(error), 'Correct that variable.'),
    ];
  }
  try {
    return [...keys, ...(await asked(pager, from, room))];
  } finally {
    pager.stop();
  }
}

function keyFindings(keys: Readonly<Record<string, string>>, { roster }: Room): readonly Finding[] {
  const byVariable = new Map<string, { readonly duties: string[]; alone: boolean }>();
  for (const { name, pagerduty, usergroup, users } of Object.values(roster)) {
    if (!pagerduty) continue;
    const entry = byVariable.get(pagerduty.routingKey) ?? { duties: [], alone: false };
    entry.duties.push(name);
    entry.alone ||= usergroup === null && users.length === 0;
    byVariable.set(pagerduty.routingKey, entry);
  }
  return [...byVariable].map(([variable, { duties, alone }]) => {
    const called = duties.join(' and ');
    if (Object.hasOwn(keys, variable)) return ok(`${variable} is set, for ${called}.`);
    const fix = `Set ${variable} to the integration key (Events API v2) of the service in PagerDuty.`;
    return alone
      ? failed(`${variable} is not set, and ${called} can be called in no other way.`, fix)
      : warning(`${variable} is not set, so PagerDuty does not call ${called}; Slack alone does.`, fix);
  });
}

/** Whoever looks at an integration that several installations share finds here which pages are this one's. */
function pageFindings(database: string): readonly Finding[] {
  const later = ok('Its pages get keys of their own at the next start, so an integration may be shared.');
  if (!existsSync(database)) return [later];
  try {
    const db = openForReading(database);
    try {
      const mark = installationOf(db);
      if (mark === null) return [later];
      return [ok(`Keys of its pages begin with genesis/${mark}/, so an integration may be shared.`)];
    } finally {
      db.close();
    }
  } catch {
    // What is wrong with the database is said with the database.
    return [];
  }
}

async function asked(pager: Pager, from: string | null, room: Room | null): Promise<readonly Finding[]> {
  try {
    const policies = new Map((await pager.escalationPolicies()).map(({ id, name }) => [id, name]));
    const wanted = Object.values(room?.roster ?? {}).flatMap(({ name, pagerduty }) =>
      pagerduty?.escalationPolicy ? [{ name, id: pagerduty.escalationPolicy }] : [],
    );
    const missing = wanted
      .filter(({ id }) => !policies.has(id))
      .map(({ name, id }) =>
        failed(
          `There is no escalation policy ${id} in PagerDuty (${name} in roster.yml).`,
          'Correct its id: it is the last part of the address of the policy in PagerDuty.',
        ),
      );
    const person = from === null ? null : await pager.userByEmail(from);
    const known =
      from === null
        ? warning(
            'PAGERDUTY_FROM is not set, so nothing can be acknowledged or resolved in PagerDuty.',
            'Set it to the e-mail address of a PagerDuty user.',
          )
        : person === null
          ? failed(
              'Nobody in PagerDuty has the address of PAGERDUTY_FROM.',
              'Set it to the e-mail address of a PagerDuty user.',
            )
          : ok('PAGERDUTY_FROM is a user of PagerDuty.');
    return [ok('PagerDuty accepts the token.'), known, ...missing];
  } catch (error) {
    if (!(error instanceof WorkFailed)) throw error;
    return [failed(error.message, 'Correct PAGERDUTY_TOKEN, or let this machine reach api.pagerduty.com.')];
  }
}
