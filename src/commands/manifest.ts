import { readFile } from 'node:fs/promises';
import { isMap, parseDocument, stringify } from 'yaml';

/** `genesis manifest`: the Slack app for Socket Mode, or with `--http <url>` the one that Slack calls over HTTP. */
export async function manifest(
  options: { file: string; http: string | null },
  print: (line: string) => void,
): Promise<number> {
  const text = await readFile(options.file, 'utf8');
  if (options.http === null) {
    print(text.trimEnd());
    return 0;
  }
  if (!URL.canParse(options.http) || !options.http.startsWith('https://')) {
    print('Slack calls only https addresses: genesis manifest --http https://genesis.example.org');
    return 2;
  }
  const url = `${options.http.replace(/\/$/, '')}/slack/events`;
  const document = parseDocument(text);
  document.setIn(['settings', 'socket_mode_enabled'], false);
  document.setIn(['settings', 'event_subscriptions', 'request_url'], url);
  document.setIn(['settings', 'interactivity', 'request_url'], url);
  const command = document.getIn(['features', 'slash_commands', 0]);
  if (isMap(command)) command.set('url', url);
  // The file's own comment speaks of Socket Mode.
  print(`# The Slack app, for HTTP: Slack must reach this address.\n${stringify(document.toJS()).trimEnd()}`);
  return 0;
}
