import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether an Authorization header carries one of the tokens. Both sides are hashed, so that neither length nor content
 * shows in the time it takes, and all tokens are compared whichever one matches.
 */
export function createBearerCheck(tokens: readonly string[]): (header: string | undefined) => boolean {
  if (tokens.length === 0 || tokens.some((token) => token === ''))
    throw new Error('A route with bearer authentication needs at least one token, and no empty one.');
  const known = tokens.map(digest);
  return (header) => {
    const match = /^Bearer +(\S+) *$/i.exec(header ?? '');
    const given = digest(match?.[1] ?? '');
    let matches = 0;
    for (const each of known) matches += timingSafeEqual(each, given) ? 1 : 0;
    return match !== null && matches > 0;
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
