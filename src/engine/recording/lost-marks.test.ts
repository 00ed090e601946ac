import t from 'tap';
import type { CouponId } from '../domain/coupon.js';
import { couponNumber } from '../testing/simulation/staged-world.js';
import { MARK_PENDING_EVERY_MS } from '../domain/limits.js';
import { LostMarks, type LostMarksPorts } from './lost-marks.js';

/** Coupons 1 to 1,200: every hundredth has a backlog, and 700 is out of service. */
const COUPONS = 1_200;
const couponIds = Array.from({ length: COUPONS }, (_, place) => couponNumber(place + 1));

class Marks {
  loss: string | undefined = 'a loss';
  readonly marked: CouponId[] = [];
  restored = 0;
  readonly faults: unknown[] = [];
  fault: Error | undefined;
  readonly lostMarks: LostMarks;
  nowMs = 0;
  /** Coupons that got a backlog later. */
  readonly late = new Set<number>();

  constructor() {
    const catalogue = {
      list: (_: unknown, after: number, limit: number) =>
        Promise.resolve(
          couponIds
            .filter((couponId) => couponId > after)
            .slice(0, limit)
            .map((couponId) => ({ couponId })),
        ),
    };
    const ports: LostMarksPorts = {
      catalogue: catalogue as unknown as LostMarksPorts['catalogue'],
      queue: {
        depths: (some) => {
          if (this.fault !== undefined) return Promise.reject(this.fault);
          return Promise.resolve(
            some.map((couponId) =>
              Number(couponId) === 700
                ? undefined
                : {
                    queued: Number(couponId) % 100 === 0 || this.late.has(Number(couponId)) ? 1 : 0,
                    claimed: 0,
                  },
            ),
          );
        },
      },
      bell: {
        lossOfMarks: (restored) => {
          if (restored === this.loss) this.loss = undefined;
          return Promise.resolve(this.loss);
        },
        markPending: (some) => {
          this.marked.push(...some);
          return Promise.resolve();
        },
      },
      clock: { monotonicMs: () => this.nowMs },
      scheduler: { every: () => () => undefined },
      onRestored: (coupons) => (this.restored += coupons),
      onFault: (fault) => this.faults.push(fault),
    };
    this.lostMarks = new LostMarks(ports);
  }
}

const WITH_BACKLOG = [100, 200, 300, 400, 500, 600, 800, 900, 1_000, 1_100, 1_200];

t.test('every coupon in service with a backlog is marked at once, over all pages', async (t) => {
  const marks = new Marks();
  await marks.lostMarks.check();
  t.same(marks.marked.map(Number), WITH_BACKLOG);
  t.equal(marks.restored, 11);
  await marks.lostMarks.check();
  t.equal(marks.marked.length, 11, 'and not at every check');
});

t.test('a coupon that gets a backlog without a mark is found before the marks count as whole', async (t) => {
  const marks = new Marks();
  await marks.lostMarks.check();
  // Its process marked it before the loss, and admits for some more seconds.
  marks.late.add(7);
  marks.nowMs = MARK_PENDING_EVERY_MS;
  await marks.lostMarks.check();
  t.equal(marks.loss, 'a loss');
  marks.nowMs = 2 * MARK_PENDING_EVERY_MS;
  await marks.lostMarks.check();
  t.ok(marks.marked.includes(couponNumber(7)));
  t.equal(marks.loss, undefined);
  await marks.lostMarks.check();
  t.equal(marks.marked.length, 11 + 12, 'whole marks are left alone');
});

t.test('a store that fails meanwhile is asked again, and the marks are not declared whole', async (t) => {
  const marks = new Marks();
  marks.fault = new Error('no reply');
  await marks.lostMarks.check();
  marks.nowMs = 2 * MARK_PENDING_EVERY_MS;
  await marks.lostMarks.check();
  t.same(marks.faults, [marks.fault, marks.fault]);
  t.equal(marks.loss, 'a loss');
  marks.fault = undefined;
  await marks.lostMarks.check();
  t.equal(marks.loss, undefined);
  t.equal(marks.restored, 11);
});

t.test('marks that are lost again before they count as whole are restored anew', async (t) => {
  const marks = new Marks();
  await marks.lostMarks.check();
  // A process marks its coupon after the first loss, and admits without a mark after the second.
  marks.nowMs = MARK_PENDING_EVERY_MS;
  marks.loss = 'another loss';
  await marks.lostMarks.check();
  marks.nowMs = 1.6 * MARK_PENDING_EVERY_MS;
  await marks.lostMarks.check();
  t.equal(marks.loss, 'another loss', 'the time of the first loss is not enough for the second');
  marks.late.add(7);
  marks.nowMs = 2.6 * MARK_PENDING_EVERY_MS;
  await marks.lostMarks.check();
  t.ok(marks.marked.includes(couponNumber(7)));
  t.equal(marks.loss, undefined);
});
