import type { Logger } from '@slack/bolt';
import { LogLevel } from '@slack/bolt';
import type { Log } from '../../engine/log.ts';

/** Slack's libraries log through this. Their debug lines hold whole payloads, so those go nowhere. */
export function slackLogger(log: Log): Logger {
  const say = (parts: readonly unknown[]) =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ');
  return {
    debug: () => {},
    info: () => {},
    warn: (...parts) => log.warn('Slack library', { said: say(parts) }),
    error: (...parts) => log.error('Slack library', { said: say(parts) }),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  };
}
