import type { Logger } from '@slack/web-api';
import { LogLevel } from '@slack/web-api';

/** For tests that look for refusals, so that nobody has to read of them. */
export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};
