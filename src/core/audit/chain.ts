import { sha256Hex } from '../playbook/canonical.ts';

/** What the chain covers of an event. The payload enters by its hash alone, so it can be deleted and the chain still holds. */
export type Link = {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly schema: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly by: string;
  /** SHA-256 of the payload's text, hex. */
  readonly payload: string;
};

/** The hash before the first event. */
export const genesisHash = '0'.repeat(64);

/** SHA-256 of a text's UTF-8 bytes, hex. The hash of Node itself is ten times as fast as one in JavaScript. */
export type Digest = (text: string) => string;

/** The hash of the chain up to and including this link, from the hash before it. */
export const linkHash = (before: string, link: Link, digest: Digest = sha256Hex): string =>
  digest(`${before}\n${canonicalLink(link)}`);

/** Canonical JSON of a link: its names in their order, which is all that sorting would do to it. */
const canonicalLink = ({ at, by, payload, position, schema, stream, type, version }: Link): string =>
  JSON.stringify({ at, by, payload, position, schema, stream, type, version });

export type Finding = { readonly position: number; readonly message: string };

/**
 * Walks the chain link by link. `stored` is the hash kept with each event and `data` its payload, null where it was
 * deleted. Findings name the position; an empty list says that nothing was changed, moved or left out before the head.
 */
export function* checkChain(
  links: Iterable<{ readonly link: Link; readonly stored: string; readonly data: string | null }>,
  digest: Digest = sha256Hex,
): Generator<Finding, { readonly position: number; readonly hash: string }> {
  let before = genesisHash;
  let position = 0;
  for (const { link, stored, data } of links) {
    if (link.position !== position + 1) {
      yield {
        position: link.position,
        message: `events ${position + 1} to ${link.position - 1} are missing`,
      };
    }
    position = link.position;
    if (data !== null && digest(data) !== link.payload) {
      yield { position, message: 'the payload is not the one that was written' };
    }
    const hash = linkHash(before, link, digest);
    if (hash !== stored) yield { position, message: 'the event does not fit the chain before it' };
    // The stored hash leads on, so that one fault is found once and not at every later event.
    before = stored;
  }
  return { position, hash: before };
}
