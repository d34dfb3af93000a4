import { describe, expect, it } from 'vitest';
import { standardTargets, targetsOf } from '../../../src/core/people/targets.ts';
import { changeBetween, printsOf } from '../../../src/core/playbook/roomChange.ts';
import { yamlRoom } from '../../fakes/yamlRoom.ts';

const minute = 60_000;
const hour = 60 * minute;

const roomWith = (targets: string) => yamlRoom({ 'escalation.yml': `${targets}\nchains: {}\n` });

describe('the targets that operators write', () => {
  it('are the usual ones where nothing is written', () => {
    expect(roomWith('')).not.toHaveProperty('targets');
    expect(targetsOf(roomWith(''))).toEqual(standardTargets);
    expect(roomWith('targets: {}').targets).toEqual(standardTargets);
  });

  it('keep the usual ones for what is left out', () => {
    expect(roomWith('targets: { warning: 20m }').targets).toEqual({
      always: { critical: 5 * minute, warning: 20 * minute },
      watch: standardTargets.watch,
    });
    expect(roomWith('targets: { watch: [{ until: 12h, critical: 2m, warning: 10m }] }').targets).toEqual({
      always: standardTargets.always,
      watch: [{ untilMs: 12 * hour, critical: 2 * minute, warning: 10 * minute }],
    });
  });

  it('are said to have changed as the file that they stand in', () => {
    const prints = [roomWith(''), roomWith('targets: { critical: 4m }')].map(printsOf);
    expect(changeBetween(prints[0]!, prints[1]!).others).toEqual(['escalation']);
  });
});
