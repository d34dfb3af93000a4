import { describe, expect, it } from 'vitest';
import { olderText } from '../../../src/adapters/slack/cards/approval.ts';

describe('a request for what was edited since the run began', () => {
  it('says that it is an older version, and how the newer one is had', () => {
    expect(olderText('changed', 'wipe-cache', 'withdraw this, ')).toBe(
      '*An older version:* what stands here is what runs, although the playbooks have been edited since this run began. For the newer one, withdraw this, skip it here and start it anew with `/genesis playbook run wipe-cache`.',
    );
    expect(olderText('gone', 'wipe-cache')).toBe(
      '*An older version:* what stands here is what runs, although the playbooks have been edited since this run began and it is not among them any more.',
    );
  });
});
