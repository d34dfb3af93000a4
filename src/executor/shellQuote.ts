/**
 * One word for a POSIX shell, whatever is in it. Inside single quotes a shell reads every byte as itself, so the only
 * character to care about is the quote: close, an escaped quote, open again. NUL cannot be in an argument at all.
 */
export function shellQuote(word: string): string {
  if (word.includes('\0')) throw new Error('an argument cannot hold a NUL character');
  return `'${word.replaceAll("'", "'\\''")}'`;
}

export function shellJoin(words: readonly string[]): string {
  return words.map(shellQuote).join(' ');
}
