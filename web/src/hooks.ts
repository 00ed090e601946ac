/** Provides what pages share: their title, answers of the API, lists that grow page by page, and repeats. */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import type { Result } from './api/calls.js';
import type { Page } from './api/coupon.js';
import type { Problem } from './api/problem.js';

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Seonchak`;
  }, [title]);
}

/** @returns a function that draws the component again: for what is not among its state, such as the time. */
export function useRedraw(): () => void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  return () => redraw(undefined);
}

/** Calls `repeat`, as it is at that time, every so often. */
export function useInterval(repeat: () => void, everyMs: number): void {
  const latest = useRef(repeat);
  latest.current = repeat;
  useEffect(() => {
    const timer = window.setInterval(() => latest.current(), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
}

/** @returns the value once it has been the same for a while. */
export function useDebounced<Value>(value: Value, afterMs: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), afterMs);
    return () => window.clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}

export interface Loaded<Value> {
  /** The latest answer; a failed repeat does not take the place of a value. */
  readonly result: Result<Value> | undefined;
  readonly reload: () => Promise<void>;
}

/**
 * Asks the API when the component appears and when one of `inputs` changes.
 *
 * What is shown stays until the answer to the new question is there, so that a list does not flicker while its reader
 * types. Answers to a question that has been left are dropped. A question that is asked while another is on its way waits for
 * its turn, because the answer on its way may be older than what the asker has just changed.
 */
export function useLoaded<Value>(
  load: () => Promise<Result<Value>>,
  inputs: readonly unknown[],
): Loaded<Value> {
  const [result, setResult] = useState<Result<Value>>();
  const latest = useRef(load);
  latest.current = load;
  const round = useRef(0);
  /** True until the present question has its first answer: what is shown answers an earlier one. */
  const first = useRef(true);
  const queue = useRef(Promise.resolve());

  function reload(): Promise<void> {
    const own = round.current;
    queue.current = queue.current.then(async () => {
      if (own !== round.current) return;
      const answer = await latest.current();
      if (own !== round.current) return;
      const replaces = answer.ok || first.current;
      first.current = false;
      setResult((shown) => (replaces || shown?.ok !== true ? answer : shown));
    });
    return queue.current;
  }

  useEffect(() => {
    round.current++;
    first.current = true;
    void reload();
    return () => {
      round.current++;
    };
  }, inputs);
  return { result, reload };
}

export interface GrowingList<Item> {
  readonly items: readonly Item[];
  readonly problem: Problem | undefined;
  readonly loading: boolean;
  /** Whether the list has more than is shown. */
  readonly more: boolean;
  /** Reads the next page, or the same again after a problem. */
  readonly readNext: () => void;
  readonly replace: (items: readonly Item[]) => void;
  /** Belongs to the list's element: the keyboard continues at the first of the new rows. */
  readonly listRef: RefObject<HTMLUListElement | null>;
}

type Cursor = number | string;

interface ListState<Item> {
  readonly items: readonly Item[];
  readonly next: Cursor | undefined;
  readonly problem: Problem | undefined;
  readonly loading: boolean;
}

/** A list read page by page, from the start whenever one of `inputs` changes. */
export function useGrowingList<Item>(
  load: (after: Cursor) => Promise<Result<Page<Item>>>,
  inputs: readonly unknown[],
): GrowingList<Item> {
  const empty: ListState<Item> = { items: [], next: 0, problem: undefined, loading: true };
  const [state, setState] = useState(empty);
  const round = useRef(0);
  const listRef = useRef<HTMLUListElement>(null);
  const focusFrom = useRef<number | undefined>(undefined);

  async function read(after: Cursor): Promise<void> {
    const own = round.current;
    const result = await load(after);
    if (own !== round.current) return;
    setState(({ items }) =>
      result.ok
        ? {
            items: [...items, ...result.value.items],
            next: result.value.next,
            problem: undefined,
            loading: false,
          }
        : { items, next: after, problem: result.problem, loading: false },
    );
  }

  useEffect(() => {
    round.current++;
    setState(empty);
    void read(0);
    return () => {
      round.current++;
    };
  }, inputs);

  useLayoutEffect(() => {
    const from = focusFrom.current;
    if (from === undefined || state.items.length <= from) return;
    focusFrom.current = undefined;
    listRef.current?.children[from]?.querySelector<HTMLElement>('a, button')?.focus();
  }, [state.items.length]);

  return {
    items: state.items,
    problem: state.problem,
    loading: state.loading,
    more: state.next !== undefined,
    readNext() {
      const { next } = state;
      if (next === undefined || state.loading) return;
      focusFrom.current = state.items.length;
      setState((before) => ({ ...before, loading: true, problem: undefined }));
      void read(next);
    },
    replace: (items) => setState((before) => ({ ...before, items })),
    listRef,
  };
}
