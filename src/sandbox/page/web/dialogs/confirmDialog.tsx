import { useId } from 'react';
import { createPortal } from 'react-dom';
import type { Json } from '../json.ts';
import { wordsOf } from '../json.ts';
import { TextObject } from '../text/textObject.tsx';
import { Dialog } from './dialog.tsx';

/** Slack's confirm dialog of an element. */
export function ConfirmDialog({ confirm, onAnswer }: { confirm: Json; onAnswer: (isYes: boolean) => void }) {
  const title = useId();
  const isDanger = confirm.style === 'danger';
  // Not inside the message: what hides or clips that must not hide or clip this.
  return createPortal(
    <Dialog label={title} className="dialog confirm-dialog" onCancel={() => onAnswer(false)}>
      <h2 id={title}>{wordsOf(confirm.title) || 'Are you sure?'}</h2>
      <div className="dialog-body prose">
        <TextObject value={confirm.text} />
      </div>
      <div className="dialog-buttons">
        <button type="button" className="button" onClick={() => onAnswer(false)}>
          {wordsOf(confirm.deny) || 'Cancel'}
        </button>
        <button
          type="button"
          className={isDanger ? 'button button-danger' : 'button button-primary'}
          onClick={() => onAnswer(true)}
        >
          {wordsOf(confirm.confirm) || 'Yes'}
        </button>
      </div>
    </Dialog>,
    document.body,
  );
}
