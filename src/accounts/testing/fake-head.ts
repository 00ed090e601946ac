/** Makes heads of a history whose changes a test invents. */
import type { ChangeHead } from '../change-history.js';
import { TOKEN_LENGTH, TOKENS_MAX } from '../change-history.js';

/** @param life of the database: changes of another life have other tokens. */
export function headAt(revision: number, life = 'a'): ChangeHead {
  return { revision, tokens: tokensDownFrom(revision, life).join('') };
}

function tokensDownFrom(revision: number, life: string): string[] {
  const length = Math.min(TOKENS_MAX, revision + 1);
  return Array.from({ length }, (_, back) => life + String(revision - back).padStart(TOKEN_LENGTH - 1, '0'));
}
