/** A refusal with Slack's error code; `extra` is added to the answer beside `ok` and `error`. */
export class SlackError extends Error {
  readonly code: string;
  readonly extra: Record<string, unknown>;

  constructor(code: string, extra: Record<string, unknown> = {}) {
    super(code);
    this.name = 'SlackError';
    this.code = code;
    this.extra = extra;
  }
}

export function refuse(code: string, extra: Record<string, unknown> = {}): never {
  throw new SlackError(code, extra);
}

/** `invalid_arguments` with the sentences that Slack puts into `response_metadata.messages`. */
export function refuseArguments(...messages: string[]): never {
  throw new SlackError('invalid_arguments', {
    response_metadata: { messages: messages.map((message) => `[ERROR] ${message}`) },
  });
}
