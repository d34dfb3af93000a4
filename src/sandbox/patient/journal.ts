/** One line of the unit's journal; `at` is milliseconds since the epoch. */
export type JournalLine = Readonly<{ at: number; source: string; text: string }>;

const MOST_LINES = 2_000;

export type Journal = Readonly<{
  write: (source: string, text: string) => void;
  /** The newest `lines` lines since `since`, oldest first. */
  read: (wanted: { since: number; lines: number }) => JournalLine[];
  clear: () => void;
}>;

export function createJournal(now: () => number): Journal {
  const kept: JournalLine[] = [];
  return {
    write(source, text) {
      for (const line of text.split('\n'))
        if (line.trim() !== '') kept.push({ at: now(), source, text: line });
      kept.splice(0, Math.max(0, kept.length - MOST_LINES));
    },
    read: ({ since, lines }) => {
      const recent = kept.filter(({ at }) => at >= since);
      return recent.slice(Math.max(0, recent.length - lines));
    },
    clear: () => void kept.splice(0),
  };
}
