import { useEffect, useRef } from 'react';

/** A dialog that holds the focus until it is closed; Escape asks to close it. */
export function Dialog({
  label,
  className,
  onCancel,
  children,
}: {
  /** The id of the element that names it. */
  label: string;
  className: string;
  onCancel: () => void;
  children: React.ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    shown?.showModal();
    // The browser takes the first control, which in a form is the one that closes it.
    // Without scrolling to it: what stands above the first field is there to be read first.
    shown
      ?.querySelector<HTMLElement>('.dialog-body :is(input, select, textarea)')
      ?.focus({ preventScroll: true });
    return () => {
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={className}
      aria-labelledby={label}
      onCancel={(event) => {
        // The page closes it once it knows what becomes of it.
        event.preventDefault();
        // A dialog inside this one bubbles its own.
        if (event.target === dialog.current) onCancel();
      }}
    >
      {children}
    </dialog>
  );
}
