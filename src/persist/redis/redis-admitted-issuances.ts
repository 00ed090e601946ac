/** Implements {@link AdmittedIssuances} over Redis: cursors and ranges, never a command as long as the coupon. */
import { chunksOf } from '../../engine/domain/chunks.js';
import type { AdmittedIssuances } from '../../engine/ports/admitted-issuances.js';
import type { CouponId, HolderId, Issuance } from '../../engine/domain/coupon.js';
import { parseHolder } from '../../engine/domain/holder.js';
import { claimedKey, claimsKey, queueKey, winnersKey } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import { corrupt, integer, keyLost, list, parseClaimed, parseQueued, parseWinner, text } from './replies.js';

/** Entries a chunk: about 40 µs of Redis each time. */
const CHUNK_ENTRIES = 1_000;
/** Claims a chunk: each holds up to 3,000 issuances. */
const CHUNK_CLAIMS = 4;

/** As the scripts take them. */
export function triples(issuances: readonly Issuance[]): (string | number)[] {
  return issuances.flatMap(({ issueNo, holder, issuedAtMs }) => [issueNo, holder, issuedAtMs]);
}

export class RedisAdmittedIssuances implements AdmittedIssuances {
  readonly #calls: RedisCalls;

  constructor(calls: RedisCalls) {
    this.#calls = calls;
  }

  async *winners(couponId: CouponId): AsyncGenerator<readonly Issuance[]> {
    for await (const fields of this.#scan('hscan', winnersKey(couponId), CHUNK_ENTRIES)) {
      const issuances = fields.flatMap(([member, value]) => {
        if (member === '') return [];
        const holder = parseHolder(member);
        if (holder === undefined) throw corrupt('a winner', member);
        return [{ holder, ...parseWinner(value) }];
      });
      if (issuances.length > 0) yield issuances;
    }
  }

  async countWinners(couponId: CouponId): Promise<number> {
    // The marker is a field too.
    return Math.max(0, integer(await this.#calls.command('hlen', winnersKey(couponId), [])) - 1);
  }

  /** Queue, claims, and the queue once more: a claim that was released meanwhile is found in the second read. */
  async *unrecorded(couponId: CouponId): AsyncGenerator<readonly Issuance[]> {
    yield* this.#queued(couponId);
    for await (const claims of this.#scan('hscan', claimedKey(couponId), CHUNK_CLAIMS)) {
      const issuances = claims.flatMap(([token, packed]) => (token === '' ? [] : parseClaimed(packed)));
      yield* chunksOf(issuances, CHUNK_ENTRIES);
    }
    yield* this.#queued(couponId);
  }

  async held(couponId: CouponId, holders: readonly HolderId[]): Promise<(Issuance | undefined)[]> {
    if (holders.length === 0) return [];
    const values = list(await this.#calls.command('hmget', winnersKey(couponId), holders));
    return holders.map((holder, place) => {
      const value = values[place];
      return value === null ? undefined : { holder, ...parseWinner(text(value)) };
    });
  }

  async lapsedClaims(couponId: CouponId, beforeMs: number): Promise<number> {
    return integer(await this.#calls.command('zcount', claimsKey(couponId), ['(0', `(${beforeMs}`]));
  }

  async unqueued(couponId: CouponId, issuances: readonly Issuance[]): Promise<Issuance[]> {
    const keys = [queueKey(couponId), claimedKey(couponId)];
    const reply = await this.#calls.run('unqueued', keys, triples(issuances));
    if (reply === 'not_ready') throw keyLost(couponId);
    const places = new Set(list(reply).map(integer));
    return issuances.filter((_, place) => places.has(place));
  }

  async requeue(couponId: CouponId, issuances: readonly Issuance[]): Promise<number> {
    const keys = [winnersKey(couponId), queueKey(couponId)];
    const reply = await this.#calls.run('requeue', keys, triples(issuances), true);
    if (reply === 'not_ready') throw keyLost(couponId);
    return integer(reply);
  }

  /** By number and not by rank: ranks shift while a recorder claims from the front. */
  async *#queued(couponId: CouponId): AsyncGenerator<readonly Issuance[]> {
    for (let after = 0; ;) {
      const flat = list(
        await this.#calls.command('zrange', queueKey(couponId), [
          // Without the marker, whose score is +inf.
          ...[`(${after}`, '(+inf', 'byscore', 'limit', 0, CHUNK_ENTRIES],
          'withscores',
        ]),
      );
      const issuances: Issuance[] = [];
      for (let at = 0; at < flat.length; at += 2) {
        issuances.push(parseQueued(Number(text(flat[at + 1])), text(flat[at])));
      }
      const last = issuances.at(-1);
      if (last === undefined) return;
      yield issuances;
      after = last.issueNo;
    }
  }

  async *#scan(command: 'hscan', key: string, count: number): AsyncGenerator<readonly [string, string][]> {
    let cursor = '0';
    do {
      const [next, fields] = list(await this.#calls.command(command, key, [cursor, 'COUNT', count]));
      const flat = list(fields);
      const pairs: [string, string][] = [];
      for (let at = 0; at < flat.length; at += 2) pairs.push([text(flat[at]), text(flat[at + 1])]);
      yield pairs;
      cursor = text(next);
    } while (cursor !== '0');
  }
}
