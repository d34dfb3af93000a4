import { figures } from './ingest/figures.ts';

/** Every figure on a line of its own: name, value, unit, and what it was measured against in the same run. */
for await (const figure of figures()) process.stdout.write(`${JSON.stringify(figure)}\n`);
