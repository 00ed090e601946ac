/** Draws what is below a list that grows page by page: more, loading, a problem, or that the list is empty. */
import type { ComponentChildren } from 'preact';
import { useConsole } from '../context.js';
import type { GrowingList } from '../hooks.js';
import { Failed, Loading } from './states.js';

interface GrowingListEndOptions {
  readonly list: Omit<GrowingList<unknown>, 'replace'>;
  /** Shown where the list has nothing at all. */
  readonly children: ComponentChildren;
}

export function GrowingListEnd({ list, children }: GrowingListEndOptions) {
  const { words } = useConsole();
  if (list.loading) return below('loading', <Loading />);
  if (list.problem !== undefined)
    return below('failed', <Failed problem={list.problem} retry={() => list.readNext()} />);
  if (!list.more) return below('end', list.items.length === 0 && children);
  return below(
    'more',
    <button type="button" class="button" onClick={() => list.readNext()}>
      {words.more}
    </button>,
  );
}

/** An element of its own for each kind: one that stays jumps down as rows come above it. */
function below(kind: string, content: ComponentChildren) {
  return (
    <div class="below" key={kind}>
      {content}
    </div>
  );
}
