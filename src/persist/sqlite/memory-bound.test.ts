import t from 'tap';
import type { WarmCoupon } from '../../engine/ports/admission.js';
import type { NewCoupon } from '../../engine/ports/coupon-catalogue.js';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import { CouponWarmer } from '../../engine/recovery/coupon-warmer.js';
import { warmWith } from '../../engine/testing/contracts/admission-driver.js';
import { openEmbedded } from './open-embedded.js';

const WINNERS_MAX = 100;
const COUPONS = 6;
const WINNERS_EACH = 40;

function newCoupon(index: number): NewCoupon {
  return {
    sellerId: 'seller',
    name: `coupon ${index}`,
    quantity: 1_000,
    opensAtMs: undefined,
    closesAtMs: undefined,
    paused: false,
    closed: false,
    discount: undefined,
    createdAtMs: 0,
  };
}

t.test('coupons that were not asked for leave the memory, and come back exactly as they were', async (t) => {
  const stores = await openEmbedded({ dataDir: t.testdir(), as: 'server', winnersMax: WINNERS_MAX });
  t.teardown(() => stores.close());
  const { admission, catalogue } = stores;
  const warmer = new CouponWarmer(stores);
  const admit = async (couponId: CouponId, prefix: string) => {
    const [snapshot] = await admission.snapshots([couponId]);
    const memberIds = Array.from({ length: WINNERS_EACH }, (_, index) => `${prefix}${index}` as MemberId);
    return admission.admit({
      couponId,
      epoch: snapshot?.epoch ?? 0,
      holders: memberIds,
      notAfterMs: Infinity,
    });
  };

  const ids: CouponId[] = [];
  for (let index = 0; index < COUPONS; index++) {
    const { couponId } = await catalogue.insert(newCoupon(index));
    ids.push(couponId);
    await warmer.warm(couponId);
    t.match(await admit(couponId, 'm'), { status: 'decided', issuedCount: WINNERS_EACH });
    if (index === 0) await admission.amend(couponId, { quantity: 77 });
  }
  const present = (await admission.snapshots(ids)).map((snapshot) => snapshot !== undefined);
  t.equal(present.at(-1), true, 'the last one asked for stays');
  t.ok(present.filter(Boolean).length * WINNERS_EACH <= WINNERS_MAX + WINNERS_EACH);

  const [first] = ids;
  if (first === undefined) throw new Error('no coupon');
  t.match(await admit(first, 'm'), { status: 'not_ready' }, 'never sold out, never a fresh stock');
  t.equal(await warmer.warm(first), 'warmed');
  t.match((await admission.snapshots([first]))[0], {
    quantity: 77,
    version: 2,
    issued: WINNERS_EACH,
    lastIssueNo: WINNERS_EACH,
  });
  const again = await admit(first, 'm');
  t.match(again, { issuedCount: 0 });
  t.match(await admit(first, 'n'), { firstIssueNo: WINNERS_EACH + 1, refusal: 'sold_out' });
});

t.test('a warm that read the tables too long ago is refused', async (t) => {
  const stores = await openEmbedded({ dataDir: t.testdir(), as: 'server', winnersMax: 1 });
  t.teardown(() => stores.close());
  const { admission } = stores;
  const terms = { ...newCoupon(1), version: 1, epoch: 1, lastIssueNo: 0 };
  const coupon: WarmCoupon = { ...terms, couponId: 1 as CouponId };
  await warmWith(admission, coupon);
  await admission.admit({
    couponId: coupon.couponId,
    epoch: 1,
    holders: ['a' as MemberId],
    notAfterMs: Infinity,
  });
  await warmWith(admission, { ...terms, couponId: 2 as CouponId });
  t.same(await admission.snapshots([coupon.couponId]), [undefined], 'it has left');
  await t.rejects(warmWith(admission, coupon), { code: 'store_unavailable' });
});
