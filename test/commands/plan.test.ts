import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plan } from '../../src/commands/plan.ts';
import { outlineOf } from '../../src/core/playbook/outline.ts';
import { yamlRoom } from '../fakes/yamlRoom.ts';

const shipped = join(import.meta.dirname, '../../playbooks');

async function planned(playbook: string) {
  const lines: string[] = [];
  const code = await plan({ directory: shipped, playbook, format: 'text' }, (line) => lines.push(line));
  return { code, text: lines.join('\n') };
}

describe('genesis plan of a shipped procedure', () => {
  it('says at its top which step asks for what, and at the step who types it', async () => {
    const { code, text } = await planned('hotdash-agent-service-put-image');
    expect(code).toBe(0);
    const [head = '', ...steps] = text.split('\n\n');
    expect(head).toContain('service   hotdash-agent-service in production, changed');
    expect(head).toContain('risk      disruptive at most');
    expect(head).toContain('window    none: it starts at any hour');
    expect(head).toContain('ASKS      step 3, put_image: the word "yes", typed by whoever carries it out');
    const step = steps.find((each) => each.startsWith('3  do: put_image')) ?? '';
    expect(step).toContain('    service   hotdash-agent-service in production\n');
    expect(step).toContain('    confirm   the word "yes", typed by whoever carries it out\n');
  });

  it('names the groups whose yes the whole plan waits for', async () => {
    const { text } = await planned('rollback-genesis-orchestration');
    expect(text).toContain(
      'approve   the yes of one other person (with the right to approve: @oncall, @platform, @leads)',
    );
    expect(text).not.toContain('ASKS');
  });
});

describe('what a playbook asks for', () => {
  const room = yamlRoom({
    'access.yml': `
groups:
  oncall: { users: [U1ONCALL] }
  leads: { users: [U1LEAD, U2LEAD, U3LEAD] }
rules:
  - { allow: [observe, change, disrupt, destroy], to: [oncall, leads], on: any }
  - { allow: approve, to: leads, on: any }
`,
    'services/ledger.yml': `
service: ledger
host: store
environment: staging
indicators:
  up: { query: up_ledger, objective: { equals: 1 } }
actions:
  look: { risk: observe, run: [tail, -n, '5', log] }
  close:
    risk: disruptive
    run: [close, ledger]
    verify: up
    undo: none
    approvals: { count: 2, from: [leads] }
    confirm: close the ledger
`,
    'procedures/close-ledger.yml': `
playbook: close-ledger
title: Close the ledger
service: till
window: required
steps:
  - observe: [look, ledger/look]
  - choose: How?
    among:
      Slowly: { hint: there is time, steps: [{ do: calm }] }
      At once: { hint: there is none, steps: [{ do: ledger/close }] }
`,
    'procedures/close-all.yml': `
playbook: close-all
title: Close all
service: till
authority: whole
approvals: 2
confirm: all of it
steps:
  - do: calm
  - do: ledger/close
`,
  });
  const outline = (name: string) => {
    const definition = room.definitions[name];
    if (!definition) throw new Error(`there is no ${name}`);
    return outlineOf(definition, room.access);
  };

  it('is told of the procedure: services with their environments, the highest risk on any way, windows', () => {
    expect(outline('close-ledger')).toMatchObject({
      risk: 'disruptive',
      window: 'required',
      services: [
        { service: 'till', environment: 'production', changed: true },
        { service: 'ledger', environment: 'staging', changed: true },
      ],
      asks: [
        {
          action: 'ledger/close',
          approvals: [{ count: 2, from: ['leads'] }],
          people: '2 other people of @leads',
          approvers: ['@leads'],
          confirm: 'close the ledger',
        },
      ],
    });
  });

  it('is told of each step, with what its approval is bound to', () => {
    const [look, choice] = outline('close-ledger').steps;
    expect(look).toMatchObject({
      actsOn: 'till',
      environment: 'production',
      asks: { people: null, confirm: null },
      commands: [
        { service: null, environment: 'production' },
        { service: 'ledger', environment: 'staging' },
      ],
    });
    if (choice?.kind !== 'choose') throw new Error('the second step is a question');
    expect(choice.options[1]?.steps[0]).toMatchObject({
      actsOn: 'ledger',
      environment: 'staging',
      risk: 'disruptive',
      // It needs others although its risk alone does not.
      approval: expect.stringMatching(/^[0-9a-f]{64}$/),
      asks: { people: '2 other people of @leads', confirm: 'close the ledger' },
    });
  });

  it('is told once of a plan that is approved as a whole, with all that its actions demand', () => {
    const { approval, asks } = outline('close-all');
    expect(asks).toEqual([]);
    expect(approval).toMatchObject({
      approvals: [{ count: 2 }, { count: 2, from: ['leads'] }],
      people: '2 other people and 2 other people of @leads',
      confirm: 'all of it',
    });
  });
});
