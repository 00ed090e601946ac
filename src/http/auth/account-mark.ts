/**
 * Marks the tokens of accounts, so that no other holder of `JWT_SECRET` is taken for one.
 *
 * A shop that shares the secret signs the tokens of its own members. One with the id of an account must be refused, whatever the shop
 * copied the id from. So a session's token carries a claim that only this service makes: an HMAC over subject and end, under a key derived
 * from the secret. The HMAC is also over the role of an administrator and the generation of the session, so that a claim beside a copied mark
 * changes neither. A key of its own for the whole token was rejected: during a rolling upgrade processes of the previous
 * version would refuse every new session.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Role } from '../../accounts/accounts.js';
import type { Claims } from './claim-names.js';

export const ACCOUNT_CLAIM = 'seonchak_account';
export const GENERATION_CLAIM = 'seonchak_generation';

/** What the mark is about, besides subject and end. */
export interface MarkedSession {
  readonly role: Role;
  readonly generation: number;
}

export class AccountMark {
  readonly #key: Buffer;

  constructor(secret: Uint8Array) {
    this.#key = createHmac('sha256', secret).update('seonchak: tokens of accounts').digest();
  }

  /** @param expiresAt the token's `exp`. */
  of(subject: string, expiresAt: number, { role, generation }: MarkedSession): string {
    // Sessions as every version makes them stay valid during a rolling upgrade.
    const isPlain = generation === 0 && role !== 'admin';
    const text = isPlain ? `${expiresAt} ${subject}` : `${expiresAt} ${subject} ${generation} ${role}`;
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }

  isOn(claims: Claims, subject: string, expiresAt: number, session: MarkedSession): boolean {
    const mark = claims[ACCOUNT_CLAIM];
    if (typeof mark !== 'string') return false;
    const given = Buffer.from(mark);
    const expected = Buffer.from(this.of(subject, expiresAt, session));
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}

/** Reads the generation of a token's session; `undefined` for a claim that this service does not make. */
export function generationIn(claims: Claims): number | undefined {
  const generation = claims[GENERATION_CLAIM] ?? 0;
  return typeof generation === 'number' && Number.isSafeInteger(generation) && generation >= 0
    ? generation
    : undefined;
}
