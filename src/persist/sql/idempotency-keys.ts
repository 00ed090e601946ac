/**
 * Remembers which request an `Idempotency-Key` was first used for, in the transaction that carries the request out.
 *
 * So a key exists exactly when its request has taken effect: a repeat finds the target of the first request instead of
 * doing the work again, and of two requests at once with one key the second waits at the primary key.
 */
import type { Kysely } from 'kysely';
import { IDEMPOTENCY_KEPT_MS, type KeyedRequest } from '../../engine/ports/idempotency.js';
import type { Database } from './schema.js';

/** `reused`: the key was used for another route or another body. */
export type KeyFound = { readonly targetId: number } | 'reused';

/** @returns `undefined` where the key is free, never used or used longer ago than {@link IDEMPOTENCY_KEPT_MS}. */
export async function findKey(db: Kysely<Database>, request: KeyedRequest): Promise<KeyFound | undefined> {
  const row = await db
    .selectFrom('idempotency')
    .selectAll()
    .where('seller_id', '=', request.sellerId)
    .where('key', '=', request.key)
    .where('at', '>', request.atMs - IDEMPOTENCY_KEPT_MS)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const same = row.route === request.route && row.body_hash === request.bodyHash;
  return same ? { targetId: row.target_id } : 'reused';
}

/**
 * Takes the key for this request, which made or changed `targetId`. Call it in the transaction of that change.
 *
 * @throws the driver's duplicate-key error where another request has the key: roll back and ask {@link findKey}.
 */
export async function takeKey(
  transaction: Kysely<Database>,
  request: KeyedRequest,
  targetId: number,
): Promise<void> {
  await transaction
    .deleteFrom('idempotency')
    .where('seller_id', '=', request.sellerId)
    .where('key', '=', request.key)
    .where('at', '<=', request.atMs - IDEMPOTENCY_KEPT_MS)
    .execute();
  await transaction
    .insertInto('idempotency')
    .values({
      seller_id: request.sellerId,
      key: request.key,
      route: request.route,
      body_hash: request.bodyHash,
      target_id: targetId,
      at: request.atMs,
    })
    .execute();
}

/** Frees the key of a request that took no effect after all, in the transaction that records this. */
export async function freeKey(
  transaction: Kysely<Database>,
  { sellerId, key }: Pick<KeyedRequest, 'sellerId' | 'key'>,
): Promise<void> {
  await transaction
    .deleteFrom('idempotency')
    .where('seller_id', '=', sellerId)
    .where('key', '=', key)
    .execute();
}

/** Removes the keys that are not recognised any more. */
export async function removeExpiredKeys(db: Kysely<Database>, nowMs: number): Promise<void> {
  await db
    .deleteFrom('idempotency')
    .where('at', '<=', nowMs - IDEMPOTENCY_KEPT_MS)
    .execute();
}
