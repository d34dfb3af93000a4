import { cpus, freemem, loadavg, totalmem } from 'node:os';
import type { Fault } from './faults.ts';

/** The pretended disk, in bytes. */
export const DISK_BYTES = 40 * 1024 ** 3;

export const diskUsedBytes = (faults: readonly Fault[]): number =>
  Math.round(DISK_BYTES * (faults.includes('disk-full') ? 1 : 0.61));

/** The host's own metrics, by the names of Prometheus's node exporter; memory and load are those of this machine. */
export function hostMetrics(faults: readonly Fault[]): string {
  const disk = 'device="/dev/sda1",fstype="ext4",mountpoint="/"';
  const used = diskUsedBytes(faults);
  return [
    '# TYPE node_filesystem_size_bytes gauge',
    `node_filesystem_size_bytes{${disk}} ${DISK_BYTES}`,
    '# TYPE node_filesystem_avail_bytes gauge',
    `node_filesystem_avail_bytes{${disk}} ${DISK_BYTES - used}`,
    '# TYPE node_memory_MemTotal_bytes gauge',
    `node_memory_MemTotal_bytes ${totalmem()}`,
    '# TYPE node_memory_MemAvailable_bytes gauge',
    `node_memory_MemAvailable_bytes ${freemem()}`,
    '# TYPE node_load1 gauge',
    `node_load1 ${loadavg()[0] ?? 0}`,
    '# TYPE node_cpu_seconds_total counter',
    ...cpus().flatMap(({ times }, cpu) =>
      Object.entries(times).map(
        ([mode, milliseconds]) =>
          `node_cpu_seconds_total{cpu="${cpu}",mode="${mode === 'sys' ? 'system' : mode}"} ${milliseconds / 1000}`,
      ),
    ),
    '',
  ].join('\n');
}
