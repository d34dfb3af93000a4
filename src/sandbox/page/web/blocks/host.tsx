import { createContext, use, useState } from 'react';
import type { ElementInput, ElementInputs, ElementPlace } from '../../../emulator/personApi.ts';
import { ConfirmDialog } from '../dialogs/confirmDialog.tsx';
import type { Json } from '../json.ts';
import { object, string } from '../json.ts';
import { useSession } from '../session.ts';

/** What the elements of one message or view share: what was put into them, and how a click leaves the page. */
export interface BlockHost {
  place: ElementPlace;
  inputs: ElementInputs;
  /** Of the form's last submission, by block_id. */
  errors: Readonly<Record<string, string>>;
  put: (target: Target, input: ElementInput) => void;
  /** Sends a click or a choice, after a yes where the element asks for one. */
  click: (target: Target, element: Json, input?: ElementInput) => void;
  /** The element whose click is on its way, as `block_id/action_id`. */
  busy: string;
}

export interface Target {
  blockId: string;
  actionId: string;
}

const BlockHostContext = createContext<BlockHost | null>(null);

export function useBlockHost(): BlockHost {
  const host = use(BlockHostContext);
  if (host === null) throw new Error('Elements stand in messages or views alone');
  return host;
}

export function targetOf(blockId: string, element: Json): Target {
  return { blockId, actionId: string(element.action_id) };
}

export const keyOf = ({ blockId, actionId }: Target): string => `${blockId}/${actionId}`;

export function placeKey(place: ElementPlace): string {
  switch (place.kind) {
    case 'message':
      return `message/${place.channelId}/${place.ts}`;
    case 'ephemeral':
      return `ephemeral/${place.id}`;
    case 'view':
      return `view/${place.viewId}`;
    default: {
      const never: never = place;
      return never;
    }
  }
}

/** Outlives the drawing: a form under another form, or a message in another channel, keeps what was put in. */
const kept = new Map<string, ElementInputs>();

function useInputs(key: string): [ElementInputs, (target: Target, input: ElementInput) => ElementInputs] {
  const [inputs, setInputs] = useState<ElementInputs>(() => kept.get(key) ?? {});
  const put = ({ blockId, actionId }: Target, input: ElementInput) => {
    const before = kept.get(key) ?? {};
    const next = { ...before, [blockId]: { ...before[blockId], [actionId]: input } };
    kept.set(key, next);
    setInputs(next);
    return next;
  };
  return [inputs, put];
}

/** What was put into a view so far, for submitting it. */
export function inputsOf(userId: string, place: ElementPlace): ElementInputs {
  return kept.get(`${userId}/${placeKey(place)}`) ?? {};
}

interface Asked {
  target: Target;
  element: Json;
  input: ElementInput | undefined;
}

const none: Readonly<Record<string, string>> = {};

/** Give it a `key` that names the place: it remembers what was put in. */
export function BlockHostProvider({
  place,
  errors = none,
  children,
}: {
  place: ElementPlace;
  errors?: Readonly<Record<string, string>>;
  children: React.ReactNode;
}) {
  const { state, act, notify } = useSession();
  const [inputs, put] = useInputs(`${state.me.id}/${placeKey(place)}`);
  const [busy, setBusy] = useState('');
  const [asked, setAsked] = useState<Asked | null>(null);

  async function send({ target, input }: Asked, isConfirmed: boolean): Promise<void> {
    setBusy(keyOf(target));
    // The other elements' contents go along, as the app reads them from the same state.
    const all = input === undefined ? inputs : put(target, input);
    const reply = await act('click', {
      at: place,
      ...target,
      ...(input === undefined ? {} : { input }),
      state: all,
      ...(isConfirmed ? { confirmed: true } : {}),
    });
    setBusy('');
    if (!reply.ok) notify(reply.message);
  }

  const click = (target: Target, element: Json, input?: ElementInput) => {
    const click = { target, element, input };
    if (object(element.confirm) === null) void send(click, false);
    else setAsked(click);
  };

  return (
    <BlockHostContext value={{ place, inputs, errors, put, click, busy }}>
      {children}
      {asked !== null && (
        <ConfirmDialog
          confirm={object(asked.element.confirm) ?? {}}
          onAnswer={(isYes) => {
            setAsked(null);
            if (isYes) void send(asked, true);
          }}
        />
      )}
    </BlockHostContext>
  );
}
