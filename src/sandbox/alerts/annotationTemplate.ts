import type { Labels } from './labels.ts';

export type TemplateData = Readonly<{ labels: Labels; value: number }>;

const PLACE = /\{\{-?\s*(.*?)\s*-?\}\}/g;

/**
 * Fills `{{ $value }}` and `{{ $labels.name }}`, piped through humanize, humanizePercentage, humanizeDuration or
 * `printf "…"` (one verb): the part of Prometheus's templates that the shipped rules use.
 * @throws Error for any other expression
 */
export function fillTemplate(template: string, data: TemplateData): string {
  return template.replace(PLACE, (_, inside: string) => {
    const [source = '', ...filters] = inside.split('|').map((part) => part.trim());
    let value: number | string = read(source, data);
    for (const filter of filters) value = apply(filter, Number(value));
    return typeof value === 'number' ? goNumber(value) : value;
  });
}

function read(source: string, { labels, value }: TemplateData): number | string {
  if (source === '$value') return value;
  const name = /^\$labels\.(\w+)$/.exec(source)?.[1];
  if (name === undefined)
    throw new Error(`"${source}" is outside the supported part of the template language`);
  return labels[name] ?? '';
}

function apply(filter: string, value: number): string {
  switch (filter) {
    case 'humanize':
      return humanize(value);
    case 'humanizePercentage':
      return `${significant(value * 100)}%`;
    case 'humanizeDuration':
      return humanizeDuration(value);
    default: {
      const verb = /^printf "([^"%]*)%\.(\d)f([^"]*)"$/.exec(filter);
      if (verb === null)
        throw new Error(`"${filter}" is outside the supported part of the template language`);
      return `${verb[1]}${value.toFixed(Number(verb[2]))}${verb[3]?.replace('%%', '%')}`;
    }
  }
}

/** Go's `%.4g`. */
function significant(value: number): string {
  if (!Number.isFinite(value)) return goNumber(value);
  if (value === 0) return '0';
  const exponent = Number(value.toExponential(3).split('e')[1]);
  if (exponent < -4 || exponent >= 4) {
    const [mantissa, power = '+0'] = Number(value.toPrecision(4)).toExponential().split('e');
    return `${mantissa}e${power[0]}${power.slice(1).padStart(2, '0')}`;
  }
  return String(Number(value.toPrecision(4)));
}

function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return significant(value);
  const large = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
  const small = ['', 'm', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];
  const prefixes = Math.abs(value) >= 1 ? large : small;
  let scaled = value;
  let step = 0;
  while (
    step < prefixes.length - 1 &&
    (prefixes === large ? Math.abs(scaled) >= 1000 : Math.abs(scaled) < 1)
  ) {
    scaled = prefixes === large ? scaled / 1000 : scaled * 1000;
    step += 1;
  }
  return `${significant(scaled)}${prefixes[step]}`;
}

/** Seconds as Prometheus words them: `1h 2m 3s`, or `250ms` below one. */
function humanizeDuration(value: number): string {
  if (Math.abs(value) < 1) return value === 0 ? '0s' : `${humanize(value)}s`;
  const sign = value < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(value));
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  if (days > 0) return `${sign}${days}d ${hours}h ${minutes}m ${whole % 60}s`;
  if (hours > 0) return `${sign}${hours}h ${minutes}m ${whole % 60}s`;
  if (minutes > 0) return `${sign}${minutes}m ${whole % 60}s`;
  return `${significant(value)}s`;
}

function goNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}
