/** Tests what every back end of {@link DoorRuleStore} promises, together with the catalogue that writes the rules. */
import type { Test } from 'tap';
import type { CouponId } from '../../engine/domain/coupon.js';
import type { CouponChanges } from '../../engine/ports/coupon-changes.js';
import type { CouponCatalogue } from '../../engine/ports/coupon-catalogue.js';
import { newCoupon } from '../../engine/testing/contracts/new-coupon.js';
import type { DoorRuleStore } from '../door-rules.js';

export interface DoorRulesUnderTest {
  readonly doorRules: DoorRuleStore;
  readonly catalogue: CouponCatalogue;
  readonly changes: CouponChanges;
  close(): Promise<void>;
}

const EVERYTHING = 999_999;
const REGISTRATIONS = 40;
const POLLS = 60;

export function doorRuleStoreContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<DoorRulesUnderTest>,
): void {
  t.test(`${name}: door rule store contract`, async (t) => {
    const under = await open(t);
    const { doorRules, catalogue, changes } = under;
    const demand = (couponId: CouponId, presence: true | null) =>
      changes.begin({ couponId, terms: {}, door: { presence }, atMs: 0 });
    const rule = { presence: true as const };
    t.teardown(() => under.close());

    t.test(
      'every change is returned once, the latest of each coupon, in the order of revisions',
      async (t) => {
        const { revision: before } = await doorRules.settled();
        const ordinary = await catalogue.insert(newCoupon());
        const first = await catalogue.insert(newCoupon({ door: rule }));
        const second = await catalogue.insert(newCoupon({ door: rule }));
        await demand(ordinary.couponId, true);
        await demand(first.couponId, null);
        t.same(await doorRules.changesAfter(before, EVERYTHING), [
          { couponId: second.couponId, rule, revision: before + 2 },
          { couponId: ordinary.couponId, rule, revision: before + 3 },
          { couponId: first.couponId, rule: undefined, revision: before + 4 },
        ]);
        t.same(await doorRules.changesAfter(before + 3, 1), [
          { couponId: first.couponId, rule: undefined, revision: before + 4 },
        ]);
        t.match(await doorRules.settled(), { couponId: second.couponId, revision: before + 4 });
      },
    );

    t.test('no rule turns up later below the id that was settled', async (t) => {
      const { revision: before } = await doorRules.settled();
      const reads: { readonly couponId: number; readonly known: ReadonlySet<number> }[] = [];
      const polling = (async () => {
        for (let poll = 0; poll < POLLS; poll++) {
          const { couponId } = await doorRules.settled();
          const changes = await doorRules.changesAfter(before, EVERYTHING);
          reads.push({ couponId, known: new Set(changes.map((change) => change.couponId)) });
        }
      })();
      const registered = await Promise.all(
        Array.from({ length: REGISTRATIONS }, (_, index) =>
          catalogue.insert(newCoupon(index % 2 === 0 ? { door: rule } : {})),
        ),
      );
      await polling;
      const ruled = registered.filter((record) => record.door !== undefined);
      t.equal(ruled.length, REGISTRATIONS / 2);
      for (const { couponId, known } of reads) {
        const missed = ruled.filter((one) => one.couponId <= couponId && !known.has(one.couponId));
        t.same(missed, [], `a read that was settled up to ${couponId}`);
      }
    });
  });
}
