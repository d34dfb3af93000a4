import { CONTAINERS, isRunning } from './containers.ts';
import type { Fault } from './faults.ts';

/** The pretended disk and memory, in bytes. */
export const DISK_BYTES = 40 * 1024 ** 3;
export const MEMORY_BYTES = 15 * 1024 ** 3;

export const diskUsedBytes = (faults: readonly Fault[]): number =>
  Math.round(DISK_BYTES * (faults.includes('disk-full') ? 1 : 0.61));

export const memoryUsedBytes = (faults: readonly Fault[]): number =>
  Math.round(MEMORY_BYTES * (faults.includes('high-memory') ? 0.93 : 0.13));

/** The share of the processors' time that is used, between 0 and 1. */
export const cpuBusy = (faults: readonly Fault[]): number => (faults.includes('high-cpu') ? 0.94 : 0.07);

const PROCESSORS = 2;
/** The containers whose state the host writes for Prometheus. */
const WATCHED = ['genesis-mongodb', 'genesis-redis', 'genesis_sandbox'];

/**
 * The host's own metrics, by the names of Prometheus's node exporter. Nothing of this machine shows in them: a busy
 * machine must not look like a fault that nobody switched on. Times are milliseconds since the epoch.
 */
export function createHostMetrics(started: number): (faults: readonly Fault[], now: number) => string {
  const spent = { idle: 0, user: 0, system: 0 };
  let last = started;
  return (faults, now) => {
    const seconds = Math.max(0, now - last) / 1_000;
    last = now;
    const busy = cpuBusy(faults);
    spent.idle += seconds * (1 - busy);
    spent.user += seconds * busy * 0.8;
    spent.system += seconds * busy * 0.2;
    const disk = 'device="/dev/sda1",fstype="ext4",mountpoint="/"';
    return [
      '# TYPE node_filesystem_size_bytes gauge',
      `node_filesystem_size_bytes{${disk}} ${DISK_BYTES}`,
      '# TYPE node_filesystem_avail_bytes gauge',
      `node_filesystem_avail_bytes{${disk}} ${DISK_BYTES - diskUsedBytes(faults)}`,
      '# TYPE node_memory_MemTotal_bytes gauge',
      `node_memory_MemTotal_bytes ${MEMORY_BYTES}`,
      '# TYPE node_memory_MemAvailable_bytes gauge',
      `node_memory_MemAvailable_bytes ${MEMORY_BYTES - memoryUsedBytes(faults)}`,
      '# TYPE node_load1 gauge',
      `node_load1 ${(busy * PROCESSORS).toFixed(2)}`,
      '# TYPE node_cpu_seconds_total counter',
      ...Array.from({ length: PROCESSORS }, (_, cpu) => cpu).flatMap((cpu) =>
        Object.entries(spent).map(
          ([mode, value]) => `node_cpu_seconds_total{cpu="${cpu}",mode="${mode}"} ${value.toFixed(3)}`,
        ),
      ),
      '# TYPE genesis_container_running gauge',
      ...CONTAINERS.filter(({ name }) => WATCHED.includes(name)).map(
        (container) =>
          `genesis_container_running{name="${container.name}"} ${isRunning(container, faults) ? 1 : 0}`,
      ),
      '# TYPE node_textfile_mtime_seconds gauge',
      `node_textfile_mtime_seconds{file="/var/lib/node_exporter/genesis_containers.prom"} ${Math.floor(now / 1_000)}`,
      '',
    ].join('\n');
  };
}
