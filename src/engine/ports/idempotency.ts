/** Names requests that carry an `Idempotency-Key`, and defines how long a name is remembered. */

/** A repeat with the same key is recognised for this long. */
export const IDEMPOTENCY_KEPT_MS = 24 * 60 * 60_000;

export interface KeyedRequest {
  /** The seller who uses the key: two sellers may choose the same one. */
  readonly sellerId: string;
  /** 1–64 characters of `[A-Za-z0-9._-]`. */
  readonly key: string;
  /** Method and path with their parameters, such as `POST /v1/coupons/42/top-up`. */
  readonly route: string;
  /** SHA-256 of the body in hexadecimal. */
  readonly bodyHash: string;
  readonly atMs: number;
}
