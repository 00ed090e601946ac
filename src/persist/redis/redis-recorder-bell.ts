/**
 * Implements {@link RecorderBell} over Redis: durable marks in one sorted set, rings as pub/sub messages, `42,43,…`.
 */
import { chunksOf } from '../../engine/domain/chunks.js';
import { type CouponId, parseCouponId } from '../../engine/domain/coupon.js';
import type { PendingMark, PendingMarks, RecorderBell } from '../../engine/ports/issuance-queue.js';
import { BELL_CHANNEL, newToken, PENDING_KEY } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import { RedisChannel } from './redis-channel.js';
import type { RedisNodes } from './redis-nodes.js';
import type { RedisRunningProcesses } from './redis-running-processes.js';
import { corrupt, list, text } from './replies.js';

/**
 * A coupon is rung at most once in this time, however many batches it has. Half of the recorder's cooldown between two
 * drains, so no drain waits for a ring; a message costs Redis and every listener some 0.1 ms of CPU.
 */
const RING_INTERVAL_MS = 25;
/** Coupons a script call, below what Lua unpacks; and a message. */
const CALL_COUPONS_MAX = 1_000;

export class RedisRecorderBell implements RecorderBell, PendingMarks {
  readonly #calls: RedisCalls;
  readonly #channel: RedisChannel;
  readonly #processes: RedisRunningProcesses;
  readonly #rung = new Set<CouponId>();
  #interval: NodeJS.Timeout | undefined;

  constructor(calls: RedisCalls, nodes: RedisNodes, processes: RedisRunningProcesses) {
    this.#calls = calls;
    this.#processes = processes;
    this.#channel = new RedisChannel(nodes, BELL_CHANNEL);
  }

  async markPending(couponIds: readonly CouponId[]): Promise<void> {
    for (const some of chunksOf(couponIds, CALL_COUPONS_MAX))
      await this.#calls.run('mark-pending', [PENDING_KEY], some, true);
  }

  async clearPending(couponIds: readonly CouponId[], idleMs: number): Promise<void> {
    for (const some of chunksOf(couponIds, CALL_COUPONS_MAX))
      await this.#calls.run('clear-pending', [PENDING_KEY], [idleMs, ...some]);
  }

  async pendingMarks(limit: number, sinceMs?: number): Promise<PendingMark[]> {
    if (limit < 1) return [];
    const reply = list(
      await this.#calls.command('zrange', PENDING_KEY, [
        ...[sinceMs ?? '-inf', '(+inf', 'BYSCORE', 'LIMIT', 0, limit],
        'WITHSCORES',
      ]),
    );
    const marks: PendingMark[] = [];
    for (let at = 0; at < reply.length; at += 2) {
      const couponId = parseCouponId(text(reply[at]));
      if (couponId === undefined) throw corrupt('a coupon id', reply[at]);
      marks.push({ couponId, markedAtMs: Number(text(reply[at + 1])) });
    }
    return marks;
  }

  async lossOfMarks(restored = ''): Promise<string | undefined> {
    const name = text(
      await this.#calls.run('check-marks', [PENDING_KEY], [restored, `#${newToken()}`], true),
    );
    return name === '' ? undefined : name;
  }

  /** The first ring goes out at once; what follows within the interval goes out together at its end. One timer in all. */
  ring(couponId: CouponId): void {
    this.#rung.add(couponId);
    if (this.#interval === undefined) this.#publishRung();
  }

  async listen(onRing: (couponId: CouponId) => void): Promise<() => Promise<void>> {
    const stop = await this.#channel.listen((message) => {
      for (const word of message.split(',')) {
        const couponId = parseCouponId(word);
        if (couponId !== undefined) onRing(couponId);
      }
    });
    this.#processes.report(BELL_CHANNEL);
    return stop;
  }

  #publishRung(): void {
    this.#interval = undefined;
    if (this.#rung.size === 0) return;
    for (const some of chunksOf([...this.#rung], CALL_COUPONS_MAX))
      this.#calls.publish(BELL_CHANNEL, some.join());
    this.#rung.clear();
    this.#interval = setTimeout(() => {
      this.#publishRung();
    }, RING_INTERVAL_MS);
  }
}
