/** Signs access tokens for sessions and the command line, and presence tickets for trials. */
import { webcrypto } from 'node:crypto';
import { SignJWT } from 'jose';
import type { CouponId } from '../../engine/domain/coupon.js';
import { COUPON_CLAIM } from '../presence/presence-ticket.js';
import type { Role } from '../../accounts/accounts.js';
import type { TokenPolicy } from './token-policy.js';

export class TokenIssuer {
  /** Imported once: with raw bytes or a KeyObject jose imports it anew for every token, which doubles the cost. */
  readonly #key: Promise<webcrypto.CryptoKey>;
  readonly #policy: TokenPolicy;

  /** @param secret at least 32 bytes; the configuration sees to it. */
  constructor(secret: Uint8Array, policy: TokenPolicy) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    this.#key = webcrypto.subtle.importKey('raw', secret, algorithm, false, ['sign']);
    this.#policy = policy;
  }

  /**
   * A token that says: this is `subject`, in this role, until `nowMs` + `expiresInSeconds`.
   *
   * @param subject a member id (1–64 of `[A-Za-z0-9._-]`); a token with any other is refused by every server.
   */
  issue(subject: string, role: Role, expiresInSeconds: number, nowMs: number): Promise<string> {
    return this.#sign({ role }, subject, expiresInSeconds, nowMs);
  }

  /** A ticket that says: `subject` was seen to be present, and may ask for this coupon. */
  issueTicket(subject: string, couponId: CouponId, expiresInSeconds: number, nowMs: number): Promise<string> {
    return this.#sign({ [COUPON_CLAIM]: couponId }, subject, expiresInSeconds, nowMs);
  }

  async #sign(
    own: Readonly<Record<string, unknown>>,
    subject: string,
    expiresInSeconds: number,
    nowMs: number,
  ): Promise<string> {
    const issuedAt = Math.floor(nowMs / 1_000);
    return new SignJWT(own)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(subject)
      .setIssuer(this.#policy.issuer)
      .setAudience(this.#policy.audience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + expiresInSeconds)
      .sign(await this.#key);
  }
}
