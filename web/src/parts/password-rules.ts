/** Checks a new password by the API's rule before it is sent. */
import type { Words } from '../language/en.js';

const PASSWORD_LENGTH_MIN = 8;
const PASSWORD_LENGTH_MAX = 128;

/** @returns what is wrong with it; `undefined` where the API takes it. */
export function passwordFault(typed: string, words: Words): string | undefined {
  const { length } = Array.from(typed.normalize('NFKC'));
  return length < PASSWORD_LENGTH_MIN || length > PASSWORD_LENGTH_MAX ? words.form.passwordShort : undefined;
}
