import { DISK_BYTES, diskUsedBytes } from '../hostMetrics.ts';
import { type Answer, prints, type World } from './world.ts';

const KIB = 1024;
const GIB = 1024 ** 3;

/** `df` with `-h`, `-P` or `-k`, whatever paths are asked for: the host has one disk. */
export function df(args: readonly string[], world: World): Answer {
  const used = diskUsedBytes(world.faults);
  const percent = `${Math.ceil((used / DISK_BYTES) * 100)}%`;
  if (args.some((arg) => arg.startsWith('--output=pcent'))) return prints('Use%', percent.padStart(4));
  const human = args.some((arg) => arg === '--human-readable' || /^-[a-zA-Z]*h/.test(arg));
  const posix = args.some((arg) => arg === '--portability' || /^-[a-zA-Z]*P/.test(arg));
  const heads = [
    human ? 'Size' : posix ? '1024-blocks' : '1K-blocks',
    'Used',
    human ? 'Avail' : 'Available',
    posix ? 'Capacity' : 'Use%',
  ];
  const size = (bytes: number): string =>
    human ? `${(bytes / GIB).toFixed(bytes === 0 ? 0 : 1)}G` : String(Math.round(bytes / KIB));
  const row = (columns: readonly string[]): string =>
    columns
      .map((text, index) => (index === 0 ? text.padEnd(14) : index === 5 ? text : text.padStart(10)))
      .join(' ');
  return prints(
    row(['Filesystem', ...heads, 'Mounted on']),
    row(['/dev/sda1', size(DISK_BYTES), size(used), size(DISK_BYTES - used), percent, '/']),
  );
}

/** `dmesg`: the start of the host, and what the kernel saw of the fault. */
export function dmesg(_: readonly string[], world: World): Answer {
  const lines = [
    '[    0.000000] Linux version 6.1.0-28-amd64',
    '[    2.114211] EXT4-fs (sda1): mounted filesystem',
  ];
  if (world.faults.includes('disk-full')) {
    lines.push('[91234.551020] EXT4-fs warning (device sda1): ext4_claim_free_clusters: no free blocks left');
  }
  if (world.unit.kind === 'failed')
    lines.push('[91240.110042] audit: type=1701 comm="genesis" exited abnormally');
  return prints(...lines);
}
