/** Measures a flusher from outside, once per batch, so that a row costs nothing. */
import type { IssuanceQueue } from '../engine/ports/issuance-queue.js';
import type { IssuanceLedger } from '../engine/ports/issuance-ledger.js';
import type { CouponId } from '../engine/domain/coupon.js';
import type { FlusherPorts } from '../engine/recording/flusher.js';
import { RecordingTimes } from '../engine/recording/recording-times.js';
import { StoreClock } from '../engine/download/store-clock.js';

export interface TimedRecording extends Pick<FlusherPorts, 'queue' | 'ledger'> {
  readonly times: RecordingTimes;
}

/** For a flusher that has at most one drain of a coupon, and only for its calls. */
export function timedRecording(
  queue: IssuanceQueue,
  ledger: FlusherPorts['ledger'],
  monotonicMs: () => number,
): TimedRecording {
  const times = new RecordingTimes();
  /** By coupon: what the store's clock showed with the claim at hand. */
  const storeClocks = new Map<CouponId, StoreClock>();

  async function claim(
    ...[couponId, ...rest]: Parameters<IssuanceQueue['claim']>
  ): ReturnType<IssuanceQueue['claim']> {
    const sentAtMs = monotonicMs();
    const taken = await queue.claim(couponId, ...rest);
    if (typeof taken === 'object' && taken.storeNowMs !== undefined) {
      const storeClock = new StoreClock();
      storeClock.observe(taken.storeNowMs, sentAtMs);
      storeClocks.set(couponId, storeClock);
    }
    return taken;
  }

  async function record(
    ...[couponId, epoch, issuances, quantity]: Parameters<IssuanceLedger['record']>
  ): ReturnType<IssuanceLedger['record']> {
    const startedAtMs = monotonicMs();
    const storeClock = storeClocks.get(couponId);
    storeClocks.delete(couponId);
    const result = await ledger.record(couponId, epoch, issuances, quantity);
    const nowMs = monotonicMs();
    // A batch that was refused as a whole has no rows whose lag could be measured.
    if (result.stale === 0) times.recorded(issuances, nowMs - startedAtMs, storeClock?.latestMs(nowMs));
    return result;
  }

  return {
    times,
    queue: {
      claim,
      ack: (couponId, token) => queue.ack(couponId, token),
      release: (couponId, token) => queue.release(couponId, token),
    },
    ledger: { record },
  };
}
