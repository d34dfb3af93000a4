import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { Agent } from 'node:https';
import { connect, type LookupFunction } from 'node:net';

/** As `dns.lookup` with all addresses. */
export type Resolver = (
  hostname: string,
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** Where calls go and over which connections. */
export type Destination = {
  /** Host, port and path, as the library wants it that puts `https://` before it. */
  readonly server: string;
  /** The same with `https://`, without a slash at its end. */
  readonly base: string;
  readonly agent: Agent;
  stop(): void;
};

/**
 * Addresses that the environment names are trusted as they are: an operator may have a proxy inside. Of PagerDuty's own,
 * every address that the name has must be a public one, and the connection goes to the very address that was checked.
 *
 * The Events library knows only https. Plain http, which is for stand-ins on this machine alone, therefore keeps `https` in the
 * address and has an agent that connects without TLS.
 *
 * Connections are not kept: pages are rare, and one that was closed on the other side meanwhile would lose a page's
 * reply. Throws a sentence where the address cannot be used.
 */
export function openDestination(options: {
  /** The setting's name, for the sentence. */
  readonly setting: string;
  /** Null for PagerDuty's own. */
  readonly named: string | null;
  readonly usual: string;
  readonly isPublic: (address: string) => boolean;
  readonly resolve?: Resolver;
  /** Certificates (PEM) of authorities to trust instead of the usual ones. */
  readonly ca?: string;
}): Destination {
  const url = URL.parse(options.named ?? options.usual);
  if (!url || url.hostname === '') throw new Error(`${options.setting} is not a web address.`);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new Error(`${options.setting} must be without a name, a password, a query and a fragment.`);
  const plain = url.protocol === 'http:';
  if (plain ? !isLoopback(url.hostname) : url.protocol !== 'https:')
    throw new Error(`${options.setting} must be https; http is only for this machine itself.`);

  const server =
    (plain ? `${url.hostname}:${url.port || '80'}` : url.host) + url.pathname.replace(/\/+$/, '');
  const resolve = options.resolve ?? resolveAll;
  const agent = new Agent({
    keepAlive: false,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.named === null ? { lookup: checkedLookup(resolve, options.isPublic) } : {}),
  });
  if (plain) {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    agent.createConnection = () => connect({ host, port: Number(url.port || '80') });
  }
  return { server, base: `https://${server}`, agent, stop: () => agent.destroy() };
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);

const resolveAll: Resolver = (hostname, done) => systemLookup(hostname, { all: true }, done);

/** The check and the connection share one answer of the resolver, so that a second answer cannot lead elsewhere. */
function checkedLookup(resolve: Resolver, isPublic: (address: string) => boolean): LookupFunction {
  return (hostname, { all }, done) => {
    resolve(hostname, (error, addresses) => {
      if (error) return done(error, '', 4);
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isPublic(address)))
        return done(new Error(`${hostname} leads to an address that is not public.`), '', 4);
      return all ? done(null, [...addresses]) : done(null, first.address, first.family);
    });
  };
}
