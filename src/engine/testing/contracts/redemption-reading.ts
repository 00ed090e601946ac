/** Tests redemption of several units, and what a wallet shows. */
import { randomInt } from 'node:crypto';
import type { Test } from 'tap';
import type { CouponId } from '../../domain/coupon.js';
import { holderOf, unitOf } from '../../domain/holder.js';
import type { RedemptionRules } from '../../domain/redemption.js';
import type { WalletCursor } from '../../ports/redemption-ledger.js';
import { member } from './ids.js';
import { type RedemptionsUnderTest, HOUR_MS, seller, order, couponWith } from './redemption-coupon.js';

export function aboutUnits(t: Test, under: RedemptionsUnderTest): void {
  const { redemptions, ledger } = under;

  /** A member of the coupon with three units under the numbers 1 to 3. */
  async function threeUnits(rules: Partial<RedemptionRules> = {}, issuedAtMs = 0) {
    const couponId = await couponWith(under, rules, 0);
    const memberId = member('units');
    const issuances = [1, 2, 3].map((unit) => ({
      issueNo: unit,
      holder: holderOf(memberId, unit),
      issuedAtMs,
    }));
    await ledger.record({ couponId, epoch: 0, issuances });
    return { couponId, memberId };
  }

  t.test('by the member each order uses the next unit, and a repeat uses none', async (t) => {
    const mine = await threeUnits();
    for (const [name, issueNo] of [
      ['A', 1],
      ['B', 2],
      ['A', 1],
      ['C', 3],
      ['B', 2],
    ] as const) {
      t.match(await redemptions.redeem(mine, order(name), seller), { redemption: { issueNo } }, name);
    }
    t.match(await redemptions.redeem(mine, order('D'), seller), { status: 'already_used' });
    t.match(await under.ledger.counts([mine.couponId]), [{ redeemed: 3 }]);
  });

  t.test(
    'by the member the order names the unit to cancel, and its id is dead for all of them',
    async (t) => {
      const mine = await threeUnits();
      await redemptions.redeem(mine, order('A'), seller);
      await redemptions.redeem(mine, order('B'), seller);
      t.match(await redemptions.cancel(mine, order('B'), seller), {
        status: 'cancelled',
        redemption: { issueNo: 2, holder: 'units~2' },
      });
      t.match(await redemptions.redeem(mine, order('B'), seller), { status: 'redemption_cancelled' });
      t.match(await redemptions.cancel(mine, order('X'), seller), { status: 'not_redeemed' });
      t.match(await redemptions.redeem(mine, order('C'), seller), { redemption: { issueNo: 2 } });
    },
  );

  t.test('a unit that is named is the one, and a number needs no unit', async (t) => {
    const mine = await threeUnits();
    t.match(await redemptions.redeem({ ...mine, unit: 3 }, order('A'), seller), {
      redemption: { issueNo: 3 },
    });
    t.match(await redemptions.redeem({ ...mine, unit: 3 }, order('B'), seller), { status: 'already_used' });
    t.match(await redemptions.redeem({ ...mine, unit: 4 }, order('B'), seller), { status: 'absent' });
    const { couponId } = mine;
    t.match(await redemptions.redeem({ couponId, issueNo: 2 }, order('B'), seller), {
      redemption: { issueNo: 2, holder: 'units~2' },
    });
    t.match(await redemptions.redeem(mine, order('B'), seller), { status: 'repeated' }, 'by the member too');
  });

  t.test('of orders at the same time each uses a unit of its own', async (t) => {
    const mine = await threeUnits();
    const names = ['A', 'B', 'C', 'A', 'B', 'C', 'D'];
    const results = await Promise.all(names.map((name) => redemptions.redeem(mine, order(name), seller)));
    const used = new Map<string, Set<number>>();
    for (const [place, result] of results.entries()) {
      if (!('redemption' in result)) continue;
      const name = names[place] ?? '';
      used.set(name, (used.get(name) ?? new Set()).add(result.redemption.issueNo));
    }
    t.equal(used.size, 3, 'three of the four orders');
    t.ok([...used.values()].every((numbers) => numbers.size === 1));
    t.equal(new Set([...used.values()].flatMap((numbers) => [...numbers])).size, 3);
  });
}

export function aboutReading(t: Test, under: RedemptionsUnderTest): void {
  const { redemptions, ledger } = under;

  t.test('a wallet shows names, discounts, expiry, states and orders, in either order', async (t) => {
    const memberId = member(`w${randomInt(1e9)}`);
    const ids: CouponId[] = [];
    for (const [place, validity] of [undefined, { untilMs: 5 }, { hours: 2 }].entries()) {
      const couponId = await couponWith(under, { validity }, 0);
      await ledger.record({
        couponId,
        epoch: 0,
        issuances: [{ issueNo: 1, holder: memberId, issuedAtMs: 1_000_000 - (place % 2) }],
      });
      ids.push(couponId);
    }
    await redemptions.redeem({ couponId: ids[0] ?? (0 as CouponId), memberId }, order('A'), seller);
    const all = await redemptions.wallet(memberId, 'coupon', undefined, 10);
    t.match(all, [
      {
        couponId: ids[0],
        name: 'A cup',
        sellerId: 's-1',
        discount: { type: 'percent', value: 10 },
        state: 'used',
        orderId: 'A',
      },
      { couponId: ids[1], state: 'expired', expiresAtMs: 5, orderId: undefined },
      { couponId: ids[2], state: 'expired', expiresAtMs: 1_000_000 + 2 * HOUR_MS },
    ]);
    const rest = await redemptions.wallet(
      memberId,
      'coupon',
      { couponId: ids[0] ?? 0, issuedAtMs: 0, unit: 1 },
      1,
    );
    t.same(
      rest.map(({ couponId }) => couponId),
      [ids[1]],
    );
    const newest = await redemptions.wallet(memberId, 'newest', undefined, 2);
    t.same(
      newest.map(({ couponId }) => couponId),
      [ids[2], ids[0]],
    );
    const last = newest.at(-1);
    const older = await redemptions.wallet(memberId, 'newest', last && { ...last, unit: 1 }, 10);
    t.same(
      older.map(({ couponId }) => couponId),
      [ids[1]],
    );
  });

  t.test('an issuance is found as a wallet shows it, by number and by member and unit', async (t) => {
    const memberId = member(`f${randomInt(1e9)}`);
    const couponId = await couponWith(under, { redeemBy: 'seller', validity: { hours: 1 } }, 0);
    const issuances = [1, 2].map((unit) => ({
      ...{ issueNo: unit + 4, holder: holderOf(memberId, unit), issuedAtMs: Date.now() },
    }));
    await ledger.record({ couponId, epoch: 0, issuances });
    await redemptions.redeem({ couponId, issueNo: 6 }, order('A'), seller);
    const [first, second] = await redemptions.wallet(memberId, 'coupon', undefined, 10);
    t.match(first, { issueNo: 5, state: 'usable', redeemBy: 'seller', name: 'A cup' });
    t.match(second, { issueNo: 6, state: 'used', orderId: 'A' });
    t.same(await redemptions.find({ couponId, memberId }), first);
    t.same(await redemptions.find({ couponId, issueNo: 5 }), first);
    t.same(await redemptions.find({ couponId, memberId, unit: 2 }), second);
    t.same(await redemptions.find({ couponId, issueNo: 6 }), second);
    for (const absent of [{ issueNo: 7 }, { memberId, unit: 3 }, { memberId: member('f') }]) {
      t.equal(await redemptions.find({ couponId, ...absent }), undefined);
    }
  });

  t.test('a wallet pages through units, in either order', async (t) => {
    const memberId = member(`u${randomInt(1e9)}`);
    const ids: CouponId[] = [];
    for (const units of [3, 1]) {
      const couponId = await couponWith(under, {}, 0);
      const issuances = Array.from({ length: units }, (_, place) => ({
        ...{ issueNo: place + 1, holder: holderOf(memberId, place + 1), issuedAtMs: 1_000 },
      }));
      await ledger.record({ couponId, epoch: 0, issuances });
      ids.push(couponId);
    }
    const rightful = [...[1, 2, 3].map((unit) => [ids[0], unit]), [ids[1], 1]];
    for (const order of ['coupon', 'newest'] as const) {
      const seen: unknown[] = [];
      for (let after: WalletCursor | undefined; ;) {
        const [row] = await redemptions.wallet(memberId, order, after, 1);
        if (row === undefined) break;
        seen.push([row.couponId, unitOf(row.holder)]);
        after = { ...row, unit: unitOf(row.holder) };
      }
      t.same(seen, order === 'coupon' ? rightful : [...rightful].reverse());
    }
  });

  t.test('used issuances are counted', async (t) => {
    const couponId = await couponWith(under, {}, 3);
    t.match(await under.ledger.counts([couponId]), [{ redeemed: 0 }]);
    await redemptions.redeem({ couponId, issueNo: 1 }, order('A'), seller);
    await redemptions.redeem({ couponId, issueNo: 2 }, order('A'), seller);
    await redemptions.cancel({ couponId, issueNo: 2 }, order('A'), seller);
    t.match(await under.ledger.counts([couponId]), [{ recorded: 3, redeemed: 1 }]);
  });
}
