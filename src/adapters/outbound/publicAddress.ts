import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * Ranges of IPv4 that are nobody's place in the Internet (IANA's special-purpose registry): this host, private and
 * shared networks, link-local with the metadata services of clouds, documentation, benchmarks, relays, multicast.
 */
const special4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** Parts of 2000::/3 that are special all the same: Teredo and its neighbours, documentation, 6to4, documentation. */
const special6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const special = new BlockList();
for (const [net, bits] of special4) special.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of special6) special.addSubnet(net, bits, 'ipv6');
const unicast6 = new BlockList();
unicast6.addSubnet('2000::', 3, 'ipv6');

/**
 * Whether an IP address, as a resolver writes it, is one of the public Internet. Addresses that carry another one
 * inside (mapped, NAT64, 6to4, Teredo) are not: what they lead to is not theirs to say.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4');
  if (!isIPv6(address)) return false;
  return unicast6.check(address, 'ipv6') && !special.check(address, 'ipv6');
}
