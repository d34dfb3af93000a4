import { isPublicAddress } from '../adapters/outbound/publicAddress.ts';
import { createPagerWebhook } from '../adapters/pagerduty/webhook.ts';
import type { SlackClient } from '../adapters/slack/slackClient.ts';
import type { Config } from '../config.ts';
import type { Room } from '../core/playbook/room.ts';
import type { Log } from '../engine/log.ts';
import type { Pager } from '../engine/pagerPort.ts';
import { createPagerSync } from '../engine/pagerSync.ts';
import type { Clock } from '../engine/ports.ts';
import type { Parts } from './parts.ts';

export type Pagers = {
  /** By the names of the variables that hold the routing keys. */
  readonly byKey: ReadonlyMap<string, Pager>;
  /** Any of them, to ask what is the same for all. */
  readonly first: Pager;
  stop(): void;
};

export async function openPagers({ pagerduty }: Config, clock: Clock): Promise<Pagers | null> {
  if (!pagerduty) return null;
  // Loaded only where somebody is paged: 2 MB. At the start all the same, so that what is missing shows now.
  const { createPager } = await import('../adapters/pagerduty/pager.ts');
  const { routingKeys, token, from, apiUrl, eventsUrl } = pagerduty;
  const opened = Object.entries(routingKeys).map(
    ([name, routingKey]) =>
      [
        name,
        createPager({ ...{ routingKey, token, from, apiUrl, eventsUrl, clock }, isPublic: isPublicAddress }),
      ] as const,
  );
  const [first] = opened;
  if (!first) return null;
  return {
    byKey: new Map(opened),
    first: first[1],
    stop: () => {
      for (const [, pager] of opened) pager.stop();
    },
  };
}

/** Found out now, and not in the night in which the duty is called. */
export function warnOfMissingKeys({ roster }: Room, { pagerduty }: Config, log: Log): void {
  for (const { name, pagerduty: duty } of pagerduty ? Object.values(roster) : [])
    if (duty && !Object.hasOwn(pagerduty?.routingKeys ?? {}, duty.routingKey))
      log.warn(`${duty.routingKey} is not set, so the duty ${name} cannot be paged`);
}

export function pagerRoutes(
  { config, store, desk, clock, log }: Parts,
  pagers: Pagers | null,
  slack: Pick<SlackClient, 'people'>,
) {
  const secrets = config.pagerduty?.webhookSecrets ?? [];
  if (!pagers || secrets.length === 0) return [];
  const sync = createPagerSync({
    ...{ desk, pager: pagers.first, finder: slack.people, clock, log },
    installation: store.installation,
  });
  return [createPagerWebhook({ secrets, deliveries: store, clock, log, onNotice: sync.hear })];
}
