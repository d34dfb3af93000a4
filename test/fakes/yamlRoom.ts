import { parseYaml } from '../../src/adapters/playbooks/parseYaml.ts';
import { compileRoom } from '../../src/core/playbook/compile.ts';
import { formatProblem } from '../../src/core/playbook/problem.ts';
import type { RoomFile, RoomFileKind } from '../../src/core/playbook/reporting.ts';
import type { Room } from '../../src/core/playbook/room.ts';

/** A room written as operators write it: two services on two hosts, everybody of `oncall` may do everything on `till`. */
const base: Readonly<Record<string, string>> = {
  'hosts.yml': `
hosts:
  shop: { kind: local, directory: /srv/shop }
  store: { kind: local, directory: /srv/store }
`,
  'routing.yml': `
severities:
  P0: { place: own-channel }
  P1: { place: own-channel }
  P2: { place: own-channel }
  P3: { place: own-channel }
  P4: { place: log }
`,
  'access.yml': `
groups:
  oncall: { users: [U1ONCALL] }
  keepers: { users: [U1KEEPER] }
rules:
  - { allow: observe, to: everyone, on: any }
  - { allow: [change, disrupt, destroy, approve], to: [oncall, keepers], on: [till] }
  - { allow: [change, disrupt, destroy, approve], to: keepers, on: [ledger] }
`,
  'services/till.yml': `
service: till
host: shop
indicators:
  up: { query: up_till, objective: { equals: 1 } }
  errors:
    query: errors_till
    objective: { below: 1% }
    rollback:
      - { above: 5%, for: 5m, during: incident }
actions:
  look: { risk: observe, run: [tail, -n, '5', log] }
  restart: { risk: disruptive, run: [systemctl, restart, till], verify: { indicator: up, for: 30s }, undo: none }
  calm: { risk: change, run: [touch, calm], verify: exit, undo: rouse }
  rouse: { risk: change, run: [touch, roused], verify: exit, undo: none }
`,
  'services/ledger.yml': `
service: ledger
host: store
indicators:
  up: { query: up_ledger, objective: { equals: 1 } }
  lag: { query: lag_ledger, objective: { at_most: 10s } }
actions:
  look: { risk: observe, run: [tail, -n, '5', log] }
  pause: { risk: change, run: [touch, paused], verify: exit, undo: resume }
  resume: { risk: change, run: [touch, resumed], verify: exit, undo: none }
  restart: { risk: disruptive, run: [systemctl, restart, ledger], probe: up, verify: up, undo: none, then: resume }
`,
  'alerts/generic.yml': `
playbook: generic
title: Alert without a playbook
steps:
  - ask: What is going on?
`,
};

export function compileYaml(files: Readonly<Record<string, string>>): {
  room: Room | null;
  problems: readonly string[];
} {
  const read = Object.entries({ ...base, ...files }).map(([file, text]): RoomFile => {
    const parsed = parseYaml(text);
    if (!parsed.ok) throw new Error(`${file}: ${parsed.mistakes[0]?.message}`);
    const folder = file.split('/')[0] ?? '';
    const kind = (file.includes('/') ? folder.replace(/s$/, '') : file.replace('.yml', '')) as RoomFileKind;
    return { kind, file, value: parsed.value, locate: () => ({ line: 1, column: 1 }) };
  });
  const { room, problems } = compileRoom(read, { pace: 1 });
  return { room, problems: problems.map(formatProblem) };
}

/** The room with these files, which must be sound. */
export function yamlRoom(files: Readonly<Record<string, string>>): Room {
  const { room, problems } = compileYaml(files);
  if (!room) throw new Error(problems.join('\n'));
  return room;
}

/** The usual trouble, with these steps. */
export const tillFails = (steps: string): string => `
playbook: till-fails
title: The till fails
answers: { alertname: TillFails }
service: till
severity: P1
steps:
${steps}`;
