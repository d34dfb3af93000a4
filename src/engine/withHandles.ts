import type { CommandBody } from '../core/command.ts';
import { type Directory, WorkFailed } from './ports.ts';

/**
 * Calls go to user groups of Slack, which the access rules need not name. So whoever answers a call has all groups that
 * Slack says they are in beside them; what a surface says of them itself counts for nothing.
 */
export async function withHandles(
  directory: Directory,
  user: string,
  body: CommandBody,
): Promise<CommandBody> {
  if (body.type !== 'incident.answer-call') return body;
  const { handles: _said, ...rest } = body;
  try {
    const membership = await directory.membership(user);
    return membership.kind === 'member' ? { ...rest, handles: membership.groups } : rest;
  } catch (error) {
    if (!(error instanceof WorkFailed)) throw error;
    // Left out, which the decision takes as not known.
    return rest;
  }
}
