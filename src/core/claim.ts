import type { StreamId } from './stream.ts';

/** Why a claim cannot be had, for the person who asked: who holds it, and of what. */
export function heldBy(holder: StreamId, claim: string): string {
  const [kind = '', what = ''] = splitOnce(claim);
  switch (kind) {
    case 'target': {
      const [host = '', service = ''] = what.split('/');
      return `${holder} is at work on ${service} on ${host}. Wait until it has ended.`;
    }
    case 'open-incident':
      return `${holder} is open for ${what} already. Go on there.`;
    case 'open-storm':
      return `${holder} collects the alerts of a storm already. Go on there.`;
    case 'own-incident':
      return `${holder} was opened for it already. Go on there.`;
    case 'watch':
      return `${holder} watches ${what} already.`;
    case 'undo':
      return `${holder} is taking that back already. Go on there.`;
    default:
      return `${holder} is at work on the same thing. Wait until it has ended.`;
  }
}

function splitOnce(claim: string): [string, string] {
  const at = claim.indexOf(':');
  return at < 0 ? [claim, ''] : [claim.slice(0, at), claim.slice(at + 1)];
}
