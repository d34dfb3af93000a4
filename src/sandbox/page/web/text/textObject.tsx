import type { Json } from '../json.ts';
import { object, string } from '../json.ts';
import { Emoji, Mrkdwn } from './inlineText.tsx';

/** Block Kit's text objects: mrkdwn, or plain text in which only emoji are more than letters. */

export function PlainText({ text }: { text: string }) {
  const parts = text.split(/:([a-z0-9_+-]+):/);
  // Splitting by a pattern with a group puts the names at the odd places.
  return parts.map((part, index) => {
    const key = `${index}-${part}`;
    if (index % 2 === 0) return <span key={key}>{part}</span>;
    return <Emoji key={key} name={part} />;
  });
}

export function TextObject({ value }: { value: unknown }) {
  const given: Json | null = object(value);
  if (given === null) return null;
  const text = string(given.text);
  if (given.type === 'mrkdwn') return <Mrkdwn text={text} verbatim={given.verbatim === true} />;
  return given.emoji === false ? text : <PlainText text={text} />;
}
