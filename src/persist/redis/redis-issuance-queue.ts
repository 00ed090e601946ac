/** Implements {@link IssuanceQueue} over Redis: each step is one script in `lua/`. */
import { chunksOf } from '../../engine/domain/chunks.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import type { BacklogAge, Claim, IssuanceQueue, QueueDepth } from '../../engine/ports/issuance-queue.js';
import { claimedKey, claimsKey, couponKeys, metaKey, queueKey } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import { integer, list, parseBacklog, parseClaimed, text } from './replies.js';

const DEPTHS_AT_ONCE = 100;

/**
 * None of these waits for replicas: a claim, an ack or a release that a failover forgets leads to the same issuances
 * being recorded again, and the ledger takes a replay.
 */
export class RedisIssuanceQueue implements IssuanceQueue, BacklogAge {
  readonly #calls: RedisCalls;

  constructor(calls: RedisCalls) {
    this.#calls = calls;
  }

  async claim(
    couponId: CouponId,
    freshToken: string,
    limit: number,
    leaseMs: number,
  ): Promise<Claim | 'not_ready' | undefined> {
    const keys = [queueKey(couponId), claimsKey(couponId), claimedKey(couponId), metaKey(couponId)];
    const reply = await this.#calls.run('claim', keys, [freshToken, limit, leaseMs]);
    if (reply === 'not_ready') return reply;
    if (reply === '') return undefined;
    const [epoch, packed, now, behind, quantity] = list(reply);
    return {
      couponId,
      epoch: integer(epoch),
      token: freshToken,
      issuances: parseClaimed(text(packed)),
      storeNowMs: integer(now),
      backlog: parseBacklog(behind),
      quantity: integer(quantity),
    };
  }

  async ack(couponId: CouponId, token: string): Promise<boolean> {
    return integer(await this.#calls.run('ack', [claimsKey(couponId), claimedKey(couponId)], [token])) === 1;
  }

  async release(couponId: CouponId, token: string): Promise<boolean> {
    const [meta = '', ...others] = couponKeys(couponId);
    const keys = [...others, meta];
    return integer(await this.#calls.run('release', keys, [token])) === 1;
  }

  async depths(couponIds: readonly CouponId[]): Promise<(QueueDepth | undefined)[]> {
    const depths: (QueueDepth | undefined)[] = [];
    for (const some of chunksOf(couponIds, DEPTHS_AT_ONCE)) {
      depths.push(...(await Promise.all(some.map((couponId) => this.#depth(couponId)))));
    }
    return depths;
  }

  async oldestAgesMs(couponIds: readonly CouponId[]): Promise<(number | undefined)[]> {
    const ages: (number | undefined)[] = [];
    for (const some of chunksOf(couponIds, DEPTHS_AT_ONCE)) {
      ages.push(...(await Promise.all(some.map((couponId) => this.#oldestAgeMs(couponId)))));
    }
    return ages;
  }

  async #oldestAgeMs(couponId: CouponId): Promise<number | undefined> {
    const reply = await this.#calls.run('oldest', [queueKey(couponId), claimedKey(couponId)], []);
    return reply === 'not_ready' ? undefined : integer(reply);
  }

  async #depth(couponId: CouponId): Promise<QueueDepth | undefined> {
    const keys = [queueKey(couponId), claimsKey(couponId), metaKey(couponId), claimedKey(couponId)];
    const reply = await this.#calls.run('depth', keys, []);
    if (reply === 'not_ready') return undefined;
    const [queued, claimed] = list(reply);
    return { queued: integer(queued), claimed: integer(claimed) };
  }
}
