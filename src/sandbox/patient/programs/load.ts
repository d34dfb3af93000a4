import { cpuBusy, MEMORY_BYTES, memoryUsedBytes } from '../hostMetrics.ts';
import { type Answer, prints, type World } from './world.ts';

const MIB = 1024 ** 2;
const MOST_ROWS = 60;

/** The count in `mpstat 1 5`: the second number; one row without it. */
function rowsAsked(args: readonly string[]): number {
  const numbers = args.filter((arg) => /^\d+$/.test(arg)).map(Number);
  return Math.min(MOST_ROWS, Math.max(1, numbers[1] ?? 1));
}

const busyPercent = ({ felt }: World): number => cpuBusy(felt) * 100;

const repeat = (args: readonly string[], row: string): string[] =>
  Array.from({ length: rowsAsked(args) }, () => row);

/** `free`: the pretended memory, in MiB. */
export function free(args: readonly string[], { felt }: World): Answer {
  const human = args.some((arg) => /^-[a-z]*h/.test(arg));
  const size = (bytes: number): string =>
    human ? `${(bytes / MIB / 1024).toFixed(1)}Gi` : String(Math.round(bytes / MIB));
  const total = MEMORY_BYTES;
  const available = total - memoryUsedBytes(felt);
  return prints(
    ['', 'total', 'used', 'free', 'available'].map((word) => word.padEnd(12)).join(''),
    ['Mem:', size(total), size(total - available), size(available), size(available)]
      .map((word) => word.padEnd(12))
      .join(''),
    ['Swap:', '0', '0', '0', ''].map((word) => word.padEnd(12)).join(''),
  );
}

/** `mpstat <interval> <count>`, all rows at once: the sandbox keeps nobody waiting for averages. */
export function mpstat(args: readonly string[], world: World): Answer {
  const busy = busyPercent(world);
  const row = `all  ${busy.toFixed(2)}  0.00  ${(busy / 10).toFixed(2)}  0.10  ${(100 - busy).toFixed(2)}`;
  return prints('CPU  %usr  %nice  %sys  %iowait  %idle', ...repeat(args, row));
}

export function vmstat(args: readonly string[], world: World): Answer {
  const busy = Math.round(busyPercent(world));
  const free = Math.round((MEMORY_BYTES - memoryUsedBytes(world.felt)) / 1024);
  const row = ` 1  0      0 ${free}   0   0    0    4  210  420 ${busy}  1 ${100 - busy}  0`;
  return prints(' r  b   swpd   free   buff  cache   si   so   in   cs us sy id wa', ...repeat(args, row));
}

export function iostat(args: readonly string[]): Answer {
  return prints(
    'Device  r/s  w/s  rkB/s  wkB/s  await  %util',
    ...repeat(args, 'sda     0.20  3.10  1.60  41.20  0.61  0.40'),
  );
}
