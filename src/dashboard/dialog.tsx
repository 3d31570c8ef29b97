/** Questions before something is done: the platform's own modal dialog, which keeps the focus and gives it back. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { useDoing } from './live.ts';
import { Button, Problem } from './parts.tsx';

export function Confirm({
  title,
  action,
  danger = false,
  reason,
  onConfirm,
  onClose,
  children,
}: {
  title: string;
  /** What the button says: the thing itself, not "OK". */
  action: string;
  danger?: boolean;
  reason?: string | undefined;
  onConfirm(): Promise<void>;
  onClose(): void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const { busy, error, run } = useDoing();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const confirm = (): Promise<void> =>
    run(async () => {
      await onConfirm();
      dialog.current?.close();
      // What opened it may be gone by now, and the focus with it.
      if (danger) document.querySelector('h1')?.focus();
    });
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
      <Problem error={error} />
      <div class="actions">
        <Button onClick={() => dialog.current?.close()}>Cancel</Button>
        <Button kind={danger ? 'danger' : 'primary'} busy={busy} reason={reason} onClick={confirm}>
          {action}
        </Button>
      </div>
    </dialog>
  );
}
