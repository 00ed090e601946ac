/** Parses JSON of untrusted clients and refuses input that two parsers could read differently. */
import { isUtf8 } from 'node:buffer';

/** Deeper than anything we ask for; a body that nests further is an attempt at something. */
export const JSON_DEPTH_MAX = 16;

export type StrictJson =
  | { readonly status: 'parsed'; readonly value: unknown }
  | { readonly status: 'not_utf8' | 'not_json' | 'duplicate_key' | 'too_deep' };

/**
 * Parses UTF-8 bytes. Besides what RFC 8259 demands, an object must not name a key twice (JSON.parse takes the last one, other readers
 * the first) and nesting is limited to {@link JSON_DEPTH_MAX}.
 */
export function parseStrictJson(bytes: Buffer): StrictJson {
  if (!isUtf8(bytes)) return { status: 'not_utf8' };
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { status: 'not_json' };
  }
  const keys = countKeys(value, 0);
  if (keys === undefined) return { status: 'too_deep' };
  return keys === countKeysInText(text) ? { status: 'parsed', value } : { status: 'duplicate_key' };
}

/** Keys of all objects together; `undefined` when the value nests deeper than allowed. */
function countKeys(value: unknown, depth: number): number | undefined {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === JSON_DEPTH_MAX) return undefined;
  const members: unknown[] = Object.values(value);
  let keys = Array.isArray(value) ? 0 : members.length;
  for (const member of members) {
    const inside = countKeys(member, depth + 1);
    if (inside === undefined) return undefined;
    keys += inside;
  }
  return keys;
}

const QUOTE = '"';
const COLON = 0x3a;
const SPACE = 0x20;

/**
 * Keys in text that JSON.parse has accepted: strings with a colon after them. When a key occurs twice in an object,
 * the parsed value has fewer. A reviver does not help: it is called once a key, after the duplicates are removed.
 */
function countKeysInText(text: string): number {
  // Without its escapes a string holds no quote, and so the next quote ends it.
  const plain = text.includes('\\') ? text.replace(/\\[^]/g, '__') : text;
  let keys = 0;
  let start = plain.indexOf(QUOTE);
  while (start >= 0) {
    let afterString = plain.indexOf(QUOTE, start + 1) + 1;
    while (plain.charCodeAt(afterString) <= SPACE) afterString++;
    if (plain.charCodeAt(afterString) === COLON) keys++;
    start = plain.indexOf(QUOTE, afterString);
  }
  return keys;
}
