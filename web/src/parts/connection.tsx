/** Shows when the displayed data may be old, and when it is fresh again. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useConsole } from '../context.js';

/** Shorter breaks than this are not shown. */
const SAY_AFTER_MS = 1_500;

export function ConnectionNote({ status }: { readonly status: 'live' | 'lost' }) {
  const { words, notify } = useConsole();
  const [shown, setShown] = useState(false);
  const said = useRef(false);
  useEffect(() => {
    if (status === 'live') {
      if (said.current) notify(words.reconnected);
      said.current = false;
      setShown(false);
      return;
    }
    const timer = window.setTimeout(() => {
      said.current = true;
      setShown(true);
    }, SAY_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, [status]);
  return (
    <div class="connection" role="status" hidden={!shown}>
      <span class="spinner spinner-small" aria-hidden="true" />
      <span>{shown ? words.reconnecting : ''}</span>
    </div>
  );
}
