/** Issues our own access tokens, for sessions and for the command line. */
import { createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Role } from './accounts.js';
import type { TokenPolicy } from './token-policy.js';

export class TokenIssuer {
  readonly #key: ReturnType<typeof createSecretKey>;
  readonly #policy: TokenPolicy;

  /** @param secret at least 32 bytes; the configuration sees to it. */
  constructor(secret: Uint8Array, policy: TokenPolicy) {
    this.#key = createSecretKey(secret);
    this.#policy = policy;
  }

  /**
   * A token that says: this is `subject`, in this role, until `nowMs` + `expiresInSeconds`.
   *
   * @param subject a member id (1–64 of `[A-Za-z0-9._-]`); a token with any other is refused by every server.
   */
  issue(subject: string, role: Role, expiresInSeconds: number, nowMs: number): Promise<string> {
    const issuedAt = Math.floor(nowMs / 1_000);
    return new SignJWT({ role })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(subject)
      .setIssuer(this.#policy.issuer)
      .setAudience(this.#policy.audience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + expiresInSeconds)
      .sign(this.#key);
  }
}
