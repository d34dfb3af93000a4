import { describe, expect, it } from 'vitest';
import { largestBytes, readRunbook } from '../../src/adapters/markdown/markdownReader.ts';
import { readMarkdown } from '../../src/adapters/markdown/readMarkdown.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a runbook in Markdown', () => {
  it('keeps the lines of its source, past front matter and inside of lists', () => {
    const { blocks } = readMarkdown(
      '---\ntitle: x\n---\n\n# Top\n\n1. **Do** it\n   ```bash\n   ls\n   df\n   ```\n',
    );
    expect(blocks).toMatchObject([
      { kind: 'raw', lines: [{ line: 1 }, { line: 2, text: 'title: x' }, { line: 3 }] },
      { kind: 'heading', line: 5, depth: 1, text: 'Top' },
      {
        kind: 'list',
        ordered: true,
        items: [
          {
            line: 7,
            blocks: [
              { kind: 'paragraph', lines: [{ line: 7, text: 'Do it', lead: 'Do' }] },
              {
                kind: 'code',
                language: 'bash',
                lines: [
                  { line: 9, text: 'ls' },
                  { line: 10, text: 'df' },
                ],
              },
            ],
          },
        ],
      },
    ]);
  });

  it('keeps the lines of code that is only indented, quoted, or written on Windows', () => {
    expect(readMarkdown('text\r\n\r\n    ls\r\n\r\n> ~~~sh\r\n> df\r\n> ~~~\r\n').blocks).toMatchObject([
      { kind: 'paragraph' },
      { kind: 'code', lines: [{ line: 3, text: 'ls' }] },
      { kind: 'code', language: 'sh', lines: [{ line: 6, text: 'df' }] },
    ]);
  });
});

describe('a hostile runbook', () => {
  const refusal = async (text: Uint8Array, limitMs?: number): Promise<string> => {
    const read = await readRunbook(text, limitMs === undefined ? {} : { limitMs });
    return read.kind === 'refused' ? read.message : 'was read';
  };

  it('that is too long is refused', async () => {
    expect(await refusal(bytes('x'.repeat(largestBytes + 1)))).toContain('at most 262144 (256 KB)');
  });

  it('that is no text is refused', async () => {
    expect(await refusal(Uint8Array.of(0xff, 0xfe, 0x41))).toBe('It is not UTF-8 text.');
    expect(await refusal(bytes('a\0b'))).toContain('NUL');
  });

  it('that keeps the grammar busy is given up', async () => {
    expect(await refusal(bytes('> '.repeat(60_000)), 200)).toMatch(/took longer|could not be read/);
  });

  it('that is nested deeply stays as it stands below a limit', async () => {
    const nested = Array.from({ length: 60 }, (_, depth) => `${'  '.repeat(depth)}- item ${depth}`).join(
      '\n',
    );
    const read = await readRunbook(bytes(nested));
    expect(read.kind).toBe('read');
    expect(JSON.stringify(read)).toContain('item 59');
    expect(JSON.stringify(read)).toContain('"raw"');
  });
});
