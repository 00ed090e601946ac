/** Defines what a page is, and what it is given. */
import type { ApiClient } from './api/client.js';
import type { Problem } from './api/problem.js';
import type { Format } from './format.js';
import type { Words } from './language/en.js';
import type { Session } from './session.js';

export interface ViewContext {
  readonly api: ApiClient;
  readonly session: Session;
  readonly words: Words;
  readonly format: Format;
  /** The address now, to come back to after signing in. */
  readonly address: string;
  go(address: string): void;
  /** A line at the edge of the screen that disappears automatically; also spoken. */
  notify(text: string, kind?: 'good' | 'bad'): void;
}

export interface View {
  readonly title: string;
  readonly root: HTMLElement;
  /** Ends timers, streams and listeners; called once, when another page takes over. */
  leave?(): void;
}

/** In the reader's language where we have a sentence for it; the server's own words otherwise. */
export function problemText(words: Words, problem: Problem): string {
  const known = words.problems[problem.code];
  const { issued } = problem.fields;
  if (known === undefined)
    return problem.detail === '' ? (words.problems['unexpected'] ?? '') : problem.detail;
  return typeof issued === 'number' ? `${known} (${issued})` : known;
}
