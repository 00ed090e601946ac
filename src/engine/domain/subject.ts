/** Checks the subjects of access tokens. The console checks a file with it before it changes a list, so this file imports nothing. */

/** Counted in code points. OpenID Connect Core allows 255 ASCII characters. */
export const SUBJECT_LENGTH_MAX = 255;

const controlCharacter = /\p{Cc}/u;
/** Half of a surrogate pair is not text, and no store would return it. */
const loneSurrogate = /\p{Cs}/u;

/** Whether a token may carry this text: not empty, not too long, and without control characters. */
export function isSubject(text: string): boolean {
  // A code point has at most two units, so that the length is known before anything is walked.
  if (text === '' || text.length > 2 * SUBJECT_LENGTH_MAX) return false;
  if (Array.from(text).length > SUBJECT_LENGTH_MAX) return false;
  return !controlCharacter.test(text) && !loneSurrogate.test(text);
}
