import { createHmac, timingSafeEqual } from 'node:crypto';

/** One signature for each secret in use; PagerDuty has two while one replaces the other. */
const mostSignatures = 8;
/** PagerDuty's secrets have more; an empty one would make everybody's signature valid. */
const shortestSecret = 16;

/** `v1=` and the HMAC-SHA256 of the body in lower-case hex, several with nothing but a comma between them. */
const form = /^v\d{1,3}=[0-9a-f]{1,128}(,v\d{1,3}=[0-9a-f]{1,128})*$/;
const current = /^v1=([0-9a-f]{64})$/;

export type SignatureCheck = {
  /** The signatures of the header that can be compared at all; empty where it is none of PagerDuty's. */
  candidates(header: string | readonly string[] | undefined): readonly Buffer[];
  matches(body: Uint8Array, candidates: readonly Buffer[]): boolean;
};

/**
 * Whether `X-PagerDuty-Signature` holds a signature of the body by one of the secrets. Signatures of other versions are passed over, as
 * PagerDuty asks for. A header that came twice is refused: joined it has a space that PagerDuty never sends.
 */
export function createSignatureCheck(secrets: readonly string[]): SignatureCheck {
  if (secrets.length === 0 || secrets.some((secret) => secret.trim().length < shortestSecret))
    throw new Error(
      `PAGERDUTY_WEBHOOK_SECRET is shorter than ${shortestSecret} characters. Copy it from the webhook subscription.`,
    );
  const keys = secrets.map((secret) => secret.trim());
  return {
    candidates(header) {
      if (typeof header !== 'string' || !form.test(header)) return [];
      const parts = header.split(',');
      if (parts.length > mostSignatures) return [];
      return parts.flatMap((part) => {
        const hex = current.exec(part)?.[1];
        return hex === undefined ? [] : [Buffer.from(hex, 'hex')];
      });
    },
    matches(body, candidates) {
      let found = 0;
      for (const key of keys) {
        const expected = createHmac('sha256', key).update(body).digest();
        // All are compared whichever matches, so that the time tells nothing.
        for (const candidate of candidates) found += timingSafeEqual(expected, candidate) ? 1 : 0;
      }
      return found > 0;
    },
  };
}
