/** Shows short notices at the edge of the screen; they disappear automatically and are read out by screen readers. */
import { useRef, useState } from 'preact/hooks';

const SHOWN_MS = 5_000;
const NOTICES_MAX = 3;

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly kind: 'good' | 'bad';
}

export function useNotices(): {
  readonly notices: readonly Notice[];
  readonly notify: (text: string, kind?: Notice['kind']) => void;
} {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const lastId = useRef(0);
  return {
    notices,
    notify(text: string, kind: Notice['kind'] = 'good'): void {
      const id = ++lastId.current;
      setNotices((shown) => [...shown, { id, text, kind }].slice(-NOTICES_MAX));
      window.setTimeout(() => setNotices((shown) => shown.filter((notice) => notice.id !== id)), SHOWN_MS);
    },
  };
}

export function Notices({ notices }: { readonly notices: readonly Notice[] }) {
  return (
    <div class="notices" aria-live="polite">
      {notices.map(({ id, text, kind }) => (
        <p key={id} class={`notice notice-${kind}`}>
          {text}
        </p>
      ))}
    </div>
  );
}
