import type { JournalLine } from '../journal.ts';
import { type Answer, fails, prints, UNIT, type World } from './world.ts';

type Wanted = { unit: string | undefined; since: number; lines: number; plain: boolean; shrink: boolean };

const SIZES: Readonly<Record<string, number>> = {
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
};
/** Options that change how the real program shows things, not what. */
const IGNORED = [
  '--no-pager',
  '-x',
  '-e',
  '-q',
  '--quiet',
  '--utc',
  '-a',
  '--no-hostname',
  '-xe',
  '--disk-usage',
];
const EVERYTHING = 1_000_000;

/** systemd's `journalctl`; it does not follow (`-f`), as a step of a playbook could never end. */
export async function journalctl(args: readonly string[], world: World): Promise<Answer> {
  const wanted = readArguments(args, world.now);
  if (typeof wanted === 'string') return fails(1, wanted);
  if (wanted.shrink) {
    await world.set('disk-full', false);
    return prints('Vacuuming done, freed 15.6G of archived journals from /var/log/journal.');
  }
  if (args.includes('--disk-usage')) {
    const size = world.faults.includes('disk-full') ? '15.8G' : '184.0M';
    return prints(`Archived and active journals take up ${size} in the file system.`);
  }
  if (wanted.unit !== undefined && wanted.unit.replace(/\.service$/, '') !== UNIT)
    return prints('-- No entries --');
  const lines = world.journal(wanted);
  if (lines.length === 0) return prints('-- No entries --');
  return prints(...lines.map((line) => (wanted.plain ? line.text : formatJournalLine(line))));
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function formatJournalLine({ at, source, text }: JournalLine): string {
  const date = new Date(at);
  const day = String(date.getUTCDate()).padStart(2, '0');
  return `${MONTHS[date.getUTCMonth()]} ${day} ${date.toISOString().slice(11, 19)} genesis ${source}: ${text}`;
}

/** A string is what is wrong with the arguments. */
function readArguments(args: readonly string[], now: number): Wanted | string {
  const wanted: Wanted = { unit: undefined, since: 0, lines: EVERYTHING, plain: false, shrink: false };
  for (let index = 0; index < args.length; index += 1) {
    const [name = '', attached] = splitOption(args[index] ?? '');
    if (IGNORED.includes(name)) continue;
    const value = (): string => {
      if (attached !== undefined) return attached;
      index += 1;
      return args[index] ?? '';
    };
    switch (name) {
      case '-u':
      case '-xeu':
      case '--unit':
        wanted.unit = value();
        break;
      case '-n':
      case '--lines': {
        const lines = Number(value());
        if (!Number.isInteger(lines) || lines < 0) return 'Failed to parse lines';
        wanted.lines = lines;
        break;
      }
      case '-S':
      case '--since': {
        const text = value();
        const since = parseSince(text, now);
        if (since === undefined) return `Failed to parse timestamp: ${text}`;
        wanted.since = since;
        break;
      }
      case '-o':
      case '--output':
        wanted.plain = value() === 'cat';
        break;
      case '--vacuum-size':
      case '--vacuum-time':
      case '--vacuum-files':
        value();
        wanted.shrink = true;
        break;
      default:
        return `journalctl: unrecognized option '${args[index]}'`;
    }
  }
  return wanted;
}

/** `--name=value` and `-n100` carry their value with them. */
function splitOption(arg: string): [string, string | undefined] {
  const long = /^(--[^=]+)=(.*)$/s.exec(arg);
  if (long !== null) return [long[1] ?? arg, long[2]];
  const short = /^(-n)(\d+)$/.exec(arg);
  return short === null ? [arg, undefined] : [short[1] ?? arg, short[2]];
}

function parseSince(text: string, now: number): number | undefined {
  const relative = /^-?\s*(\d+)\s*([a-z]+?)s?(?:\s+ago)?$/.exec(text);
  if (relative !== null) {
    const size = SIZES[relative[2] ?? ''] ?? (relative[2] === '' ? SIZES.s : undefined);
    return size === undefined ? undefined : now - Number(relative[1]) * size;
  }
  if (text === 'now') return now;
  if (text === 'today') return now - (now % 86_400_000);
  if (text === 'yesterday') return now - (now % 86_400_000) - 86_400_000;
  if (/^@\d+(?:\.\d+)?$/.test(text)) return Number(text.slice(1)) * 1000;
  const at = Date.parse(/[zZ]|UTC|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`);
  return Number.isNaN(at) ? undefined : at;
}
