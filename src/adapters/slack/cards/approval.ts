import type { KnownBlock } from '@slack/types';
import type { Incident } from '../../../core/incident/incident.ts';
import { time } from '../../../core/moment.ts';
import type { Approval } from '../../../core/run/run.ts';
import type { ButtonValue } from '../buttonValue.ts';
import { foreign, who } from '../escape.ts';
import { actions, button, section } from './blocks.ts';
import { targets } from './words.ts';

/** How an approval stands, in a word or two: `*Reset the state* …`. */
export const approvalWord: Readonly<Record<Approval['state']['kind'], string>> = {
  pending: 'needs approval',
  approved: 'is approved',
  'glass-broken': 'runs by broken glass',
  refused: 'was refused',
  expired: 'was not approved in time',
};

/** How an approval stands, with its buttons while it is pending. */
export function approvalBlocks(
  approval: Approval,
  options: {
    service: string;
    incident: Incident | null;
    ids: { approve: string; refuse: string; glass: string };
    value: ButtonValue;
  },
): KnownBlock[] {
  const { state, plan } = approval;
  const asked = `Asked for by ${who(approval.requestedBy)} at ${time(approval.requestedAt)}.`;
  switch (state.kind) {
    case 'pending': {
      const { ids, value } = options;
      const weighty = plan.risk === 'destructive' || plan.risk === 'disruptive';
      return [
        section(
          `Needs one other person who may approve on ${foreign(options.service, 100)}, expires ${time(approval.expiresAt)}. ${asked}`,
        ),
        ...actions([
          button({
            id: ids.approve,
            label: 'Approve',
            value,
            style: plan.risk === 'destructive' ? 'danger' : 'primary',
            ...(weighty
              ? {
                  confirm: {
                    title: `Approve ${plan.title}?`,
                    text: `It runs at once on ${targets(plan)}.`,
                    yes: 'Approve',
                  },
                }
              : {}),
          }),
          button({ id: ids.refuse, label: 'Refuse', value }),
          ...(mayBreakGlass(options.incident)
            ? [button({ id: ids.glass, label: 'Break the Glass', value })]
            : []),
        ]),
      ];
    }
    case 'approved':
      return [section(`Approved by ${who(state.by)} at ${time(state.at)}. ${asked}`)];
    case 'glass-broken':
      return [
        section(
          `Glass broken by ${who(state.by)} at ${time(state.at)}, without a second person: ${foreign(state.reason, 1_000)}`,
        ),
      ];
    case 'refused':
      return [section(`Refused by ${who(state.by)} at ${time(state.at)}. Nothing was run. ${asked}`)];
    case 'expired':
      return [section(`Nobody answered by ${time(state.at)}, so it expired. Nothing was run. ${asked}`)];
    default: {
      const never: never = state;
      return never;
    }
  }
}

/** Breaking the glass is for a P0 incident's commander; whether it is granted is decided when it is clicked. */
const mayBreakGlass = (incident: Incident | null): boolean =>
  incident?.severity === 'P0' && incident.phase !== 'resolved';
