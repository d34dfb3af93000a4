import { createHash } from 'node:crypto';
import { z } from 'zod';
import { severities } from '../../core/severity.ts';
import {
  type Chat,
  type Clock,
  type FileRequest,
  type Posted,
  type ShowRequest,
  WorkFailed,
} from '../../engine/ports.ts';
import type { Priority } from './budget.ts';
import type { Card, Frame } from './cards/blocks.ts';
import { render } from './cards/render.ts';
import { fit, foreign, oneLine } from './escape.ts';
import type { Identity, SlackCall } from './slackCall.ts';
import { slackCode } from './slackFailure.ts';

/**
 * Messages that are sent at least once and seen once. Each carries its subject's key in its metadata; after a reply
 * that was lost, the key is looked for in the channel or the thread before anything is posted again. Files have no
 * metadata of their own, so a digest of the key is part of their name.
 */

const eventType = 'genesis_subject';

const postedSchema = z.object({ channel: z.string(), ts: z.string() });

const history = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      user: z.string().optional(),
      bot_id: z.string().optional(),
      metadata: z
        .object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()).optional() })
        .optional(),
      files: z.array(z.object({ id: z.string().optional(), name: z.string().nullish() })).optional(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});
type Message = z.infer<typeof history>['messages'][number];

/** Messages of a page, and pages back: far beyond what is said between a lost reply and the next attempt. */
const pageSize = 200;
const pagesBack = 5;

export function createMessages({
  call,
  identity,
  clock,
  channelId,
  canRollBack,
  canSilence = false,
  groupIds = async () => new Map(),
}: {
  call: SlackCall;
  identity: () => Promise<Identity>;
  clock: Clock;
  channelId: (channel: string) => Promise<string>;
  canRollBack: (service: string) => boolean;
  canSilence?: boolean;
  /** Ids of user groups by their handles, these among them where they exist; empty where they cannot be known. */
  groupIds?: (handles: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}): Pick<Chat, 'show' | 'postFile' | 'pin'> {
  /** Where recent messages are, for links between them; the truth is the engine's. */
  const places = new Map<string, Posted>();

  function remember(key: string, posted: Posted): Posted {
    places.delete(key);
    places.set(key, posted);
    const [oldest] = places.keys();
    if (places.size > 2_000 && oldest !== undefined) places.delete(oldest);
    return posted;
  }

  function frame(url: string, groups: ReadonlyMap<string, string>): Frame {
    return {
      now: clock.now(),
      canRollBack,
      groupId: (handle) => groups.get(handle) ?? null,
      canSilence,
      channelUrl: (channel) => `${url}archives/${channel}`,
      linkTo: (key) => {
        const at = places.get(key);
        return at ? `${url}archives/${at.channel}/p${at.ts.replace('.', '')}` : null;
      },
    };
  }

  async function show(request: ShowRequest): Promise<Posted> {
    const me = await identity();
    const called = groupsCalled(request);
    const groups = called.length > 0 ? await groupIds(called) : new Map<string, string>();
    const card = render(request.view, frame(me.url, groups));
    const urgency = urgencyOf(request);
    if (request.known) {
      if (await update(request.known, request.key, card, urgency))
        return remember(request.key, request.known);
    }
    const channel = await channelId(request.channel);
    if (request.uncertain) {
      const found = await find(channel, request.thread, (message) => keyOf(message) === request.key);
      if (found && (await update(found, request.key, card, urgency))) return remember(request.key, found);
    }
    return remember(request.key, await post(request, channel, card, urgency));
  }

  async function post(request: ShowRequest, channel: string, card: Card, urgency: Urgency): Promise<Posted> {
    const send = () =>
      call({ method: 'chat.postMessage', channel, ...urgency }, (web) =>
        web.chat.postMessage({
          channel,
          ...(request.thread ? { thread_ts: request.thread.ts } : {}),
          text: card.text,
          blocks: card.blocks,
          metadata: { event_type: eventType, event_payload: { key: request.key } },
          unfurl_links: false,
          unfurl_media: false,
        }),
      );
    try {
      return postedSchema.parse(await send());
    } catch (error) {
      if (slackCode(error) !== 'not_in_channel') throw error;
      // A public channel can be entered; where that is not allowed either, its own sentence says what to do.
      await call({ method: 'conversations.join', ...urgency }, (web) => web.conversations.join({ channel }));
      return postedSchema.parse(await send());
    }
  }

  /** False where the message is not there any more. */
  async function update(at: Posted, key: string, card: Card, urgency: Urgency): Promise<boolean> {
    try {
      await call({ method: 'chat.update', ...urgency }, (web) =>
        web.chat.update({
          channel: at.channel,
          ts: at.ts,
          text: card.text,
          blocks: card.blocks,
          metadata: { event_type: eventType, event_payload: { key } },
        }),
      );
      return true;
    } catch (error) {
      if (slackCode(error) === 'message_not_found') return false;
      throw error;
    }
  }

  /** The newest message of our own that fits. */
  async function find(
    channel: string,
    thread: Posted | null,
    fits: (message: Message) => boolean,
  ): Promise<Posted | null> {
    const me = await identity();
    let cursor: string | undefined;
    for (let read = 0; read < pagesBack; read += 1) {
      const more = {
        channel,
        limit: pageSize,
        include_all_metadata: true,
        ...(cursor === undefined ? {} : { cursor }),
      };
      const answer = history.parse(
        thread
          ? await call({ method: 'conversations.replies' }, (web) =>
              web.conversations.replies({ ...more, ts: thread.ts }),
            )
          : await call({ method: 'conversations.history' }, (web) => web.conversations.history(more)),
      );
      const found = answer.messages.find(
        (message) => (message.user === me.botUserId || message.bot_id === me.botId) && fits(message),
      );
      if (found) return { channel, ts: found.ts };
      cursor = answer.response_metadata?.next_cursor || undefined;
      if (cursor === undefined) return null;
    }
    return null;
  }

  async function postFile(request: FileRequest): Promise<Posted> {
    const channel = await channelId(request.channel);
    const filename = withDigest(request.filename, request.key);
    const here = () =>
      find(
        channel,
        request.thread,
        (message) => message.files?.some((file) => file.name === filename) ?? false,
      );
    if (request.uncertain) {
      const found = await here();
      if (found) return remember(request.key, found);
    }
    const upload = {
      channel_id: channel,
      filename,
      title: fit(oneLine(request.title), 200),
      alt_text: fit(oneLine(request.text), 1_000),
      initial_comment: foreign(request.text, 1_000),
      file: Buffer.from(request.content),
    };
    await call({ method: 'files.completeUploadExternal', channel }, (web) =>
      web.filesUploadV2(request.thread ? { ...upload, thread_ts: request.thread.ts } : upload),
    );
    const found = await here();
    if (found) return remember(request.key, found);
    // Slack shares a file a moment after it took it; the next attempt looks for it first.
    throw new WorkFailed('file-not-shared-yet', 'Slack took the file but does not show it yet.', {
      retry: { afterMs: 2_000 },
      uncertain: true,
    });
  }

  async function pin(message: Posted): Promise<void> {
    try {
      await call({ method: 'pins.add' }, (web) =>
        web.pins.add({ channel: message.channel, timestamp: message.ts }),
      );
    } catch (error) {
      if (slackCode(error) !== 'already_pinned') throw error;
    }
  }

  return { show, postFile, pin };
}

/** Only a message that is new tells anybody; what is only edited needs to know no groups. */
function groupsCalled({ view, known }: ShowRequest): readonly string[] {
  const handles = (reached: readonly { readonly usergroup: string | null }[] = []) =>
    reached.flatMap(({ usergroup }) => usergroup ?? []);
  if (view.kind === 'call') return handles([view.call]);
  if (view.kind === 'unpaged') return handles([...(view.incident.calling?.calls ?? []), ...view.duties]);
  return view.kind === 'card' && !known ? handles(view.incident.calling?.calls) : [];
}

function keyOf({ metadata }: Message): string | null {
  if (metadata?.event_type !== eventType) return null;
  const key = metadata.event_payload?.key;
  return typeof key === 'string' ? key : null;
}

type Urgency = { readonly priority: Priority; readonly rank?: number };

function urgencyOf(request: ShowRequest): Urgency {
  const { view } = request;
  const priority = priorityOf(request);
  const incident = 'incident' in view ? view.incident : null;
  return incident ? { priority, rank: severities.indexOf(incident.severity) } : { priority };
}

/** What a person waits for goes before what is only kept up to date. */
function priorityOf({ view, known }: ShowRequest): Priority {
  switch (view.kind) {
    case 'call':
    case 'unpaged':
    case 'step':
    case 'plan':
    case 'quiet':
    case 'unresolved':
    case 'unattended':
    case 'resolved':
    case 'drill-report':
      return 'people';
    case 'announcement':
    case 'card':
      return known ? 'routine' : 'people';
    case 'note':
    case 'stakeholders':
    case 'reminders':
    case 'room':
    case 'events-dropped':
    case 'freeze':
    case 'freeze-over':
    case 'watch':
    case 'watch-report':
    case 'override':
    case 'moved':
    case 'run':
    case 'run-update':
    case 'output':
      return 'routine';
    default: {
      const never: never = view;
      return never;
    }
  }
}

/** `error-rate.png` becomes `error-rate-3f9a2c41d0.png`: the same key always gives the same name. */
function withDigest(filename: string, key: string): string {
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 10);
  const dot = filename.lastIndexOf('.');
  return dot <= 0 ? `${filename}-${digest}` : `${filename.slice(0, dot)}-${digest}${filename.slice(dot)}`;
}
