/** Asks for confirmation in the browser's own dialog, which traps the focus and closes on Escape. */
import { element, fill } from '../dom.js';
import type { Child } from '../dom.js';
import type { ViewContext } from '../view.js';

export interface DialogOptions {
  readonly title: string;
  readonly text?: string;
  /** Form fields, when something is asked for. */
  readonly fields?: readonly Child[];
  readonly submit: string;
  readonly danger?: boolean;
  /** Where the keyboard goes on when the button that opened the dialog has been removed by then. */
  focusAfter?(): HTMLElement | null;
  /** Does it; what it returns is shown as the reason why it was not done, and the dialog stays open. */
  run(): Promise<string | HTMLElement | undefined>;
}

let count = 0;
let shown: HTMLDialogElement | undefined;

/** For when the page under it is left. */
export function closeDialog(): void {
  shown?.close();
}

export function openDialog(context: ViewContext, options: DialogOptions): void {
  const titleId = `dialog-title-${++count}`;
  const fault = element('p', { class: 'form-fault', role: 'alert' });
  const submit = element(
    'button',
    { type: 'submit', class: options.danger === true ? 'button button-danger' : 'button button-primary' },
    options.submit,
  );
  const cancel = element(
    'button',
    { type: 'button', class: 'button', on: { click: () => dialog.close() } },
    context.words.cancel,
  );
  const form = element(
    'form',
    { novalidate: true, on: { submit: (event) => void onSubmit(event) } },
    element('h2', { id: titleId }, options.title),
    options.text !== undefined && element('p', { class: 'dialog-text' }, options.text),
    ...(options.fields ?? []),
    fault,
    element('div', { class: 'dialog-actions' }, cancel, submit),
  );
  const dialog = element('dialog', { class: 'dialog', 'aria-labelledby': titleId }, form);
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (shown === dialog) shown = undefined;
    if (document.activeElement === document.body) options.focusAfter?.()?.focus();
  });
  shown = dialog;
  document.body.append(dialog);
  dialog.showModal();
  // What destroys something is not under the finger that opened the dialog.
  if (options.danger === true) cancel.focus();

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    if (submit.getAttribute('aria-busy') === 'true') return;
    submit.setAttribute('aria-busy', 'true');
    fill(fault);
    const reason = await options.run();
    submit.removeAttribute('aria-busy');
    if (reason === undefined) dialog.close();
    else fill(fault, reason);
  }
}
