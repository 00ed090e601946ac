/** Reads the claims of a token as strictly as a request's body: one meaning, no key twice. */
import { isUtf8 } from 'node:buffer';
import { parseStrictJson } from '../wire/strict-json.js';

/**
 * Claims as issuers usually write them, flat and without a colon in a value, need no search for keys that occur twice:
 * as many colons as keys means that each key occurs once.
 *
 * @returns `undefined` for bytes that are no JSON, or JSON with two meanings.
 */
export function parseClaims(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    const claims: unknown = JSON.parse(text);
    const isFlat =
      typeof claims === 'object' && claims !== null && countColons(text) === Object.keys(claims).length;
    return isFlat ? claims : parseJson(bytes);
  } catch {
    return undefined;
  }
}

export function parseJson(bytes: Uint8Array): unknown {
  const json = parseStrictJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return json.status === 'parsed' ? json.value : undefined;
}

function countColons(text: string): number {
  let colons = 0;
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) colons++;
  return colons;
}
