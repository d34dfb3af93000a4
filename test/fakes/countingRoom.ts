import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Playbooks whose actions leave one line each in a file, so that how often something ran can be counted rather than
 * believed.
 */
export type CountingRoom = {
  readonly playbooks: string;
  /** How often an action ran, by the word it leaves. */
  count(word: string): Promise<number>;
};

const files: Readonly<Record<string, string>> = {
  'hosts.yml': 'hosts:\n  till: { kind: local, directory: HERE, path: [HERE/bin] }\n',
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
  'services/till.yml': `service: till
host: till
indicators:
  error_ratio:
    title: Error rate
    query: error_ratio
    objective: { below: 0.1% }
actions:
  look: { title: Look at the till, risk: observe, run: [mark, looked] }
  reset:
    title: Reset the till
    says: Customers wait for a moment.
    risk: disruptive
    run: [mark, reset]
    verify: { indicator: error_ratio, for: 2s, within: 5m }
    undo: none
`,
  'alerts/till-errors.yml': `playbook: till-errors
title: The till fails
answers: { alertname: TillErrors }
service: till
severity: P1
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
  - verify: error_ratio
    for: 2s
`,
  'alerts/generic.yml':
    'playbook: generic\ntitle: Alert without a playbook\nsteps:\n  - ask: What is going on?\n',
  'prometheus/rules.yml':
    'groups:\n  - name: till\n    rules:\n      - alert: TillErrors\n        expr: vector(1)\n        labels: { severity: P1, service: till }\n',
};

export async function createCountingRoom(directory: string): Promise<CountingRoom> {
  const playbooks = join(directory, 'playbooks');
  for (const [name, content] of Object.entries(files)) {
    const file = join(playbooks, name);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, content.replaceAll('HERE', directory));
  }
  await mkdir(join(directory, 'bin'), { recursive: true });
  const program = join(directory, 'bin', 'mark');
  const log = join(directory, 'done.log');
  await writeFile(program, `#!/bin/sh\necho "$1" >> '${log}'\necho "$1 is done"\n`);
  await chmod(program, 0o755);
  return {
    playbooks,
    async count(word) {
      const lines = await readFile(log, 'utf8').catch(() => '');
      return lines.split('\n').filter((line) => line === word).length;
    },
  };
}
