import { cpus, freemem, loadavg, totalmem } from 'node:os';
import { type Answer, prints } from './world.ts';

const MIB = 1024 ** 2;
const MOST_ROWS = 60;

/** The count in `mpstat 1 5`: the second number; one row without it. */
function rowsAsked(args: readonly string[]): number {
  const numbers = args.filter((arg) => /^\d+$/.test(arg)).map(Number);
  return Math.min(MOST_ROWS, Math.max(1, numbers[1] ?? 1));
}

const busyPercent = (): number => Math.min(100, ((loadavg()[0] ?? 0) / Math.max(1, cpus().length)) * 100);

const repeat = (args: readonly string[], row: string): string[] =>
  Array.from({ length: rowsAsked(args) }, () => row);

/** `free`: this machine's memory, in MiB. */
export function free(args: readonly string[]): Answer {
  const human = args.some((arg) => /^-[a-z]*h/.test(arg));
  const size = (bytes: number): string =>
    human ? `${(bytes / MIB / 1024).toFixed(1)}Gi` : String(Math.round(bytes / MIB));
  const total = totalmem();
  const available = freemem();
  return prints(
    ['', 'total', 'used', 'free', 'available'].map((word) => word.padEnd(12)).join(''),
    ['Mem:', size(total), size(total - available), size(available), size(available)]
      .map((word) => word.padEnd(12))
      .join(''),
    ['Swap:', '0', '0', '0', ''].map((word) => word.padEnd(12)).join(''),
  );
}

/** `mpstat <interval> <count>`, all rows at once: the sandbox keeps nobody waiting for averages. */
export function mpstat(args: readonly string[]): Answer {
  const busy = busyPercent();
  const row = `all  ${busy.toFixed(2)}  0.00  ${(busy / 10).toFixed(2)}  0.10  ${(100 - busy).toFixed(2)}`;
  return prints('CPU  %usr  %nice  %sys  %iowait  %idle', ...repeat(args, row));
}

export function vmstat(args: readonly string[]): Answer {
  const busy = Math.round(busyPercent());
  const row = ` 1  0      0 ${Math.round(freemem() / 1024)}   0   0    0    4  210  420 ${busy}  1 ${100 - busy}  0`;
  return prints(' r  b   swpd   free   buff  cache   si   so   in   cs us sy id wa', ...repeat(args, row));
}

export function iostat(args: readonly string[]): Answer {
  return prints(
    'Device  r/s  w/s  rkB/s  wkB/s  await  %util',
    ...repeat(args, 'sda     0.20  3.10  1.60  41.20  0.61  0.40'),
  );
}
