/** Draws a page of a bundle that the browser loads when the page is visited. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { OFFLINE } from '../api/problem.js';
import { Failed, Loading } from '../parts/states.js';

export interface Bundle<Pages> {
  readonly load: () => Promise<Pages>;
  /** What was loaded: a later page of the bundle is drawn at once. */
  pages: Pages | undefined;
}

/** @param load imports the bundle; the build makes a file of its own of it. */
export function bundle<Pages>(load: () => Promise<Pages>): Bundle<Pages> {
  return { load, pages: undefined };
}

interface LaterOptions<Pages> {
  readonly from: Bundle<Pages>;
  readonly children: (pages: Pages) => ComponentChildren;
}

export function Later<Pages>({ from, children }: LaterOptions<Pages>) {
  const [state, setState] = useState<'loading' | 'loaded' | 'failed'>('loading');
  useEffect(() => {
    if (from.pages !== undefined) return;
    let left = false;
    from
      .load()
      .then((pages) => {
        from.pages = pages;
        if (!left) setState('loaded');
      })
      .catch(() => {
        if (!left) setState('failed');
      });
    return () => {
      left = true;
    };
  }, [from]);
  if (from.pages !== undefined) return <>{children(from.pages)}</>;
  if (state === 'loading') return <Loading />;
  // A new release has other files: only the whole page, loaded again, names them.
  return <Failed problem={OFFLINE} retry={() => location.reload()} wholePage />;
}
