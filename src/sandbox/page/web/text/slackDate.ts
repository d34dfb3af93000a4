/** Slack's `<!date^…>` and the page's own times, in the reader's zone. */

const dayMs = 86_400_000;

function dayOf(at: number, zone: string): string {
  return new Date(at).toLocaleDateString('en-CA', { timeZone: zone });
}

function relativeDay(at: number, zone: string, now: number): string | null {
  const day = dayOf(at, zone);
  if (day === dayOf(now, zone)) return 'today';
  if (day === dayOf(now - dayMs, zone)) return 'yesterday';
  return day === dayOf(now + dayMs, zone) ? 'tomorrow' : null;
}

export function clockTime(at: number, zone: string, withSeconds = false): string {
  return new Date(at).toLocaleTimeString('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds ? { second: '2-digit' } : {}),
  });
}

function date(at: number, zone: string, how: Intl.DateTimeFormatOptions): string {
  return new Date(at).toLocaleDateString('en-GB', { timeZone: zone, ...how });
}

const short: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };
const middle: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'long', year: 'numeric' };
const long: Intl.DateTimeFormatOptions = { weekday: 'long', ...middle };

/** The moment in full with its zone, for hovering. */
export function fullMoment(at: number, zone: string): string {
  return new Date(at).toLocaleString('en-GB', {
    timeZone: zone,
    ...long,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  });
}

export function dayLabel(at: number, zone: string, now: number): string {
  const relative = relativeDay(at, zone, now);
  if (relative === null) return date(at, zone, { weekday: 'long', day: 'numeric', month: 'long' });
  return relative.slice(0, 1).toUpperCase() + relative.slice(1);
}

function ago(at: number, now: number): string {
  const seconds = Math.round(Math.abs(now - at) / 1000);
  const [count, unit] =
    seconds < 60
      ? [seconds, 'second']
      : seconds < 3_600
        ? [Math.round(seconds / 60), 'minute']
        : seconds < 86_400
          ? [Math.round(seconds / 3_600), 'hour']
          : [Math.round(seconds / 86_400), 'day'];
  const spoken = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return at > now ? `in ${spoken}` : `${spoken} ago`;
}

/** Fills the tokens of a `<!date^…>` format, such as `{date_short_pretty} at {time}`; `at` in milliseconds. */
export function formatSlackDate(
  at: number,
  format: string,
  { zone, now }: { zone: string; now: number },
): string {
  const pretty = (how: Intl.DateTimeFormatOptions) => relativeDay(at, zone, now) ?? date(at, zone, how);
  const tokens: Readonly<Record<string, () => string>> = {
    date_num: () => dayOf(at, zone),
    date_slash: () => date(at, zone, { day: '2-digit', month: '2-digit', year: 'numeric' }),
    date: () => date(at, zone, middle),
    date_short: () => date(at, zone, short),
    date_long: () => date(at, zone, long),
    date_pretty: () => pretty(middle),
    date_short_pretty: () => pretty(short),
    date_long_pretty: () => pretty(long),
    date_long_full: () => date(at, zone, long),
    day_divider_pretty: () => pretty(long),
    time: () => clockTime(at, zone),
    time_secs: () => clockTime(at, zone, true),
    ago: () => ago(at, now),
  };
  return format.replace(/\{([a-z_]+)\}/g, (all, name: string) =>
    Object.hasOwn(tokens, name) ? (tokens[name]?.() ?? all) : all,
  );
}

/** Milliseconds of a Slack timestamp. */
export function momentOf(ts: string): number {
  return Number(ts) * 1000;
}

/** Milliseconds that a zone is ahead of UTC at that moment. */
function zoneOffset(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value ?? 0);
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return wall - Math.floor(at / 1000) * 1000;
}

/** `YYYY-MM-DDTHH:MM` on that zone's clocks, as a date and time field holds it; `seconds` since 1970. */
export function wallClock(seconds: number, zone: string): string {
  const at = seconds * 1000;
  return new Date(at + zoneOffset(at, zone)).toISOString().slice(0, 16);
}

/** The reverse: seconds since 1970, null for what is no date and time. */
export function fromWallClock(text: string, zone: string): number | null {
  if (!/^\d{4,}-\d\d-\d\dT\d\d:\d\d$/.test(text)) return null;
  const wall = Date.parse(`${text}:00Z`);
  if (Number.isNaN(wall)) return null;
  // The offset is asked at the moment itself, which lies the offset away: twice settles all but the skipped hour.
  const guess = wall - zoneOffset(wall, zone);
  return (wall - zoneOffset(guess, zone)) / 1000;
}
