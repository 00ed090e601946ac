/** Shows a secret that no later answer has, until the reader confirms that it is copied. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useConsole } from '../context.js';

interface SecretOnceOptions {
  readonly title: string;
  readonly text: string;
  readonly secret: string;
  readonly onDone: () => void;
}

export function SecretOnce({ title, text, secret, onDone }: SecretOnceOptions) {
  const { words, notify } = useConsole();
  const { shop } = words;
  const root = useRef<HTMLElement>(null);
  const shown = useRef<HTMLElement>(null);
  useLayoutEffect(() => root.current?.focus(), [secret]);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(secret);
      notify(shop.copied);
    } catch {
      // Not allowed here (plain http on another machine).
      if (shown.current !== null) getSelection()?.selectAllChildren(shown.current);
      notify(shop.copyFailed, 'bad');
    }
  }

  return (
    <section class="panel secret-once" role="status" tabIndex={-1} ref={root}>
      <h2>{title}</h2>
      <p>{text}</p>
      <p class="secret">
        <code ref={shown}>{secret}</code>
      </p>
      <div class="panel-actions">
        <button type="button" class="button button-primary" onClick={() => void copy()}>
          {shop.copy}
        </button>
        <button type="button" class="button" onClick={onDone}>
          {shop.keys.done}
        </button>
      </div>
    </section>
  );
}
