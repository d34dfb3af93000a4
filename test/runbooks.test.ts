import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  brokenReferences,
  pageOf,
  type RunbookMap,
  readMap,
  unnamed,
} from '../scripts/runbooks/runbooksPage.ts';
import type { Room } from '../src/core/playbook/room.ts';
import { shippedRoom } from './playbooks/shippedRoom.ts';

const root = resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const map = readMap(read('docs/guide/runbooks.map.yml'));

let room: Room;
beforeAll(async () => {
  room = await shippedRoom();
});

/** How many headings each source has; a heading that is lost from the map would be missed by nothing else. */
const sizes = {
  'The deployment runbook': 49,
  'The incident playbook': 35,
  'The monitoring report': 51,
  'The monitoring assignment': 40,
  'The Fly deployment runbook': 43,
};

/** Not from a runbook, or the twin of one that is named: the Fly apps are alike, which a test of theirs holds. */
const ours = /^generic$|^hotdash-agent-service-/;

describe('the map of the source runbooks', () => {
  it('has every heading of all five', () => {
    const found = Object.fromEntries(map.runbooks.map(({ title, headings }) => [title, headings.length]));
    expect(found).toEqual(sizes);
  });

  it('names only playbooks, steps and files that are there', () => {
    expect(brokenReferences(map, room, root)).toEqual([]);
  });

  it('leads to every playbook that is shipped', () => {
    expect(unnamed(map, room).filter((name) => !ours.test(name))).toEqual([]);
  });

  it('was made into the page as it is', () => {
    expect(read('docs/guide/runbooks.md')).toBe(pageOf(map, room));
  });
});

describe('a mistake in the map', () => {
  const saying = (reference: string): RunbookMap => ({
    runbooks: [{ title: 'A runbook', headings: [{ heading: 'Restart', in: [reference] }] }],
    faults: [],
  });

  it.each([
    ['high-eror-rate', 'there is no playbook high-eror-rate'],
    ['high-error-rate > do: restrat', 'high-error-rate has no step `do: restrat`'],
    ['generic > symptoms', 'generic has no symptoms'],
    ['generic > on_unresolved', 'generic has no on_unresolved'],
    ['generic > commander', 'generic asks for no commander'],
    ['file:playbooks/nowhere.yml', 'there is no file playbooks/nowhere.yml'],
  ])('is named: %s', (reference, sentence) => {
    expect(brokenReferences(saying(reference), room, root)).toEqual([`A runbook, "Restart": ${sentence}`]);
  });

  it('is refused where nothing at all is said of a heading', () => {
    expect(() => readMap('faults: []\nrunbooks: [{ title: A, headings: [{ heading: Restart }] }]')).toThrow(
      /carried by something/,
    );
  });
});
