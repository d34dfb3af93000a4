import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { schema } from '../../../src/commands/schema.ts';
import { jsonSchemaOf } from '../../../src/core/playbook/jsonSchema.ts';
import { type SchemaKind, schemaKinds } from '../../../src/core/playbook/schemaKind.ts';

const root = join(import.meta.dirname, '../../..');
const shipped = join(root, 'playbooks');
const broken = join(root, 'test/fixtures/broken-playbooks');

const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
const check = Object.fromEntries(schemaKinds.map((kind) => [kind, ajv.compile(jsonSchemaOf(kind))]));
const accepts = (kind: SchemaKind, text: string): boolean => check[kind]?.(parse(text)) === true;

const kindOf = (file: string): SchemaKind | undefined => {
  const folders: Readonly<Record<string, SchemaKind>> = {
    services: 'service',
    alerts: 'alert',
    procedures: 'procedure',
  };
  if (/\.test\.yml$/.test(file)) return file.startsWith('tests/') ? 'test' : undefined;
  const [folder = '', ...rest] = file.split('/');
  return rest.length > 0 ? folders[folder] : schemaKinds.find((kind) => `${kind}.yml` === file);
};

describe('the schema of a kind of file', () => {
  const files = readdirSync(shipped, { recursive: true })
    .map(String)
    .filter((file) => /\.yml$/.test(file))
    .flatMap((file) => {
      const kind = kindOf(file);
      return kind === undefined ? [] : [[file, kind] as const];
    });

  it.each(files)('accepts the shipped %s', (file, kind) => {
    const accepted = accepts(kind, readFileSync(join(shipped, file), 'utf8'));
    expect(check[kind]?.errors ?? []).toEqual([]);
    expect(accepted).toBe(true);
  });

  it('accepts every short form that the language has', () => {
    const service = `
service: shop
actions:
  a: { risk: change, run: [tool], then: b, succeeds: 3, verify: exit, undo: { none: why } }
  b: { risk: change, run: [tool], then: [c], succeeds: [0, 1], verify: { indicator: up, for: 10s }, undo: none }
indicators:
  up: { query: up, objective: { equals: 1 } }
  slow: { query: up, objective: { below: 200ms }, window: 5m }
`;
    expect(accepts('service', service)).toBe(true);
    const options = { One: null, Two: [], Three: { hint: 'h', steps: [{ do: 'restart' }] } };
    const playbook = { playbook: 'p', title: 'P', steps: [{ choose: 'Which?', among: options }] };
    expect(accepts('alert', JSON.stringify(playbook))).toBe(true);
  });

  /** What an editor can know without the other files: keys, words, forms. */
  it.each([
    ['alert.key-misspelt.yml'],
    ['alert.step-kind-misspelt.yml'],
    ['alert.step-of-two-kinds.yml'],
    ['alert.step-as-text.yml'],
    ['alert.severity-unknown.yml'],
    ['alert.steps-missing.yml'],
    ['alert.steps-empty.yml'],
    ['alert.verify-duration-in-words.yml'],
    ['alert.choose-option-key-misspelt.yml'],
    ['alert.commander-misspelt.yml'],
    ['procedure.with-answers.yml'],
    ['service.key-misspelt.yml'],
    ['service.action-key-misspelt.yml'],
    ['service.name-with-capitals.yml'],
    ['service.risk-missing.yml'],
    ['service.risk-misspelt.yml'],
    ['service.run-as-text.yml'],
    ['service.run-with-a-number.yml'],
    ['service.timeout-without-unit.yml'],
    ['service.objective-not-a-quantity.yml'],
    ['service.link-not-http.yml'],
    ['service.secret-lower-case.yml'],
    ['hosts.kind-unknown.yml'],
    ['hosts.directory-relative.yml'],
    ['hosts.ssh-without-host-key.yml'],
    ['routing.place-unknown.yml'],
    ['routing.severity-missing.yml'],
    ['access.right-unknown.yml'],
    ['access.user-by-name.yml'],
  ])('refuses %s', (file) => {
    const text = readFileSync(join(broken, file), 'utf8').replaceAll(/^#! .*\n/gm, '');
    expect(accepts(file.split('.')[0] as SchemaKind, text)).toBe(false);
  });

  it.each([
    ['a kind of step that there is not', 'walk: [{ obsrve: log }]'],
    ['a word that is no text', 'walk: [{ do: restart, confirms: true }]'],
    ['a misspelt key of an approval', 'walk: [{ do: restart, approval: [{ confirm: "yes" }] }]'],
    ['an end that no step has', 'walk: [{ do: restart, ends: faild }]'],
    ['a key of no test', 'walk: [], procdure: x'],
  ])('refuses a test with %s', (_, text) => {
    expect(accepts('test', `tests: [{ test: A, procedure: p, walk: [] }]`)).toBe(true);
    expect(accepts('test', `tests: [{ test: A, procedure: p, ${text} }]`)).toBe(false);
  });

  it('says what each key is for', () => {
    expect(JSON.stringify(jsonSchemaOf('test'))).toContain('What a person does about it.');
    expect(JSON.stringify(jsonSchemaOf('service'))).toContain('`destructive` a second person');
    expect(jsonSchemaOf('procedure').properties).not.toHaveProperty('answers');
    expect(jsonSchemaOf('procedure').properties).toMatchObject({
      service: expect.not.objectContaining({ description: expect.anything() }),
    });
  });
});

describe('genesis schema', () => {
  it.each(schemaKinds)('prints what stands in playbooks/schemas/%s.json', async (kind) => {
    const lines: string[] = [];
    expect(await schema({ kind, folder: null }, (line) => lines.push(line))).toBe(0);
    const kept = readFileSync(join(shipped, `schemas/${kind}.json`), 'utf8');
    // To write them anew: genesis schema --write playbooks/schemas
    expect(`${lines.join('\n')}\n`).toBe(kept);
  });

  it('prints all kinds at once', async () => {
    const lines: string[] = [];
    await schema({ kind: null, folder: null }, (line) => lines.push(line));
    expect(Object.keys(JSON.parse(lines.join('\n')))).toEqual(schemaKinds);
  });
});
