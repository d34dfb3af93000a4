/**
 * What the engine needs of whatever sends e-mail, and of those who know what an e-mail cannot look up by itself.
 */

export type Mail = {
  /**
   * What tells a repeated mail from a new one, such as `INC-12.opened.1763733600000`: letters, digits, dots and hyphens.
   * The adapter makes the Message-ID from it, the same each time.
   */
  readonly key: string;
  /** The key of the mail that this one follows, so that mail programs show both together. */
  readonly follows: string | null;
  /** One line; line breaks and control characters are taken out. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
};

export type Mailer = {
  /**
   * Settles once the mail server has taken it for every recipient. Throws WorkFailed: `retry` where the server may take
   * it later. It may then reach somebody twice, with the same Message-ID.
   */
  send(mail: Mail): Promise<void>;
};

/** What the chat knows about itself. It never rejects: a mail without a link is better than none. */
export type Whereabouts = {
  /** The web address of a channel; null where it cannot be had. */
  linkTo(channel: string): Promise<string | null>;
};

export type MailDesk = { readonly mailer: Mailer; readonly whereabouts: Whereabouts };
