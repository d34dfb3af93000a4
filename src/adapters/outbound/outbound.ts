import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, fetch as guardedFetch } from 'undici';
import { isPublicAddress } from './publicAddress.ts';

/**
 * The way out to addresses that did not come from the configuration but from a message, such as the one that Slack
 * sends along for a private answer. Whoever could choose such an address must not make the bot call what only the bot
 * can reach.
 *
 * - Origins that the environment names are trusted as they are: an operator may well have them inside.
 * - Anything else is https on its usual port, at one of the hosts given by name, without a name and password in it.
 * - The name is resolved once, every address that it has must be public, and the connection goes to the address that
 *   was checked: a second answer of the resolver cannot lead elsewhere.
 * - Redirects are not followed.
 */
export type Outbound = {
  /** Whether the address is one of those above, by its looks; what its name resolves to is checked on the way. */
  permits(address: string | URL): boolean;
  /** POSTs JSON. Answers whether it was taken (2xx); rejects where the address is not permitted or cannot be reached. */
  postJson(address: string, body: unknown, signal: AbortSignal): Promise<boolean>;
  stop(): Promise<void>;
};

/** As `dns.lookup` with all addresses. */
export type Resolver = (
  hostname: string,
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

export class NotPermitted extends Error {}

export function createOutbound(options: {
  /** Names that may be called, they themselves and what is below them: `slack.com`. */
  readonly hosts: readonly string[];
  /** Addresses that the environment names; their origins are exempt. */
  readonly named: readonly string[];
  readonly resolve?: Resolver;
}): Outbound {
  const exempt = new Set(options.named.flatMap((address) => URL.parse(address)?.origin ?? []));
  const agent = pinnedAgent(options.resolve ?? resolveAll, isPublicAddress);

  const isExempt = (url: URL): boolean =>
    (url.protocol === 'http:' || url.protocol === 'https:') && exempt.has(url.origin) && !hasUser(url);
  const isListed = (url: URL): boolean =>
    url.protocol === 'https:' &&
    url.port === '' &&
    !hasUser(url) &&
    options.hosts.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`));

  return {
    permits(address) {
      const url = URL.parse(String(address));
      return url !== null && (isExempt(url) || isListed(url));
    },
    async postJson(address, body, signal) {
      const url = URL.parse(address);
      const request = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        redirect: 'error',
        signal,
      } as const;
      if (url && isExempt(url)) return taken(await fetch(url, request));
      if (!url || !isListed(url)) {
        throw new NotPermitted('The address is not one that this may be sent to, so nothing was sent.');
      }
      return taken(await guardedFetch(url, { ...request, dispatcher: agent }));
    },
    stop: () => agent.destroy(),
  };
}

const hasUser = (url: URL): boolean => url.username !== '' || url.password !== '';

async function taken(response: {
  readonly ok: boolean;
  readonly body: { cancel(): Promise<void> } | null;
}): Promise<boolean> {
  await response.body?.cancel();
  return response.ok;
}

const resolveAll: Resolver = (hostname, done) => systemLookup(hostname, { all: true }, done);

/** Connects to the very address that was checked, since the check and the connection share one answer of the resolver. */
export function pinnedAgent(resolve: Resolver, isAllowed: (address: string) => boolean): Agent {
  const lookup: LookupFunction = (hostname, { all }, done) => {
    resolve(hostname, (error, addresses) => {
      if (error) return done(error, '', 4);
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isAllowed(address))) {
        return done(new NotPermitted(`${hostname} leads to an address that is not public.`), '', 4);
      }
      return all ? done(null, [...addresses]) : done(null, first.address, first.family);
    });
  };
  return new Agent({ connect: { lookup } });
}
