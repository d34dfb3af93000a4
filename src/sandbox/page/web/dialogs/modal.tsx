import { useEffect, useId, useRef, useState } from 'react';
import type { PersonView } from '../../../emulator/personApi.ts';
import { Blocks } from '../blocks/blocks.tsx';
import { BlockHostProvider, inputsOf } from '../blocks/host.tsx';
import { useSession } from '../session.ts';
import { Dialog } from './dialog.tsx';

const none: Readonly<Record<string, string>> = {};

/** The top of the open modals. Draw it with the view's id as `key`. */
export function Modal({ view }: { view: PersonView }) {
  const { state, act } = useSession();
  const title = useId();
  const form = useRef<HTMLFormElement>(null);
  const [errors, setErrors] = useState(none);
  const [failure, setFailure] = useState('');
  const [isBusy, setBusy] = useState(false);
  const place = { kind: 'view', viewId: view.id } as const;

  // What is wrong belongs to what was submitted, not to a form that the app has replaced since.
  // The hash names the form's content.
  useEffect(() => setErrors(none), [view.hash]);

  useEffect(() => {
    if (Object.keys(errors).length === 0) return;
    form.current?.querySelector<HTMLElement>('.is-invalid :is(input, select, textarea, button)')?.focus();
  }, [errors]);

  async function submit(): Promise<void> {
    if (isBusy) return;
    setBusy(true);
    setFailure('');
    const reply = await act('submit', { viewId: view.id, values: inputsOf(state.me.id, place) });
    setBusy(false);
    if (reply.ok) return;
    setErrors(reply.errors ?? none);
    setFailure(reply.errors === undefined ? reply.message : '');
  }

  async function close(): Promise<void> {
    const reply = await act('close', { viewId: view.id });
    if (!reply.ok) setFailure(reply.message);
  }

  return (
    <Dialog label={title} className="dialog modal" onCancel={() => void close()}>
      <form
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className="modal-head">
          <span className="app-mark" aria-hidden="true" />
          <h2 id={title}>{view.title}</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={() => void close()}>
            ×
          </button>
        </div>
        <div className="dialog-body">
          <BlockHostProvider place={place} errors={errors}>
            <Blocks blocks={view.blocks} />
          </BlockHostProvider>
        </div>
        {failure !== '' && (
          <div className="modal-failure" role="alert">
            {failure}
          </div>
        )}
        <div className="dialog-buttons">
          <button type="button" className="button" onClick={() => void close()}>
            {view.depth > 0 && view.close === 'Cancel' ? 'Back' : view.close}
          </button>
          {view.submit !== undefined && (
            <button type="submit" className="button button-primary" aria-busy={isBusy}>
              {view.submit}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
