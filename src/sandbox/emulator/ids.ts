import { randomBytes, randomInt } from 'node:crypto';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** An id of Slack's shape: a prefix such as `C` or `U` and ten capital letters and digits. */
export function newId(prefix: string): string {
  let id = prefix;
  for (let i = 0; i < 10; i += 1) id += letters[randomInt(letters.length)];
  return id;
}

export function newSecret(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** A block_id or action_id such as Slack makes up where the app gives none. */
export function newElementId(): string {
  return randomBytes(4).toString('base64url').slice(0, 5);
}
