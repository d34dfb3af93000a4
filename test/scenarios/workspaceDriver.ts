import { vi } from 'vitest';
import type { Emulator } from '../../src/sandbox/emulator/emulator.ts';
import type { Message } from '../../src/sandbox/emulator/model.ts';

/** People and what they see, in the words of a scenario. Everything waits for a condition, nothing for a time. */
export type WorkspaceDriver = ReturnType<typeof createWorkspaceDriver>;

type Button = { readonly text: string; readonly actionId: string; readonly value: string | undefined };

type Json = { readonly [key: string]: unknown };

function buttonsOf(value: unknown): Button[] {
  if (Array.isArray(value)) return value.flatMap(buttonsOf);
  if (typeof value !== 'object' || value === null) return [];
  const json = value as Json;
  const own =
    json.type === 'button'
      ? [
          {
            text: String((json.text as Json).text),
            actionId: String(json.action_id),
            value: json.value as string | undefined,
          },
        ]
      : [];
  return [...own, ...Object.values(json).flatMap(buttonsOf)];
}

/** Everything that a message says, its blocks included, as one text. */
export function wordsOf(message: Pick<Message, 'text'> & { blocks?: unknown }): string {
  return `${message.text}\n${JSON.stringify(message.blocks ?? [])}`;
}

export function createWorkspaceDriver(emulator: Emulator, patienceMs = 60_000) {
  const { workspace } = emulator;
  const waiting = { timeout: patienceMs, interval: 50 };

  const incidentChannel = (number: number) =>
    vi.waitFor(() => {
      const found = workspace
        .channels()
        .find((channel) => channel.name.startsWith('incident-') && channel.name.endsWith(`-${number}`));
      if (!found) throw new Error(`no channel of incident ${number} yet`);
      return found;
    }, waiting);

  const message = (channel: string, words: string | RegExp) =>
    vi.waitFor(() => {
      const all = workspace.allMessages(channel);
      const found = all.findLast((each) =>
        typeof words === 'string' ? wordsOf(each).includes(words) : words.test(wordsOf(each)),
      );
      if (!found)
        throw new Error(`nobody said ${words}; said was:\n${all.map((each) => each.text).join('\n')}`);
      return found;
    }, waiting);

  const findButton = (channel: string, text: string) => {
    for (const each of workspace.allMessages(channel).toReversed()) {
      const button = buttonsOf(each.blocks).find((candidate) => candidate.text === text);
      if (button) return { message: each, button };
    }
    return null;
  };

  /** The newest message that has a button with this text. */
  const withButton = (channel: string, text: string) =>
    vi.waitFor(() => {
      const found = findButton(channel, text);
      if (found) return found;
      const all = workspace.allMessages(channel);
      const offered = all.flatMap((each) => buttonsOf(each.blocks).map((button) => button.text));
      throw new Error(`no button "${text}"; offered are: ${offered.join(', ')}`);
    }, waiting);

  const press = (
    person: string,
    channel: string,
    { message: found, button }: NonNullable<ReturnType<typeof findButton>>,
  ) =>
    emulator
      .person(person)
      .click(
        { channel, ts: found.ts },
        { actionId: button.actionId, ...(button.value === undefined ? {} : { value: button.value }) },
        { confirmed: true },
      );

  return {
    incidentChannel,
    message,
    withButton,
    /** Whether a message of the channel says this now. */
    says: (channel: string, words: RegExp): boolean =>
      workspace.allMessages(channel).some((each) => words.test(wordsOf(each))),
    offers: (channel: string, text: string): boolean => findButton(channel, text) !== null,
    openModal: (person: string) => workspace.openView(person),
    submit: (person: string, view: string) => emulator.person(person).submit(view, {}),
    /** Clicks without waiting for the button; whether the click got anywhere shows in what follows. */
    async clickIfThere(person: string, channel: string, text: string): Promise<void> {
      const found = findButton(channel, text);
      if (found) await press(person, channel, found);
    },
    /** Clicks the newest button with this text, saying yes where a confirmation is asked. */
    async click(person: string, channel: string, text: string) {
      const found = await withButton(channel, text);
      const reply = await press(person, channel, found);
      return { reply, message: found.message };
    },
    /** Clicks a button as the person saw it, also where the message has lost it since. */
    clickSeen: (
      person: string,
      channel: string,
      { message, button }: NonNullable<ReturnType<typeof findButton>>,
    ) =>
      emulator
        .person(person)
        .click(
          { channel, ts: message.ts },
          { actionId: button.actionId, value: button.value ?? '' },
          { confirmed: true, stale: true, blocks: message.blocks },
        ),
    /** What the bot told this person alone, the newest one that matches. */
    told: (person: string, words: string | RegExp) =>
      vi.waitFor(() => {
        const all = workspace.ephemerals(person);
        const found = all.findLast((each) =>
          typeof words === 'string' ? wordsOf(each).includes(words) : words.test(wordsOf(each)),
        );
        if (!found)
          throw new Error(
            `${person} was not told ${words}; told was:\n${all.map((each) => each.text).join('\n')}`,
          );
        return found;
      }, waiting),
    modal: (person: string) =>
      vi.waitFor(() => {
        const view = workspace.openView(person);
        if (!view) throw new Error(`${person} has no modal open`);
        return view;
      }, waiting),
  };
}
