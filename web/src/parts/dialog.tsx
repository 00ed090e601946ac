/** Asks for confirmation in the browser's own dialog, which traps the focus and closes on Escape. */
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useConsole } from '../context.js';

interface DialogOptions {
  readonly title: string;
  readonly text?: string;
  /** Form fields, when something is asked for. */
  readonly children?: ComponentChildren;
  readonly submit: string;
  /** What leaves everything as it is, where the usual word could be taken for the deed: that of cancelling something. */
  readonly dismiss?: string;
  readonly danger?: boolean;
  /** Where the keyboard continues when the button that opened the dialog has been removed by then. */
  readonly focusAfter?: () => HTMLElement | null | undefined;
  /** Does it; what it returns is shown as the reason why it was not done, and the dialog stays open. */
  readonly run: () => Promise<ComponentChildren>;
  /** The dialog was closed, whether or not anything was done. */
  readonly onClose: () => void;
}

export function Dialog({
  title,
  text,
  children,
  submit,
  dismiss,
  danger,
  focusAfter,
  run,
  onClose,
}: DialogOptions) {
  const { words } = useConsole();
  const cancel = useRef<HTMLButtonElement>(null);
  const foot = useRef<HTMLDivElement>(null);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<ComponentChildren>();

  // What destroys something is not under the finger that opened the dialog.
  useLayoutEffect(() => {
    if (danger === true) cancel.current?.focus();
  }, []);

  // The buttons are always in view, so a reason among the fields may be below them.
  useLayoutEffect(() => {
    const reason = foot.current?.parentElement?.querySelector('.form-fault:not(:empty)');
    if (fault !== undefined) reason?.scrollIntoView({ block: 'nearest' });
  }, [fault]);

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setFault(undefined);
    const reason = await run();
    setBusy(false);
    if (reason === undefined) onClose();
    else setFault(reason);
  }

  return (
    <Modal title={title} focusAfter={focusAfter} onClose={onClose}>
      {(heading, close) => (
        <form noValidate onSubmit={(event) => void onSubmit(event)}>
          {heading}
          {text !== undefined && <p class="dialog-text">{text}</p>}
          {children}
          <div class="dialog-foot" ref={foot}>
            <p class="form-fault" role="alert">
              {fault}
            </p>
            <div class="dialog-actions">
              <button type="button" class="button" ref={cancel} onClick={close}>
                {dismiss ?? words.cancel}
              </button>
              <button
                type="submit"
                class={danger === true ? 'button button-danger' : 'button button-primary'}
                aria-busy={busy}
              >
                {submit}
              </button>
            </div>
          </div>
        </form>
      )}
    </Modal>
  );
}

interface ModalOptions extends Pick<DialogOptions, 'title' | 'onClose'> {
  readonly focusAfter: DialogOptions['focusAfter'] | undefined;
  /** Is given the heading, and what closes the dialog. */
  readonly children: (heading: ComponentChildren, close: () => void) => ComponentChildren;
}

/** The browser's own dialog around anything. */
export function Modal({ title, focusAfter, onClose, children }: ModalOptions) {
  const titleId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const after = useRef(focusAfter);
  after.current = focusAfter;

  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      // Returns the focus to the button that opened it.
      shown?.close();
      if (document.activeElement === document.body) after.current?.()?.focus();
    };
  }, []);

  return (
    <dialog
      class="dialog"
      aria-labelledby={titleId}
      ref={dialog}
      onClose={() => {
        // Also sent after the dialog was removed, when its owner may have opened the next.
        if (dialog.current?.isConnected === true) onClose();
      }}
    >
      {children(<h2 id={titleId}>{title}</h2>, () => dialog.current?.close())}
    </dialog>
  );
}
