import { createHmac, timingSafeEqual } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { z } from 'zod';

/**
 * The end of the hash chain, signed and kept outside the database. A chain alone cannot show that it was rewritten as a
 * whole or cut short by somebody who owns the file; a head that was written down elsewhere before can.
 */
export type SignedHead = {
  readonly position: number;
  readonly hash: string;
  readonly at: string;
  readonly signature: string;
};

const headSchema = z.object({
  position: z.int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  signature: z.string().regex(/^[0-9a-f]{64}$/),
});

const sign = (key: string, head: Omit<SignedHead, 'signature'>): string =>
  createHmac('sha256', key)
    .update(`genesis audit head\n${head.position}\n${head.hash}\n${head.at}`)
    .digest('hex');

export function signHead(key: string, head: { position: number; hash: string }, at: number): SignedHead {
  const body = { ...head, at: new Date(at).toISOString() };
  return { ...body, signature: sign(key, body) };
}

export function isSigned(key: string, head: SignedHead): boolean {
  return timingSafeEqual(Buffer.from(sign(key, head), 'hex'), Buffer.from(head.signature, 'hex'));
}

/** Replaces the file whole: a half-written head would look like a forged one. */
export async function writeHead(file: string, head: SignedHead): Promise<void> {
  const next = `${file}.next`;
  const handle = await open(next, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(head)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, file);
}

/** The head in the file. Throws with a sentence where there is none or it is not one. */
export async function readHead(file: string): Promise<SignedHead> {
  const text = await readFile(file, 'utf8');
  const parsed = headSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${file} does not hold the head of an audit chain`);
  return parsed.data;
}
