import type { Indicator, Objective } from '../playbook/definition.ts';

export type Unit = Indicator['unit'];

/** How a value is written for people: `0.9 %`, `412 ms`, `1,204`, `3.2 GB`, `up`; `no data` where there is none. */
export function formatValue(unit: Unit, value: number | null): string {
  if (value === null || !Number.isFinite(value)) return 'no data';
  switch (unit) {
    case 'ratio':
      return `${percent(value)} %`;
    case 'seconds':
      return seconds(value);
    case 'count':
      return Math.abs(value) < 1_000 ? plain(value) : grouped(Math.round(value));
    case 'bytes':
      return bytes(value);
    case 'state':
      return value === 1 ? 'up' : value === 0 ? 'down' : plain(value);
    default: {
      const never: never = unit;
      return never;
    }
  }
}

/** `< 0.1 %`, `> 99.9 %`, `≥ 90 %`, `= 3`; a state is a word of its own, `up`. */
export function formatObjective(unit: Unit, objective: Objective): string {
  const value = formatValue(unit, objective.value);
  switch (objective.kind) {
    case 'below':
      return `< ${value}`;
    case 'above':
      return `> ${value}`;
    case 'at-least':
      return `≥ ${value}`;
    case 'at-most':
      return `≤ ${value}`;
    case 'equals':
      return unit === 'state' ? value : `= ${value}`;
    default: {
      const never: never = objective;
      return never;
    }
  }
}

/** An availability of 99.96 % must not round to 100: near the whole, what is missing from it is the figure. */
function percent(ratio: number): string {
  const value = ratio * 100;
  if (value > 99 && value < 100) return plain(Math.floor(Number((value * 1_000).toPrecision(12))) / 1_000, 6);
  return plain(value);
}

function seconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0 s';
  if (size < 0.001) return `${plain(value * 1_000_000)} µs`;
  if (size < 0.9995) return `${plain(value * 1_000)} ms`;
  if (size < 120) return `${plain(value)} s`;
  const whole = Math.round(size);
  const sign = value < 0 ? '-' : '';
  if (whole < 7_200) {
    const rest = whole % 60;
    return `${sign}${Math.floor(whole / 60)} min${rest === 0 ? '' : ` ${rest} s`}`;
  }
  const minutes = Math.round((whole % 3_600) / 60);
  const hours = Math.floor(whole / 3_600) + (minutes === 60 ? 1 : 0);
  return `${sign}${hours} h${minutes % 60 === 0 ? '' : ` ${minutes} min`}`;
}

const byteSteps = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

function bytes(value: number): string {
  let rest = value;
  let step = 0;
  while (Math.abs(rest) >= 999.5 && step < byteSteps.length - 1) {
    rest /= 1_000;
    step += 1;
  }
  return `${plain(rest)} ${byteSteps[step]}`;
}

/** Three significant digits, no exponent where people expect none, no trailing zeros. */
function plain(value: number, digits = 3): string {
  const rounded = Number(value.toPrecision(digits));
  if (rounded === 0) return '0';
  const size = Math.abs(rounded);
  if (size >= 1_000 && size < 1e15) return grouped(rounded);
  if (size >= 1e-6) return String(rounded);
  const fixed = rounded.toFixed(12).replace(/0+$/, '');
  return fixed.endsWith('.') ? rounded.toExponential() : fixed;
}

const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
