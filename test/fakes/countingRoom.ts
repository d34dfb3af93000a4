import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Playbooks whose actions leave one line each in a file, so that how often something ran can be counted rather than
 * believed. Every service has the same playbook, `<service>-errors`.
 *
 * The program of the actions also ends the bot (`bot.pid`) or the executor, its parent, at the moment that the file
 * `kill-at` names: `command:spawned 2` is the second program of all to be started, before it has left its line.
 */
export type CountingRoom = {
  readonly playbooks: string;
  /** How often an action ran, by the word it leaves: `looked-till` or `reset-till`. */
  count(word: string): Promise<number>;
};

/** The steps of the playbook by what they do; a step is named by its place. */
export const stepIds = { look: '2', reset: '3.the-drawer-is-stuck.1', wait: '4', verify: '5' } as const;

const shared: Readonly<Record<string, string>> = {
  'access.yml': `groups:
  platform: { usergroup: platform }
rules:
  - { allow: observe, to: everyone, on: any }
  - { allow: [change, disrupt, destroy, approve, override], to: platform, on: any }
`,
  'routing.yml': `severities:
  P0: { place: own-channel, announce: '#genesis-alerts', invite: [oncall] }
  P1: { place: own-channel, announce: '#genesis-alerts', invite: [oncall] }
  P2: { place: { thread: '#genesis-monitoring' } }
  P3: { place: { thread: '#genesis-monitoring' } }
  P4: { place: log }
`,
  'alerts/generic.yml':
    'playbook: generic\ntitle: Alert without a playbook\nsteps:\n  - ask: What is going on?\n',
};

const ofService = (service: string, severity: 'P1' | 'P2'): Readonly<Record<string, string>> => ({
  [`services/${service}.yml`]: `service: ${service}
host: shop
indicators:
  error_ratio:
    title: Error rate
    query: error_ratio
    objective: { below: 0.1% }
actions:
  look: { title: Look at the ${service}, risk: observe, run: [mark, looked-${service}] }
  reset:
    title: Reset the ${service}
    says: Customers wait for a moment.
    risk: disruptive
    run: [mark, reset-${service}]
    verify: { indicator: error_ratio, for: 2s, within: 5m }
    undo: none
`,
  [`alerts/${service}-errors.yml`]: `playbook: ${service}-errors
title: The ${service} fails
answers: { alertname: ServiceErrors, service: ${service} }
service: ${service}
severity: ${severity}
steps:
  - chart: error_ratio
  - observe: look
  - choose: What is wrong?
    among:
      The drawer is stuck:
        steps:
          - do: reset
      Something else:
        steps: []
  - wait: 1m
    why: Customers come back one by one.
  - verify: error_ratio
    for: 2s
`,
});

const rules = (services: readonly string[]): string =>
  `groups:\n  - name: shop\n    rules:\n${services
    .map(
      (service) =>
        `      - alert: ServiceErrors\n        expr: vector(1)\n        labels: { severity: P1, service: ${service} }\n`,
    )
    .join('')}`;

const program = (directory: string): string => `#!/bin/sh
echo "$1" >> '${directory}/started.log'
number=$(wc -l < '${directory}/started.log')
die_at() {
  read -r name wanted < '${directory}/kill-at' || return 0
  [ "$name" = "command:$1" ] || [ "$name" = "executor:$1" ] || return 0
  [ "$wanted" = '*' ] || [ "$wanted" -eq "$number" ] || return 0
  : > '${directory}/kill-at'
  case "$name" in
    command:*) kill -9 "$(cat '${directory}/bot.pid')" ;;
    executor:*) kill -9 "$PPID" ;;
  esac
}
die_at spawned
echo "$1" >> '${directory}/done.log'
die_at acted
echo "$1 is done"
`;

export async function createCountingRoom(
  directory: string,
  services: readonly string[] = ['till'],
  severity: 'P1' | 'P2' = 'P1',
): Promise<CountingRoom> {
  const playbooks = join(directory, 'playbooks');
  const files = Object.assign({}, shared, ...services.map((service) => ofService(service, severity)), {
    'hosts.yml': `hosts:\n  shop: { kind: local, directory: ${directory}, path: [${directory}/bin] }\n`,
    'prometheus/rules.yml': rules(services),
  }) as Record<string, string>;
  for (const [name, content] of Object.entries(files)) {
    const file = join(playbooks, name);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, content);
  }
  await mkdir(join(directory, 'bin'), { recursive: true });
  await writeFile(join(directory, 'bin', 'mark'), program(directory));
  await chmod(join(directory, 'bin', 'mark'), 0o755);
  await writeFile(join(directory, 'kill-at'), '');
  return {
    playbooks,
    async count(word) {
      const lines = await readFile(join(directory, 'done.log'), 'utf8').catch(() => '');
      return lines.split('\n').filter((line) => line === word).length;
    },
  };
}
