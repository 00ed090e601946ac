/** Puts a problem of the API into the reader's language. */
import type { Problem } from './api/problem.js';
import type { Words } from './language/en.js';

/** In the reader's language where we have a sentence for it; the server's own words otherwise. */
export function problemText(words: Words, problem: Problem): string {
  const known = words.problems[problem.code];
  const { issued } = problem.fields;
  if (known === undefined)
    return problem.detail === '' ? (words.problems['unexpected'] ?? '') : problem.detail;
  return typeof issued === 'number' ? `${known} (${issued})` : known;
}
