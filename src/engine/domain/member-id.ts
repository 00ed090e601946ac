/**
 * Converts the subjects of access tokens to member ids and back.
 *
 * A subject is what an identity provider calls a person: `7`, `auth0|5f7c`, `김선착`. Inside, in Redis and in every table,
 * a person has one member id of a narrow alphabet, because `:`, `,`, `{` and `}` separate the fields of packed values
 * and Redis keys, and `~` is reserved for units. An encoding was preferred to a hash with a table of originals
 * (docs/adr/0060): a member id is shown without a read of any table.
 */
import { isSubject, SUBJECT_LENGTH_MAX } from './subject.js';

declare const memberIdBrand: unique symbol;

/**
 * Identifies the person who downloads. A subject of 1–64 characters of `[A-Za-z0-9._-]` is its own member id. In any
 * other, a character outside that alphabet is written `%7C` if it is ASCII, and otherwise `%` with its code point in
 * four digits of base64url: `%AKwA` is `가`. So a column need not be wider than five times the longest subject; plain
 * percent-encoding would take twelve times as much.
 */
export type MemberId = string & { readonly [memberIdBrand]: true };

export { SUBJECT_LENGTH_MAX };

/** The columns of the tables have this length. */
export const MEMBER_ID_LENGTH_MAX = SUBJECT_LENGTH_MAX * 5;

const narrowSubject = /^[A-Za-z0-9._-]{1,64}$/;
const memberIdPattern = new RegExp(`^[A-Za-z0-9._%-]{1,${MEMBER_ID_LENGTH_MAX}}$`);
const outsideAlphabet = /[^A-Za-z0-9._-]/gu;
/** The first digit of a code point is `A` to `E`: there are 17 planes. */
const escape = /%(?:([2-7][0-9A-F])|([A-E][A-Za-z0-9_-]{3}))/g;

/** The member id of a subject as a token carries it; `undefined` for one that is empty, too long, or has control characters. */
export function memberIdOf(subject: string): MemberId | undefined {
  if (narrowSubject.test(subject)) return subject as MemberId;
  if (!isSubject(subject)) return undefined;
  return subject.replace(outsideAlphabet, escaped) as MemberId;
}

/** The subject of a member id, for everything that leaves the system. */
export function subjectOf(memberId: string): string {
  if (!memberId.includes('%')) return memberId;
  return memberId.replace(escape, (damaged, ascii?: string, codePoint?: string) => {
    const code = ascii === undefined ? codePointOf(codePoint ?? '') : Number.parseInt(ascii, 16);
    return code > CODE_POINT_MAX ? damaged : String.fromCodePoint(code);
  });
}

const CODE_POINT_MAX = 0x10_ffff;

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `%${code.toString(16).toUpperCase()}`;
  return `%${Buffer.from([code >> 16, (code >> 8) & 0xff, code & 0xff]).toString('base64url')}`;
}

function codePointOf(digits: string): number {
  return Buffer.from(digits, 'base64url').readUIntBE(0, 3);
}

/** Reads a member id that a store returned. It can never break out of a Redis key or a packed value. */
export function parseMemberId(text: string): MemberId | undefined {
  return memberIdPattern.test(text) ? (text as MemberId) : undefined;
}
