/**
 * Marks the tokens of accounts, so that no other holder of `JWT_SECRET` is taken for one.
 *
 * A shop that shares the secret signs the tokens of its own members. One with the id of an account must be refused, whatever the shop
 * copied the id from. So a session's token carries a claim that only this service makes: an HMAC over subject and end, under a key derived
 * from the secret. A key of its own for the whole token was rejected: during a rolling upgrade processes of the version before
 * would refuse every new session.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Claims } from './claim-names.js';

export const ACCOUNT_CLAIM = 'seonchak_account';

export class AccountMark {
  readonly #key: Buffer;

  constructor(secret: Uint8Array) {
    this.#key = createHmac('sha256', secret).update('seonchak: tokens of accounts').digest();
  }

  /** @param expiresAt the token's `exp`. */
  of(subject: string, expiresAt: number): string {
    return createHmac('sha256', this.#key).update(`${expiresAt} ${subject}`).digest('base64url');
  }

  isOn(claims: Claims, subject: string, expiresAt: number): boolean {
    const mark = claims[ACCOUNT_CLAIM];
    if (typeof mark !== 'string') return false;
    const given = Buffer.from(mark);
    const expected = Buffer.from(this.of(subject, expiresAt));
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
