/** Makes the text of a one-time link that sets a new password. */
import { createHash, randomBytes } from 'node:crypto';

/** 256 bits, 43 characters. */
const SECRET_BYTES = 32;

/** Long enough for a mail that arrives late, short enough for a mailbox that others read. */
export const RESET_LIFETIME_MS = 3_600_000;

export interface PasswordLink {
  readonly text: string;
  /** What the store keeps. */
  readonly hash: string;
}

export function newPasswordLink(): PasswordLink {
  const text = randomBytes(SECRET_BYTES).toString('base64url');
  return { text, hash: hashOfLink(text) };
}

export function hashOfLink(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The text is after the `#`, which no browser sends: neither a log nor a `Referer` has the link. */
export function passwordLinkUrl(publicUrl: string, text: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/reset#${text}`;
}
