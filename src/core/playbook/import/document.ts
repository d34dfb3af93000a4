/**
 * A runbook as text with a shape: what stands in which order, and on which line of the source. Lines count from 1.
 * Emphasis is gone except where a line begins with it, since that is how runbooks write small headings.
 */
export type Block =
  | { readonly kind: 'heading'; readonly line: number; readonly depth: number; readonly text: string }
  | { readonly kind: 'paragraph'; readonly lines: readonly TextLine[] }
  /** `language` is what stands behind the fence, in lower case, or empty. */
  | { readonly kind: 'code'; readonly language: string; readonly lines: readonly SourceLine[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly Item[] }
  /** What has no meaning for a playbook (HTML, tables, front matter), line by line as it stands in the source. */
  | { readonly kind: 'raw'; readonly lines: readonly SourceLine[] };

export type SourceLine = { readonly line: number; readonly text: string };

/** `lead` is the bold text that the line begins with; `code` is what it has between backticks. */
export type TextLine = SourceLine & { readonly lead: string | null; readonly code: readonly string[] };

/** `checked` is null where the item has no box. */
export type Item = {
  readonly line: number;
  readonly checked: boolean | null;
  readonly blocks: readonly Block[];
};

export type Document = { readonly blocks: readonly Block[] };
