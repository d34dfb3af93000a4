import { isVacant } from '../../core/people/roster.ts';
import type { Room } from '../../core/playbook/room.ts';
import { type Finding, findingsOf, some, unique } from './finding.ts';

const { ok, warning } = findingsOf('roster');

/** Duties that nobody was entered for, with everything that would call them in vain. */
export function rosterFindings({ roster, chains, definitions }: Room): readonly Finding[] {
  const vacant = Object.values(roster).filter(isVacant);
  if (vacant.length === 0) {
    const count = Object.keys(roster).length;
    return count === 0 ? [] : [ok(`All ${count} duties have somebody entered for them.`)];
  }
  return vacant.map(({ name, title }) => {
    const callers = [
      ...chains.flatMap((chain) =>
        chain.levels.flatMap(({ call }, at) =>
          call === name ? [`the chain ${chain.name}, level ${at + 1}`] : [],
        ),
      ),
      ...unique(
        Object.values(definitions)
          .filter(({ playbook }) => playbook.experts?.includes(name))
          .map(({ playbook }) => `the playbook ${playbook.name}`),
      ),
    ];
    const called = callers.length === 0 ? 'nothing calls it' : `called by ${some(callers)}`;
    return warning(
      `Nobody is entered for the duty ${name} (${title}); ${called}.`,
      `Enter a user group, user ids or a PagerDuty service under ${name} in roster.yml.`,
    );
  });
}
