import { type Names, namedPerson, noNames } from './names.ts';

/**
 * What the bot says to a chat, for files that no chat renders. Its sentences quote foreign text as it is, so nothing is
 * unescaped here, and what looks like a token without being one stays as it is; whoever writes the file escapes it.
 */

/** Without the chat's own tokens: moments become their time in UTC, mentions a name with its id. */
export const withoutTokens = (text: string, names: Names = noNames): string =>
  text
    .replaceAll(/<!date\^\d{1,12}\^(?:\{[a-z_]{1,20}\} ?){1,2}\|([-0-9: UTC]{1,20})>/g, '$1')
    .replaceAll(/<@([UW][A-Z0-9]+)>/g, (_, id: string) => namedPerson(id, names));

/** The same for a sentence with `*bold*` parts. What stands in backticks is code, where a star is a star. */
export const plainText = (text: string, names: Names = noNames): string =>
  withoutTokens(text, names)
    .split(/(`[^`\n]*`)/)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replaceAll(/(?<![\p{L}\p{N}*])\*(?! )([^*\n]+)(?<! )\*(?![\p{L}\p{N}*])/gu, '$1'),
    )
    .join('');
