import { nearest } from '../playbook/nearest.ts';
import { calledName } from '../report/names.ts';
import { looksLike } from './lookalike.ts';

/** Somebody of the workspace, by all that people call them. */
export type ChatPerson = {
  readonly id: string;
  /** Without the `@`; no two people have the same. */
  readonly handle: string;
  /** What they and others may choose freely, so that two people can have the same; empty where they chose none. */
  readonly displayName: string;
  readonly realName: string;
  readonly email: string;
  /** Their account was deactivated. */
  readonly gone: boolean;
};

export type Meant =
  | { readonly kind: 'one'; readonly person: ChatPerson }
  | { readonly kind: 'several'; readonly people: readonly ChatPerson[] }
  | { readonly kind: 'nobody'; readonly nearest: ChatPerson | null };

/**
 * Who is meant by a handle, a name, an address or an id. A name that several people have is none of them, and neither is
 * one that somebody else's cannot be told from by looking: to guess would answer for somebody else. Deactivated accounts
 * count only where nobody else has the name.
 */
export function whoIsMeant(written: string, people: readonly ChatPerson[]): Meant {
  const wanted = plain(written);
  const having = people.filter((person) => allOf(person).some((name) => plain(name) === wanted));
  const here = having.filter(({ gone }) => !gone);
  const exact = calledName(wanted) === null ? [] : here.length > 0 ? here : having;
  const alike = looksLike(wanted);
  const others = people.filter(
    (person) => !person.gone && !exact.includes(person) && namesOf(person).some((name) => alike(plain(name))),
  );
  const [person, ...more] = exact;
  if (person) {
    const found = [...exact, ...others];
    return more.length + others.length === 0 ? { kind: 'one', person } : { kind: 'several', people: found };
  }
  const present = people.filter(({ gone }) => !gone);
  const meant = nearest(wanted, present.flatMap(namesOf));
  return {
    kind: 'nobody',
    nearest: present.find((each) => namesOf(each).some((name) => name === meant)) ?? null,
  };
}

const plain = (name: string): string => name.normalize('NFKC').trim().replace(/^@/, '').toLowerCase();

/** An id is nobody's name, and yet somebody may be called like one. */
const allOf = (person: ChatPerson): readonly string[] => [person.id, ...namesOf(person)];

const namesOf = ({ handle, displayName, realName, email }: ChatPerson): readonly string[] =>
  [handle, displayName, realName, email].filter((name) => name !== '');

/** `@handle (Name), U0123456789`, on one line whatever they call themselves. */
export function spokenPerson({ id, handle, displayName, realName, gone }: ChatPerson): string {
  const shown = [displayName, realName].flatMap((name) => calledName(name) ?? []);
  const names = [...new Set(shown)].filter((name) => name !== handle);
  const more = [...names, ...(gone ? ['deactivated'] : [])];
  return `@${calledName(handle) ?? '?'}${more.length === 0 ? '' : ` (${more.join(', ')})`}, ${id}`;
}
