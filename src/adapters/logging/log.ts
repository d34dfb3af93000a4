import { Writable } from 'node:stream';
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { Fields, Log } from '../../engine/log.ts';
import { createScrubber } from './scrub.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * One JSON object a line on standard output, or lines for people where `pretty` is set. Whatever looks like a secret,
 * and every one of `secrets`, is taken out of the finished line, wherever it stood; fields with telling names lose
 * their value altogether.
 */
export function createLog(options: {
  readonly level: LogLevel;
  readonly pretty?: boolean;
  /** Values that must never appear: the tokens of the configuration. */
  readonly secrets?: readonly string[];
  /** Where the lines go; standard output by default, written at once so that a crash loses none. */
  readonly write?: (line: string) => void;
}): Log {
  const scrub = createScrubber(options.secrets ?? []);
  const write = options.write ?? toStandardOutput();
  const stream: DestinationStream = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      const clean = scrub(line);
      write(options.pretty ? prettyLine(clean) : clean);
      done();
    },
  });
  const logger = pino(
    {
      level: options.level,
      base: {},
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.errWithCause },
      redact: { paths: secretPaths, censor: '[redacted]' },
    },
    stream,
  );
  return wrap(logger);
}

const secretNames = ['token', 'secret', 'password', 'authorization', 'cookie', 'signingSecret', 'apiKey'];
const secretPaths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

function wrap(logger: Logger): Log {
  return {
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    child: (fields: Fields) => wrap(logger.child(fields)),
  };
}

function toStandardOutput(): (line: string) => void {
  const out = destination({ dest: 1, sync: true });
  return (line) => {
    out.write(line);
  };
}

/** `14:02:09 WARN  Too many connections: one was closed.  address=10.0.0.7` */
function prettyLine(line: string): string {
  const { time, level, msg, error, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const more = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const stack = error === undefined ? '' : `\n    ${stackOf(error).replaceAll('\n', '\n    ')}`;
  const head = `${String(time).slice(11, 19)} ${String(level).toUpperCase().padEnd(5)} ${msg}`;
  return `${more.length > 0 ? `${head}  ${more.join(' ')}` : head}${stack}\n`;
}

function stackOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'stack' in error) return String(error.stack);
  return typeof error === 'string' ? error : JSON.stringify(error);
}
