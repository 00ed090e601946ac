/** Tests what every back end of {@link CouponCatalogue} promises, one subtest per sentence of the port. */
import { randomInt } from 'node:crypto';
import type { Test } from 'tap';
import { couponSorts } from '../../ports/coupon-catalogue.js';
import type {
  CouponCatalogue,
  CouponCursor,
  CouponQuery,
  CouponRecord,
} from '../../ports/coupon-catalogue.js';
import { IDEMPOTENCY_KEPT_MS, type KeyedRequest } from '../../ports/idempotency.js';
import { type CouponId, parseCouponId, QUANTITY_MAX } from '../../domain/coupon.js';
import { NEW_COUPON_AT_MS, newCoupon } from './new-coupon.js';

export interface CatalogueUnderTest {
  readonly catalogue: CouponCatalogue;
  close(): Promise<void>;
}

const CONCURRENT_CALLS = 10;

export function couponCatalogueContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<CatalogueUnderTest>,
): void {
  t.test(`${name}: coupon catalogue contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    aboutKeeping(t, under.catalogue);
    aboutPages(t, under.catalogue);
    aboutKeys(t, under.catalogue);
    aboutChanging(t, under.catalogue);
  });
}

function unknownCoupon(): CouponId {
  const couponId = parseCouponId('999999999999999');
  if (couponId === undefined) throw new Error('that is the highest id there is');
  return couponId;
}

function aboutKeeping(t: Test, catalogue: CouponCatalogue): void {
  t.test('a coupon is kept as it was registered, with the next id, version 1 and epoch 0', async (t) => {
    const coupons = [
      newCoupon(),
      newCoupon({ name: '선착순 쿠폰 🎟️', discount: { type: 'percent', value: 12.5 } }),
      newCoupon({ discount: { type: 'amount', value: 5_000, currency: 'JPY' }, quantity: QUANTITY_MAX }),
      newCoupon({ opensAtMs: 0, closesAtMs: Date.UTC(2100, 0, 1) + 1, paused: true, closed: true }),
      newCoupon({ name: 'for people only', door: { presence: true } }),
      newCoupon({ name: 'quote \' \\ " % _ ; --', sellerId: 'S'.repeat(64) }),
    ];
    let previousId = 0;
    for (const coupon of coupons) {
      const record = await catalogue.insert(coupon);
      t.same(record, {
        ...coupon,
        couponId: record.couponId,
        ...(record.birth === undefined ? {} : { birth: record.birth }),
        version: 1,
        epoch: 0,
        revision: 0,
        changesBegun: 0,
      });
      t.ok(record.couponId > previousId, 'ids ascend');
      previousId = record.couponId;
      t.same(await catalogue.find([record.couponId]), [record]);
    }
  });

  t.test('coupons come in the order asked for, with gaps where there is none', async (t) => {
    const one = await catalogue.insert(newCoupon({ name: 'one' }));
    const two = await catalogue.insert(newCoupon({ name: 'two' }));
    t.same(await catalogue.find([two.couponId, unknownCoupon(), one.couponId, two.couponId]), [
      two,
      undefined,
      one,
      two,
    ]);
    t.same(await catalogue.find([]), []);
  });

  t.test('pages ascend by id, of all sellers or of one', async (t) => {
    const sellerId = `seller-${randomInt(2 ** 40)}`;
    const mine: number[] = [];
    for (let index = 0; index < 5; index++) {
      mine.push((await catalogue.insert(newCoupon({ sellerId }))).couponId);
      await catalogue.insert(newCoupon({ sellerId: sellerId.toUpperCase() }));
    }
    const first = await catalogue.list({ sellerId }, 0, 3);
    t.same(
      first.map((record) => record.couponId),
      mine.slice(0, 3),
    );
    const remaining = await catalogue.list({ sellerId }, first.at(-1)?.couponId ?? 0, 3);
    t.same(
      remaining.map((record) => record.couponId),
      mine.slice(3),
    );
    const all = await catalogue.list({}, (mine[0] ?? 0) - 1, 4);
    t.equal(all.length, 4);
    t.same(
      all.map((record) => record.couponId),
      all.map((record) => record.couponId).sort((a, b) => a - b),
    );
    t.same(await catalogue.list({ sellerId: 'nobody' }, 0, 10), []);
  });
}

/** Openings with ties, and coupons without one. */
const OPENINGS = [500, undefined, 300, 500, undefined, 100, 300, 300];

function aboutPages(t: Test, catalogue: CouponCatalogue): void {
  t.test('pages of every order hold each coupon once, whatever their size', async (t) => {
    const sellerId = `seller-${randomInt(2 ** 40)}`;
    const all: CouponRecord[] = [];
    for (const [index, opensAtMs] of OPENINGS.entries()) {
      all.push(await catalogue.insert(newCoupon({ sellerId, opensAtMs, createdAtMs: 1_000 + index })));
    }
    const read = async (query: CouponQuery, limit: number): Promise<number[]> => {
      const ids: number[] = [];
      for (let after: CouponCursor | undefined; ;) {
        const page = await catalogue.page({ sellerId, ...query }, after, limit);
        ids.push(...page.map(({ couponId }) => couponId));
        if (page.length < limit) return ids;
        after = page.at(-1);
      }
    };
    const byOpening = (one: CouponRecord, other: CouponRecord): number =>
      (one.opensAtMs ?? -1) - (other.opensAtMs ?? -1) || one.couponId - other.couponId;
    const expected = {
      id: all,
      '-id': [...all].reverse(),
      opensAt: [...all].sort(byOpening),
      '-opensAt': [...all].sort(byOpening).reverse(),
    };
    for (const sort of couponSorts) {
      const ids = expected[sort].map(({ couponId }) => couponId);
      for (const limit of [1, 2, 3, 5, 100]) t.same(await read({ sort }, limit), ids, `${sort} by ${limit}`);
    }
    const opening = (from: number, before: number) => (record: CouponRecord) =>
      record.opensAtMs !== undefined && record.opensAtMs >= from && record.opensAtMs < before;
    for (const sort of couponSorts) {
      const inRange = expected[sort].filter(opening(300, 500)).map(({ couponId }) => couponId);
      t.same(await read({ sort, opensFromMs: 300, opensBeforeMs: 500 }, 2), inRange, `${sort} in a range`);
    }
    const created = { createdFromMs: 1_002, createdBeforeMs: 1_005 };
    t.same(
      await read(created, 2),
      all.slice(2, 5).map(({ couponId }) => couponId),
    );
  });
}

function aboutKeys(t: Test, catalogue: CouponCatalogue): void {
  const keyed = (more: Partial<KeyedRequest> = {}): KeyedRequest => ({
    sellerId: 'seller-1',
    key: `k-${randomInt(2 ** 40)}`,
    route: 'POST /v1/coupons',
    bodyHash: 'a'.repeat(64),
    atMs: NEW_COUPON_AT_MS,
    ...more,
  });

  t.test('a key makes one coupon, and repeats find it as it is now', async (t) => {
    for (const more of [{}, { door: { presence: true as const } }]) {
      const coupon = newCoupon({ name: 'once', ...more });
      const request = keyed();
      const first = await catalogue.insertOnce(coupon, request);
      if (first.status !== 'inserted') return t.fail(first.status);
      t.same(await catalogue.find([first.record.couponId]), [first.record]);
      t.same(await catalogue.insertOnce(coupon, request), { status: 'repeated', record: first.record });
      const terms = { ...coupon, quantity: 7 };
      await catalogue.saveTerms(first.record.couponId, { ...terms, version: 2, epoch: 0 });
      t.match(await catalogue.insertOnce(coupon, request), { record: { quantity: 7, version: 2 } });
      const other = { ...request, bodyHash: 'b'.repeat(64) };
      t.same(await catalogue.insertOnce(coupon, other), { status: 'key_reused' });
      t.match(await catalogue.insertOnce(coupon, { ...request, sellerId: 'seller-2' }), {
        status: 'inserted',
      });
      const nextDay = { ...request, atMs: NEW_COUPON_AT_MS + IDEMPOTENCY_KEPT_MS };
      t.match(await catalogue.insertOnce(coupon, nextDay), { status: 'inserted' });
    }
    return undefined;
  });

  t.test('requests at once with one key make one coupon', async (t) => {
    const sellerId = `seller-${randomInt(2 ** 40)}`;
    for (const more of [{}, { door: { presence: true as const } }]) {
      const request = keyed({ sellerId });
      const coupon = newCoupon({ sellerId, ...more });
      const replies = await Promise.all(
        Array.from({ length: CONCURRENT_CALLS }, () => catalogue.insertOnce(coupon, request)),
      );
      t.equal(replies.filter(({ status }) => status === 'inserted').length, 1);
      t.equal(replies.filter(({ status }) => status === 'repeated').length, CONCURRENT_CALLS - 1);
    }
    t.equal((await catalogue.list({ sellerId }, 0, 10)).length, 2);
  });
}

function aboutChanging(t: Test, catalogue: CouponCatalogue): void {
  t.test('newer terms replace older ones, never the other way round', async (t) => {
    const record = await catalogue.insert(newCoupon());
    const terms = { quantity: 7, opensAtMs: 5, closesAtMs: 6, paused: true, closed: false };
    t.equal(await catalogue.saveTerms(record.couponId, { ...terms, version: 3, epoch: 0 }), true);
    t.same(await catalogue.find([record.couponId]), [{ ...record, ...terms, version: 3 }]);
    for (const version of [2, 3]) {
      const older = { ...terms, quantity: 1, version, epoch: 0 };
      t.equal(await catalogue.saveTerms(record.couponId, older), true, 'as high a version is saved');
    }
    t.same(await catalogue.find([record.couponId]), [{ ...record, ...terms, version: 3 }]);
    const open = { quantity: 8, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: true };
    await catalogue.saveTerms(record.couponId, { ...open, version: 4, epoch: 0 });
    t.same(await catalogue.find([record.couponId]), [{ ...record, ...open, version: 4 }]);
  });

  t.test('terms that were read before a rebuild replace none, however high their version is', async (t) => {
    const { couponId } = await catalogue.insert(newCoupon());
    const epoch = await catalogue.nextEpoch(couponId);
    const terms = { quantity: 7, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: true };
    t.equal(await catalogue.saveTerms(couponId, { ...terms, version: 2, epoch }), true);
    for (const version of [1, 2, 9]) {
      const earlier = { ...terms, closed: false, version, epoch: epoch - 1 };
      t.equal(await catalogue.saveTerms(couponId, earlier), false, `version ${version}`);
    }
    t.match(await catalogue.find([couponId]), [{ closed: true, version: 2, epoch }]);
    await catalogue.saveTerms(couponId, { ...terms, quantity: 8, version: 3, epoch });
    t.match(await catalogue.find([couponId]), [{ quantity: 8, version: 3 }]);
  });

  t.test('every epoch is given once', async (t) => {
    const { couponId } = await catalogue.insert(newCoupon());
    t.equal(await catalogue.nextEpoch(couponId), 1);
    const epochs = await Promise.all(
      Array.from({ length: CONCURRENT_CALLS }, () => catalogue.nextEpoch(couponId)),
    );
    t.same(
      epochs.sort((a, b) => a - b),
      Array.from({ length: CONCURRENT_CALLS }, (_, index) => index + 2),
    );
    t.equal((await catalogue.find([couponId]))[0]?.epoch, CONCURRENT_CALLS + 1);
    t.equal(
      await catalogue.nextEpoch(couponId, CONCURRENT_CALLS + 5),
      CONCURRENT_CALLS + 6,
      'above what the store has',
    );
    t.equal(await catalogue.nextEpoch(couponId, 1), CONCURRENT_CALLS + 7);
  });

  t.test('changes to a coupon that does not exist make none', async (t) => {
    const couponId = unknownCoupon();
    t.equal(await catalogue.saveTerms(couponId, { ...newCoupon(), version: 9, epoch: 0 }), false);
    await t.rejects(catalogue.nextEpoch(couponId), { code: 'store_corrupt' });
    t.same(await catalogue.find([couponId]), [undefined]);
  });
}
