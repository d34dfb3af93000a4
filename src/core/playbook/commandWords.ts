/** `argument` is the index in the argument vector that the complaint is about. */
export type CommandFault = { readonly argument: number; readonly message: string };

export const shells = [
  'sh',
  'bash',
  'dash',
  'zsh',
  'ksh',
  'ash',
  'fish',
  'csh',
  'tcsh',
  'busybox',
  'pwsh',
  'powershell',
];

export const baseName = (program: string): string => program.slice(program.lastIndexOf('/') + 1);

const wrappers = ['sudo', 'env', 'nice', 'ionice', 'nohup', 'setsid', 'stdbuf'];

/** The index where the command behind `sudo`, `env`, `nice` and the like begins; 0 where nothing stands in front. */
function behindWrapper(argv: readonly string[]): number {
  if (!wrappers.includes(baseName(argv[0] ?? ''))) return 0;
  const next = argv.findIndex(
    (each, index) =>
      index > 0 && !each.startsWith('-') && !/^\w+=/.test(each) && !/^-[ugn]$/.test(argv[index - 1] ?? ''),
  );
  return Math.max(0, next);
}

/** The index where the command behind `timeout 30` begins; 0 where it is none. */
function behindTimeout(argv: readonly string[]): number {
  if (baseName(argv[0] ?? '') !== 'timeout') return 0;
  const limit = argv.findIndex(
    (each, index) => index > 0 && /^\d+(?:\.\d+)?[smhd]?$/.test(each) && argv[index - 1] !== '-k',
  );
  return limit < 0 ? 0 : limit + 1;
}

/** Where the command itself begins, and whether `timeout` in front of it ends what would not end by itself. */
export function commandWithin(argv: readonly string[]): { readonly start: number; readonly ends: boolean } {
  let start = 0;
  let ends = false;
  for (;;) {
    const rest = argv.slice(start);
    const limited = behindTimeout(rest);
    const step = limited > 0 ? limited : behindWrapper(rest);
    if (step === 0) return { start, ends };
    ends ||= limited > 0;
    start += step;
  }
}

export const unwrapped = (argv: readonly string[]): readonly string[] =>
  argv.slice(commandWithin(argv).start);
