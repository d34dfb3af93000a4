/** A moment in the reader's own time zone, as Slack renders it, with UTC for those who cannot show it. */
export function time(at: number): string {
  const utc = new Date(at).toISOString().slice(11, 19);
  return `<!date^${Math.floor(at / 1_000)}^{time_secs}|${utc} UTC>`;
}
