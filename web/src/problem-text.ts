/** Puts a problem of the API into the reader's language. */
import type { Problem } from './api/problem.js';
import type { Words } from './language/en.js';

/** In the reader's language where we have a sentence for it; the server's own words otherwise. */
export function problemText(words: Words, problem: Problem): string {
  const { issued, rule } = problem.fields;
  const known =
    (typeof rule === 'string' ? words.problems[`${problem.code}.${rule}`] : undefined) ??
    words.problems[problem.code];
  if (known === undefined)
    return problem.detail === '' ? (words.problems['unexpected'] ?? '') : problem.detail;
  return typeof issued === 'number' ? `${known} (${issued})` : known;
}

/** Guards whose reason has names that no sentence of ours can know: which attribute, which coupon. */
const named = new Set(['claim_unknown', 'not_exclusive', 'pause_first', 'hold_fixed', 'upgrade_running']);

/** The same for changes that a guard refuses, with the server's own reason. */
export function guardText(words: Words, problem: Problem): string {
  const text = problemText(words, problem);
  return named.has(problem.code) && problem.detail !== '' ? `${text} (${problem.detail})` : text;
}
