export interface Transcript {
  add(stream: 'stdout' | 'stderr', text: string): void;
  text(): string;
}

/** Both streams in the order of their arrival; a line that one of them has not finished is not continued by the other. */
export function createTranscript(): Transcript {
  const pieces: string[] = [];
  let openLineOf: 'stdout' | 'stderr' | null = null;
  return {
    add(stream, text) {
      if (openLineOf !== null && openLineOf !== stream) pieces.push('\n');
      pieces.push(text);
      openLineOf = text.endsWith('\n') ? null : stream;
    },
    text: () => pieces.join(''),
  };
}
