/**
 * How often Slack lets one app call a method in one workspace, calls a minute. Slack publishes floors ("20+ per
 * minute") for tiers 2 to 4; here they are ceilings.
 */
const tier2 = 20;
const tier3 = 50;
const tier4 = 100;

const perMinute: Readonly<Record<string, number>> = {
  'auth.test': 300,
  'chat.getPermalink': 300,
  // "Several hundred per minute" for the whole workspace, besides one a second for each channel.
  'chat.postMessage': 300,
  'conversations.create': tier2,
  'conversations.setTopic': tier2,
  'conversations.setPurpose': tier2,
  'conversations.list': tier2,
  'usergroups.list': tier2,
  'usergroups.users.list': tier2,
  'users.list': tier2,
  'bookmarks.add': tier2,
  'bookmarks.edit': tier2,
  'pins.add': tier2,
  'bookmarks.list': tier3,
  'chat.update': tier3,
  'conversations.invite': tier3,
  'conversations.history': tier3,
  'conversations.replies': tier3,
  'conversations.info': tier3,
  'conversations.join': tier3,
  'conversations.open': tier3,
  'chat.postEphemeral': tier4,
  'conversations.members': tier4,
  'users.info': tier4,
  'views.open': tier4,
  'views.update': tier4,
  'views.publish': tier4,
  'files.info': tier4,
  'files.getUploadURLExternal': tier4,
  'files.completeUploadExternal': tier4,
};

export type Limit = { readonly calls: number; readonly perMs: number };

/** A method that is not listed is treated as the scarcest. */
export const methodLimit = (method: string): Limit => ({
  calls: perMinute[method] ?? tier2,
  perMs: 60_000,
});

/** About one message a second into one channel; short bursts are let through. */
export const postingLimit: Limit = { calls: 4, perMs: 4_000 };
