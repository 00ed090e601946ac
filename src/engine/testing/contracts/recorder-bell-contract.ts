/** Tests what every back end of {@link RecorderBell} promises. */
import { once, EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import type { CouponId } from '../../domain/coupon.js';
import type { RecorderBell } from '../../ports/issuance-queue.js';
import { freshCouponId } from './ids.js';
import { repeatUntil } from './repeat-until.js';

export interface RecorderBellUnderTest {
  readonly bell: RecorderBell;
  /** The same bell as another process sees it. */
  readonly bellElsewhere: RecorderBell;
  close(): Promise<void>;
}

/** Instants of the store's clock are whole milliseconds: two marks this far apart are surely in order. */
const APART_MS = 5;
const LONG_MS = 3_600_000;

/** @param open a store without other users meanwhile: marks are shared by all coupons. */
export function recorderBellContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<RecorderBellUnderTest>,
): void {
  t.test(`${name}: recorder bell contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    aboutMarks(t, under);
    aboutRinging(t, under);
  });
}

async function pending(bell: RecorderBell, limit: number, sinceMs?: number): Promise<CouponId[]> {
  return (await bell.pendingMarks(limit, sinceMs)).map(({ couponId }) => couponId);
}

function aboutMarks(t: Test, { bell, bellElsewhere }: RecorderBellUnderTest): void {
  t.test(
    'pending coupons are listed everywhere, the longest ago marked first, up to the limit',
    async (t) => {
      const [a, b, c] = [freshCouponId(), freshCouponId(), freshCouponId()];
      for (const couponId of [a, b, c]) {
        await bell.markPending([couponId]);
        await delay(APART_MS);
      }
      t.same(await pending(bellElsewhere, 10), [a, b, c]);
      t.same(await pending(bell, 2), [a, b]);
      await bellElsewhere.markPending([a]);
      t.same(await pending(bell, 10), [b, c, a], 'announcing again is news');
      const latestMs = (await bell.pendingMarks(10)).at(-1)?.markedAtMs;
      t.same(await pending(bellElsewhere, 10, latestMs), [a], 'or only the latest');
      await bell.clearPending([a, b, c], 0);
      t.same(await pending(bell, 10), []);
    },
  );

  t.test('a mark stays until it has been idle long enough', async (t) => {
    const [a, b] = [freshCouponId(), freshCouponId()];
    await bell.markPending([a, b]);
    await bell.clearPending([a], LONG_MS);
    t.same(new Set(await pending(bell, 10)), new Set([a, b]), 'marked a moment ago');
    await bell.clearPending([a, freshCouponId()], 0);
    t.same(await pending(bell, 10), [b], 'only the one named goes');
    await bell.clearPending([b], 0);
  });

  t.test('announcing and silencing nothing is harmless', async (t) => {
    await bell.markPending([]);
    await bell.clearPending([], 0);
    t.same(await pending(bell, 10), []);
  });
}

function aboutRinging(t: Test, { bell, bellElsewhere }: RecorderBellUnderTest): void {
  t.test('a ring arrives here and elsewhere, and so does the one after it', async (t) => {
    const here = await listening(t, bell);
    const elsewhere = await listening(t, bellElsewhere);
    const couponId = freshCouponId();
    for (let round = 0; round < 3; round++) {
      const received = Promise.all([here.next(couponId), elsewhere.next(couponId)]);
      await repeatUntil(received, () => bell.ring(couponId));
    }
    t.pass('three rounds received');
  });

  t.test('a thousand rings are one piece of news, not a thousand, and no coupon is forgotten', async (t) => {
    const elsewhere = await listening(t, bellElsewhere);
    const couponIds = Array.from({ length: 20 }, freshCouponId);
    const received = Promise.all(couponIds.map((couponId) => elsewhere.next(couponId)));
    for (let round = 0; round < 49; round++) for (const couponId of couponIds) bell.ring(couponId);
    await repeatUntil(received, () => couponIds.forEach((couponId) => bell.ring(couponId)));
    t.ok(elsewhere.count() < 200, `${elsewhere.count()} messages for 1,000 rings of 20 coupons`);
  });

  t.test('a listener that stopped gets nothing more', async (t) => {
    const leaver = await listening(t, bell);
    const stayer = await listening(t, bell);
    await leaver.stop();
    const couponId = freshCouponId();
    const received = stayer.next(couponId);
    await repeatUntil(received, () => bell.ring(couponId));
    t.equal(leaver.count(), 0);
  });
}

async function listening(t: Test, bell: RecorderBell) {
  // A wait for a coupon also listens for errors, and the number of concurrent waits is unbounded.
  const events = new EventEmitter().setMaxListeners(0);
  let count = 0;
  const stop = await bell.listen((couponId) => {
    count++;
    events.emit(String(couponId));
  });
  t.teardown(stop);
  return {
    next: (couponId: CouponId): Promise<unknown> => once(events, String(couponId)),
    count: (): number => count,
    stop,
  };
}
