import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonSchemaOf } from '../core/playbook/jsonSchema.ts';
import { type SchemaKind, schemaKinds } from '../core/playbook/schemaKind.ts';

export type SchemaOptions = {
  /** All kinds where it is null. */
  readonly kind: SchemaKind | null;
  /** A folder that gets one file a kind, `<kind>.json`; standard output where null. */
  readonly folder: string | null;
};

/** `genesis schema [kind]`: what an editor needs to complete the files of a room and to underline what is misspelt. */
export async function schema(options: SchemaOptions, print: (line: string) => void): Promise<number> {
  const kinds = options.kind === null ? schemaKinds : [options.kind];
  if (options.folder === null) {
    const all = Object.fromEntries(kinds.map((kind) => [kind, jsonSchemaOf(kind)]));
    print(textOf(options.kind === null ? all : jsonSchemaOf(options.kind)));
    return 0;
  }
  await mkdir(options.folder, { recursive: true });
  for (const kind of kinds) {
    const file = join(options.folder, `${kind}.json`);
    await writeFile(file, `${textOf(jsonSchemaOf(kind))}\n`);
    print(`${file} written.`);
  }
  return 0;
}

const textOf = (value: unknown): string => JSON.stringify(value, null, 2);
