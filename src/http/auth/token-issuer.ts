/** Signs access tokens for sessions and the command line, and presence tickets for trials. */
import { webcrypto } from 'node:crypto';
import { SignJWT } from 'jose';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';

import type { Role } from '../../accounts/accounts.js';
import { ACCOUNT_CLAIM, AccountMark, GENERATION_CLAIM } from './account-mark.js';
import type { MarkedSession } from './account-mark.js';
import { COUPON_CLAIM, OWN_CLAIMS } from './claim-names.js';
import type { ClaimNames, Claims } from './claim-names.js';
import type { TokenPolicy } from './token-settings.js';

export class TokenIssuer {
  /** Imported once: with raw bytes or a KeyObject jose imports it anew for every token, which doubles the cost. */
  readonly #key: Promise<webcrypto.CryptoKey>;
  readonly #policy: TokenPolicy;
  readonly #names: ClaimNames;
  readonly #accounts: AccountMark;

  /** @param secret at least 32 bytes; the configuration sees to it. */
  constructor(secret: Uint8Array, policy: TokenPolicy & { readonly claimNames?: ClaimNames }) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    this.#key = webcrypto.subtle.importKey('raw', secret, algorithm, false, ['sign']);
    this.#policy = policy;
    this.#names = policy.claimNames ?? OWN_CLAIMS;
    this.#accounts = new AccountMark(secret);
  }

  /**
   * A token that states: this is `subject`, in this role, until `nowMs` + `expiresInSeconds`. It opens no account: the id of one is refused
   * without the mark of {@link issueForAccount}.
   *
   * @param more claims besides those, such as a grade.
   */
  issue(
    subject: string,
    role: Role,
    expiresInSeconds: number,
    nowMs: number,
    more: Claims = {},
  ): Promise<string> {
    return this.#sign({ ...more, ...this.#accessClaims(subject, role) }, subject, expiresInSeconds, nowMs);
  }

  /** The token of a signed-in caller. */
  issueForAccount(
    accountId: MemberId,
    session: MarkedSession,
    expiresInSeconds: number,
    nowMs: number,
  ): Promise<string> {
    const { role, generation } = session;
    const claims = {
      ...this.#accessClaims(accountId, role),
      ...(generation === 0 ? {} : { [GENERATION_CLAIM]: generation }),
      [ACCOUNT_CLAIM]: this.#accounts.of(accountId, expiresAt(nowMs, expiresInSeconds), session),
    };
    return this.#sign(claims, accountId, expiresInSeconds, nowMs);
  }

  /** A ticket that states: `subject` was seen to be present, and may ask for this coupon. */
  issueTicket(
    subject: string,
    couponId: CouponId,
    expiresInSeconds: number,
    nowMs: number,
    more: Claims = {},
  ): Promise<string> {
    return this.#sign({ ...more, [COUPON_CLAIM]: couponId }, subject, expiresInSeconds, nowMs);
  }

  /** Under the names that this installation reads. A path is written as a name, which is what readers try first. */
  #accessClaims(subject: string, role: Role): Claims {
    const { member, role: roleClaim, sellerValues, memberValues } = this.#names;
    const values = { seller: sellerValues, member: memberValues === 'any' ? [] : memberValues, admin: [] }[
      role
    ];
    const claims = { [roleClaim]: values[0] ?? role };
    return member === 'sub' ? claims : { ...claims, [member]: subject };
  }

  async #sign(own: Claims, subject: string, expiresInSeconds: number, nowMs: number): Promise<string> {
    return new SignJWT(own)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(subject)
      .setIssuer(this.#policy.issuer)
      .setAudience(this.#policy.audiences[0] ?? '')
      .setIssuedAt(Math.floor(nowMs / 1_000))
      .setExpirationTime(expiresAt(nowMs, expiresInSeconds))
      .sign(await this.#key);
  }
}

function expiresAt(nowMs: number, expiresInSeconds: number): number {
  return Math.floor(nowMs / 1_000) + expiresInSeconds;
}
