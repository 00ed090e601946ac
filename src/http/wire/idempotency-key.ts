/** Reads the `Idempotency-Key` of a request, by which a repeat is recognised. */
import { createHash } from 'node:crypto';
import type { KeyedRequest } from '../../engine/ports/idempotency.js';
import type { ApiRequest } from './exchange.js';
import { refuse } from './problems.js';

export const IDEMPOTENCY_HEADER = 'Idempotency-Key';

const keyPattern = /^[A-Za-z0-9._-]{1,64}$/;

/** @returns `undefined` without the header. @throws RequestRefused: `invalid_input` */
export function keyedRequest(request: ApiRequest, sellerId: string, atMs: number): KeyedRequest | undefined {
  const key = request.idempotencyKey;
  if (key === undefined) return undefined;
  if (!keyPattern.test(key)) {
    refuse(
      'invalid_input',
      `${IDEMPOTENCY_HEADER} must have 1 to 64 characters of A–Z, a–z, 0–9, ".", "_" and "-".`,
    );
  }
  const bodyHash = createHash('sha256').update(request.body).digest('hex');
  return { sellerId, key, route: `${request.method.toUpperCase()} ${request.path}`, bodyHash, atMs };
}

export function refuseReusedKey(): never {
  return refuse(
    'key_reused',
    `This ${IDEMPOTENCY_HEADER} was used for another request. Nothing was attempted. Use a new key for a new request.`,
  );
}
