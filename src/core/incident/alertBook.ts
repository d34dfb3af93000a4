import { emptyTrie, get, put, type Trie, valuesOf } from '../trie.ts';
import type { AttachedAlert } from './incident.ts';

/**
 * The alerts of an incident by fingerprint, the latest episode of each. One alert fires once at a time, so a later
 * episode says that the earlier ones have ended, even where their end was never told; and a storm of episodes does not
 * grow the state. How many fire is counted along, since every alert that ends asks whether it was the last.
 */
export type AlertBook = { readonly byFingerprint: Trie<AttachedAlert>; readonly firing: number };

export const emptyBook: AlertBook = { byFingerprint: emptyTrie(), firing: 0 };

export const bookOf = (alerts: Iterable<AttachedAlert>): AlertBook => {
  let book = emptyBook;
  for (const alert of alerts) book = withAlert(book, alert);
  return book;
};

export const alertIn = (book: AlertBook, fingerprint: string): AttachedAlert | undefined =>
  get(book.byFingerprint, fingerprint);

export function withAlert(book: AlertBook, alert: AttachedAlert): AlertBook {
  const before = alertIn(book, alert.fingerprint);
  return {
    byFingerprint: put(book.byFingerprint, alert.fingerprint, alert),
    firing: book.firing + fires(alert) - (before ? fires(before) : 0),
  };
}

export const alertsIn = (book: AlertBook): readonly AttachedAlert[] => valuesOf(book.byFingerprint);

const fires = (alert: AttachedAlert): 0 | 1 => (alert.endsAt === null ? 1 : 0);
