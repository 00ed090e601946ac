/**
 * Tests what every back end of {@link PresenceDemandStore} promises, together with the catalogue that writes the
 * demands.
 */
import type { Test } from 'tap';
import type { CouponId } from '../../engine/domain/coupon.js';
import type { CouponChanges } from '../../engine/ports/coupon-changes.js';
import type { CouponCatalogue } from '../../engine/ports/coupon-catalogue.js';
import { newCoupon } from '../../engine/testing/contracts/new-coupon.js';
import type { PresenceDemandStore } from '../presence-demands.js';

export interface PresenceDemandsUnderTest {
  readonly presenceDemands: PresenceDemandStore;
  readonly catalogue: CouponCatalogue;
  readonly changes: CouponChanges;
  close(): Promise<void>;
}

const EVERYTHING = 999_999;
const REGISTRATIONS = 40;
const POLLS = 60;

export function presenceDemandStoreContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<PresenceDemandsUnderTest>,
): void {
  t.test(`${name}: presence demand store contract`, async (t) => {
    const under = await open(t);
    const { presenceDemands, catalogue, changes } = under;
    const demand = (couponId: CouponId, presenceRequired: boolean) =>
      changes.begin({ couponId, terms: {}, presenceRequired, atMs: 0 });
    t.teardown(() => under.close());

    t.test(
      'every change is returned once, the latest of each coupon, in the order of revisions',
      async (t) => {
        const { revision: before } = await presenceDemands.settled();
        const ordinary = await catalogue.insert(newCoupon());
        const first = await catalogue.insert(newCoupon({ presenceRequired: true }));
        const second = await catalogue.insert(newCoupon({ presenceRequired: true }));
        await demand(ordinary.couponId, true);
        await demand(first.couponId, false);
        t.same(await presenceDemands.changesAfter(before, EVERYTHING), [
          { couponId: second.couponId, required: true, revision: before + 2 },
          { couponId: ordinary.couponId, required: true, revision: before + 3 },
          { couponId: first.couponId, required: false, revision: before + 4 },
        ]);
        t.same(await presenceDemands.changesAfter(before + 3, 1), [
          { couponId: first.couponId, required: false, revision: before + 4 },
        ]);
        t.same(await presenceDemands.settled(), { couponId: second.couponId, revision: before + 4 });
      },
    );

    t.test('no demand turns up later below the id that was settled', async (t) => {
      const { revision: before } = await presenceDemands.settled();
      const reads: { readonly couponId: number; readonly known: ReadonlySet<number> }[] = [];
      const polling = (async () => {
        for (let poll = 0; poll < POLLS; poll++) {
          const { couponId } = await presenceDemands.settled();
          const changes = await presenceDemands.changesAfter(before, EVERYTHING);
          reads.push({ couponId, known: new Set(changes.map((change) => change.couponId)) });
        }
      })();
      const registered = await Promise.all(
        Array.from({ length: REGISTRATIONS }, (_, index) =>
          catalogue.insert(newCoupon(index % 2 === 0 ? { presenceRequired: true } : {})),
        ),
      );
      await polling;
      const demanding = registered.filter((record) => record.presenceRequired);
      t.equal(demanding.length, REGISTRATIONS / 2);
      for (const { couponId, known } of reads) {
        const missed = demanding.filter((one) => one.couponId <= couponId && !known.has(one.couponId));
        t.same(missed, [], `a read that was settled up to ${couponId}`);
      }
    });
  });
}
