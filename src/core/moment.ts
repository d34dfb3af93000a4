/** A moment in the reader's own time zone, as Slack renders it, with UTC for those who cannot show it. */
export function time(at: number): string {
  const utc = new Date(at).toISOString().slice(11, 19);
  return `<!date^${Math.floor(at / 1_000)}^{time_secs}|${utc} UTC>`;
}

/** The same with its day, for what may be days away. */
export function dayAndTime(at: number): string {
  const utc = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  return `<!date^${Math.floor(at / 1_000)}^{date_short_pretty} {time}|${utc} UTC>`;
}
