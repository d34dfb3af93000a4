import { writeFault } from '../commandRules.ts';
import type { SourceLine } from './document.ts';
import { shellWords } from './shellWords.ts';
import { type Outcome, translateLine } from './translateLine.ts';

/**
 * A code block, line after line. Every line of the source that is not blank stands in exactly one part, so that a draft
 * can account for all of them.
 */
export type ScriptPart =
  /** `said` is the comment in front, which says what the command is for. */
  | {
      readonly kind: 'command';
      readonly lines: readonly SourceLine[];
      readonly said: string | null;
      /** What the comment behind it on the same line says it should show. */
      readonly expected: string | null;
      readonly outcomes: readonly Outcome[];
    }
  | { readonly kind: 'note'; readonly line: SourceLine; readonly text: string; readonly role: NoteRole }
  | { readonly kind: 'other'; readonly lines: readonly SourceLine[]; readonly why: string };

/** `heading` of the command that follows, `expected` of the one before, or a sentence that stands alone. */
export type NoteRole = 'heading' | 'expected' | 'alone';

const shellLanguages = ['bash', 'sh', 'shell', 'zsh', 'console', 'shell-session', 'terminal'];

/** Where the host keeps what a runbook writes with its whole path; null where that is not known. */
export type HostFolder = string | null;

export function readScript(
  { language, lines }: { readonly language: string; readonly lines: readonly SourceLine[] },
  folder: HostFolder,
): ScriptPart[] {
  const full = lines.filter(({ text }) => text.trim() !== '');
  if (full.length === 0) return [];
  const prompted = full.some(({ text }) => /^\s*\$ \S/.test(text));
  const shell = shellLanguages.includes(language);
  if (!shell && !prompted)
    return [
      {
        kind: 'other',
        lines: full,
        why: language === '' ? 'Shown as it stands.' : `Not a command but ${language}.`,
      },
    ];
  return prompted ? readSession(full, folder) : readLines(lines, folder);
}

/** Lines behind a `$` are commands, all others what they printed. */
function readSession(lines: readonly SourceLine[], folder: HostFolder): ScriptPart[] {
  return lines.flatMap((line): ScriptPart[] => {
    if (!/^\s*\$ \S/.test(line.text))
      return [{ kind: 'other', lines: [line], why: 'What a command printed.' }];
    const bare = { line: line.line, text: line.text.replace(/^\s*\$ /, '') };
    return readLines([bare], folder).map((part): ScriptPart => {
      if (part.kind === 'note') return { ...part, line };
      return { ...part, lines: [line] };
    });
  });
}

/** A quotation that is still open after this many lines was never meant to be one. */
const longestQuotation = 40;

function readLines(lines: readonly SourceLine[], folder: HostFolder): ScriptPart[] {
  const parts: ScriptPart[] = [];
  const block = lines.map(({ text }) => text).join('\n');
  let said: string | null = null;
  let followsCommand = false;
  /** Comments since the last blank line or command, which a command would take for its heading. */
  let waiting: number[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (!line) break;
    const text = line.text.trim();
    if (text === '') {
      at += 1;
      said = null;
      waiting = [];
      followsCommand = false;
      continue;
    }
    if (text.startsWith('#')) {
      const spoken = text.replace(/^#+!?\s*/, '').trim();
      const expected = followsCommand && expects.test(spoken);
      if (!expected) waiting.push(parts.length);
      parts.push({ kind: 'note', line, text: spoken, role: expected ? 'expected' : 'alone' });
      if (!expected && !text.startsWith('#!') && spoken !== '') said ??= spoken;
      at += 1;
      continue;
    }
    const taken = extentOf(lines, at);
    const part = translate(taken, { block, folder, said });
    for (const index of waiting) {
      const note = parts[index];
      if (note?.kind === 'note') parts[index] = { ...note, role: 'heading' };
    }
    waiting = [];
    parts.push(part);
    at += taken.length;
    said = null;
    followsCommand = part.kind === 'command';
  }
  return parts;
}

/** The lines that belong together: a continued line, an open quotation, a here-document, a loop. */
function extentOf(lines: readonly SourceLine[], start: number): SourceLine[] {
  const first = lines[start];
  if (!first) return [];
  const here = heredoc.exec(first.text);
  if (here) {
    const end = lines.findIndex((line, at) => at > start && line.text.trim() === here[2]);
    return lines.slice(start, end < 0 ? lines.length : end + 1);
  }
  if (compound.test(first.text)) return lines.slice(start, endOfCompound(lines, start));
  let end = start + 1;
  while (end < lines.length && end - start < longestQuotation) {
    const text = joined(lines.slice(start, end));
    if (!/\\\s*$/.test(lines[end - 1]?.text ?? '') && shellWords(text).kind === 'words')
      return lines.slice(start, end);
    end += 1;
  }
  const all = lines.slice(start, end);
  return shellWords(joined(all)).kind === 'words' ? all : [first];
}

const heredoc = /<<-?\s*(['"]?)([A-Za-z_]\w*)\1/;
const compound = /^\s*(?:while|until|for|if|case|select|function)\b|^\s*\w+\s*\(\)|\{\s*$/;

function endOfCompound(lines: readonly SourceLine[], start: number): number {
  let depth = 0;
  for (let at = start; at < lines.length; at += 1) {
    const bare = (lines[at]?.text ?? '').replaceAll(/"[^"]*"|'[^']*'/g, '""').replace(/(?:^|\s)#.*$/, '');
    depth += (bare.match(/(?:^|[\s;&|])(?:while|until|for|if|case|select)(?=\s|$)|\{(?=\s|$)/g) ?? []).length;
    depth -= (bare.match(/(?:^|[\s;])(?:done|fi|esac)(?=[\s;|&>]|$)|(?:^|[\s;])\}/g) ?? []).length;
    if (depth <= 0) return at + 1;
  }
  return lines.length;
}

const joined = (lines: readonly SourceLine[]): string =>
  lines
    .map(({ text }, at) => (at < lines.length - 1 && /\\$/.test(text) ? text.slice(0, -1) : `${text}\n`))
    .join('')
    .trim();

const expects = /^(?:should|expect)/i;

/** `curl … # Should return 200`; a `#` between quotes begins no comment. */
function expectedBehind(text: string): string | null {
  const bare = text.replaceAll(/"[^"]*"|'[^']*'/g, (quoted) => '"'.repeat(quoted.length));
  const at = bare.search(/\s#/);
  const spoken =
    at < 0
      ? ''
      : text
          .slice(at)
          .replace(/^\s#+\s*/, '')
          .trim();
  return expects.test(spoken) ? spoken : null;
}

type Translating = { readonly block: string; readonly folder: HostFolder; readonly said: string | null };

function translate(lines: readonly SourceLine[], { block, folder, said }: Translating): ScriptPart {
  const first = lines[0]?.text ?? '';
  const command = (outcomes: readonly Outcome[]): ScriptPart => ({
    kind: 'command',
    lines,
    said,
    expected: lines.length === 1 ? expectedBehind(first) : null,
    outcomes,
  });
  const leave = (why: string): ScriptPart => command([{ kind: 'leave', why }]);
  if (heredoc.test(first)) return command([fileWritten(lines, folder)]);
  if (
    /^\s*(?:while\s+(?:true|:|\[\s*1\s*\])|until\s+false)/.test(first) ||
    /^\s*for\s*\(\(\s*;\s*;/.test(first)
  )
    return leave(
      'A loop without an end: what has to stay so is a `verify` with `for`, what has to be looked at again is a step of its own.',
    );
  if (compound.test(first))
    return leave('A program of several lines: put it into a script on the host, and run that by its name.');
  const outcomes = translateLine(joined(lines), { block });
  return command(outcomes.length > 0 ? outcomes : [{ kind: 'leave', why: 'This is no command.' }]);
}

/** `cat > file <<EOF` becomes a file that an action writes, if it lies below the folder of the host. */
function fileWritten(lines: readonly SourceLine[], folder: HostFolder): Outcome {
  const first = lines[0]?.text.trim() ?? '';
  const tag = heredoc.exec(first)?.[2];
  const target =
    /^cat\s*>\s*(["']?)(?<file>[^\s"'<>|&;]+)\1\s*<<-?\s*(["']?)\w+\3$/.exec(first) ??
    /^cat\s*<<-?\s*(["']?)\w+\1\s*>\s*(["']?)(?<file>[^\s"'<>|&;]+)\2$/.exec(first);
  const path = target?.groups?.file;
  if (!path || lines.length < 2 || lines.at(-1)?.text.trim() !== tag)
    return {
      kind: 'leave',
      why: 'A here-document needs a shell: `write` puts a file there, anything else belongs into a script on the host.',
    };
  const file = folder !== null && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
  const fault = writeFault(file);
  const content = lines
    .slice(1, -1)
    .map(({ text }) => `${text}\n`)
    .join('');
  if (fault) return { kind: 'leave', why: `An action can \`write\` this file: ${fault}` };
  if (/\$[\w{(]|`/.test(content) && !/<<-?\s*['"]/.test(first))
    return {
      kind: 'leave',
      why: 'The file is made of variables, which nothing replaces here: write their values out, in an action with `write`.',
    };
  if (content.length > 65_536 || content.includes('\0'))
    return { kind: 'leave', why: 'The file is longer than an action can write.' };
  return { kind: 'write', file, content };
}
