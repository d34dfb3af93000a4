import type { KnownBlock } from '@slack/types';
import type { Incident } from '../../../core/incident/incident.ts';
import { time } from '../../../core/moment.ts';
import { spokenApprovers } from '../../../core/run/approvers.ts';
import { missingInWords, neededFor } from '../../../core/run/demands.ts';
import type { Glass } from '../../../core/run/glass.ts';
import type { Approval } from '../../../core/run/run.ts';
import type { RunView } from '../../../core/view.ts';
import type { ButtonValue } from '../buttonValue.ts';
import { code, foreign, who } from '../escape.ts';
import { actions, button, section } from './blocks.ts';
import { targets } from './words.ts';

/** How an approval stands, in a word or two: `*Reset the state* …`. */
export const approvalWord: Readonly<Record<Approval['state']['kind'], string>> = {
  pending: 'needs approval',
  approved: 'is approved',
  'glass-broken': 'runs by broken glass',
  refused: 'was refused',
  expired: 'was not approved in time',
  withdrawn: 'was withdrawn',
};

/** How an approval stands, with its buttons while it is pending. */
export function approvalBlocks(
  approval: Approval,
  options: {
    service: string;
    incident: Incident | null;
    ids: { approve: string; standIn: string; refuse: string; withdraw: string; glass: string };
    /** Whether breaking the glass is offered; whether it is granted is decided when it is clicked. */
    glass: Glass;
    /** What is asked for is an older version than what the playbooks say, which is how it was asked for. */
    edited: Older | false;
    /** The playbook of the run, as it is started anew. */
    playbook?: string;
    /** Groups that can approve, as text: whoever has to be called is called by the incident. */
    approvers: readonly string[];
    value: ButtonValue;
  },
): KnownBlock[] {
  const { state, plan } = approval;
  const asked = `Asked for by ${who(approval.requestedBy)} at ${time(approval.requestedAt)}.`;
  switch (state.kind) {
    case 'pending': {
      const { ids, value } = options;
      const whoCan =
        options.approvers.length === 0 ? '' : ` ${foreign(spokenApprovers(options.approvers), 300)}`;
      const weighty = plan.risk === 'destructive' || plan.risk === 'disruptive';
      return [
        section(
          [
            approval.alone
              ? `Waits for somebody who may carry it out on ${foreign(options.service, 100)}, the one who asked too, expires ${time(approval.expiresAt)}. ${asked}`
              : `Needs ${spokenDemands(approval)} who may approve on ${foreign(options.service, 100)}, expires ${time(approval.expiresAt)}.${whoCan} ${asked}`,
            ...grantedLines(approval),
            ...(plan.confirm === undefined
              ? []
              : [`It counts with the word typed: *${foreign(plan.confirm, 100)}*.`]),
            ...(options.edited ? [olderText(options.edited, options.playbook, 'withdraw this, ')] : []),
            ...(options.incident?.drill && !approval.alone
              ? ['In this drill anybody, the one who asked too, may approve as a stand-in for that person.']
              : []),
          ].join('\n'),
        ),
        ...actions([
          button({
            id: ids.approve,
            label: approval.alone ? 'Go Ahead' : 'Approve',
            value,
            style: plan.risk === 'destructive' ? 'danger' : 'primary',
            ...(weighty && plan.confirm === undefined
              ? {
                  confirm: {
                    title: `Approve: ${plan.title}?`,
                    text:
                      neededFor(plan) > 1 && !approval.alone
                        ? `It runs on ${targets(plan)} as soon as everybody who is needed has approved.`
                        : `It runs at once on ${targets(plan)}.`,
                    yes: 'Approve',
                  },
                }
              : {}),
          }),
          ...(options.incident?.drill && !approval.alone
            ? [button({ id: ids.standIn, label: 'Approve as Stand-In', value })]
            : []),
          button({ id: ids.refuse, label: 'Refuse', value }),
          button({ id: ids.withdraw, label: 'Withdraw', value }),
          ...(options.glass.open ? [button({ id: ids.glass, label: 'Break the Glass', value })] : []),
        ]),
      ];
    }
    case 'approved':
      return [
        section(
          `Approved by ${[
            ...(approval.granted ?? [])
              .filter(({ by }) => by !== state.by)
              .map(({ by, at }) => `${who(by)} at ${time(at)}`),
            `${who(state.by)}${state.standIn ? ', standing in for the second person,' : ''} at ${time(state.at)}`,
          ].join(' and by ')}. ${asked}`,
        ),
      ];
    case 'glass-broken':
      return [
        section(
          `Glass broken by ${who(state.by)} at ${time(state.at)}, without a second person: ${foreign(state.reason, 1_000)}`,
        ),
      ];
    case 'refused':
      return [section(`Refused by ${who(state.by)} at ${time(state.at)}. Nothing was run. ${asked}`)];
    case 'withdrawn':
      return [
        section(
          `Withdrawn by ${who(state.by)} at ${time(state.at)}. Nothing was run.${state.why === undefined ? '' : ` ${foreign(state.why, 300)}`} ${asked}`,
        ),
      ];
    case 'expired':
      return [section(`Nobody answered by ${time(state.at)}, so it expired. Nothing was run. ${asked}`)];
    default: {
      const never: never = state;
      return never;
    }
  }
}

export type Older = NonNullable<RunView['edited']>;

/** That a run carries out an older version of something, and how the newer one is had. `before` is what has to be done first. */
export function olderText(edited: Older, playbook: string | undefined, before = ''): string {
  const older = '*An older version:* what stands here is what runs';
  if (edited === 'gone')
    return `${older}, although the playbooks have been edited since this run began and it is not among them any more.`;
  const anew =
    playbook === undefined
      ? 'start it anew'
      : `start it anew with ${code(`/genesis playbook run ${playbook}`)}`;
  return `${older}, although the playbooks have been edited since this run began. For the newer one, ${before}skip it here and ${anew}.`;
}

/** `one other person`, or `2 other people, and one other person of @leads`. */
const spokenDemands = ({ plan }: Approval): string => foreign(missingInWords(plan, []), 300);

/** Who has said yes, once several are needed: `1 of 2: …`. */
function grantedLines({ plan, granted = [] }: Approval): readonly string[] {
  const needed = neededFor(plan);
  if (needed < 2 && granted.length === 0) return [];
  const by = granted.map((each) => `${who(each.by)} at ${time(each.at)}`).join(', ');
  const left = granted.length === 0 ? '' : ` Still needed: ${foreign(missingInWords(plan, granted), 300)}.`;
  return [
    `*${granted.length} of ${Math.max(needed, granted.length + 1)}* approved${by === '' ? '' : `: ${by}`}.${left}`,
  ];
}
