/** Reads all winners of one version in chunks, without holding Redis up. */
import type { WinnersView } from '../../engine/ports/admission.js';
import type { CouponId, Issuance, HolderId } from '../../engine/domain/coupon.js';
import { winnersKey } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import { list, parseWinner, text } from './replies.js';

/** Fields a chunk: about 40 µs of Redis each time, the largest pause another command meets. */
const CHUNK_FIELDS = 1_000;

/**
 * A sealed coupon keeps its view for long and may have a million winners, so values stay the short strings in which they came
 * and are parsed when asked for.
 */
class RedisWinnersView implements WinnersView {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  get size(): number {
    return this.#values.size;
  }

  get(holder: HolderId): Issuance | undefined {
    const value = this.#values.get(holder);
    return value === undefined ? undefined : { holder, ...parseWinner(value) };
  }
}

/** `undefined` as soon as there are more than `limit`. The caller checks the version before and after. */
export async function readWinners(
  calls: RedisCalls,
  couponId: CouponId,
  limit: number,
): Promise<WinnersView | undefined> {
  const values = new Map<string, string>();
  let cursor = '0';
  do {
    const [next, fields] = list(
      await calls.command('hscan', winnersKey(couponId), [cursor, 'COUNT', CHUNK_FIELDS]),
    );
    const flat = list(fields);
    // HSCAN may show a field twice while the hash grows; a map does not mind.
    for (let at = 0; at < flat.length; at += 2) {
      const holder = text(flat[at]);
      if (holder !== '') values.set(holder, text(flat[at + 1]));
    }
    if (values.size > limit) return undefined;
    cursor = text(next);
  } while (cursor !== '0');
  return new RedisWinnersView(values);
}
