/** Tests what every back end of {@link RedemptionLedger} promises: one subtest a sentence of the port. */
import { randomInt } from 'node:crypto';
import type { Test } from 'tap';
import type { CouponId, MemberId } from '../../domain/coupon.js';
import { holderOf, unitOf } from '../../domain/holder.js';
import { parseOrderId } from '../../domain/redemption.js';
import type { CancelEffect, OrderId, RedemptionRules } from '../../domain/redemption.js';
import type { AuditActor, AuditLog } from '../../ports/audit-log.js';
import type { CouponChanges } from '../../ports/coupon-changes.js';
import type { CouponCatalogue } from '../../ports/coupon-catalogue.js';
import type { IssuanceLedger } from '../../ports/issuance-ledger.js';
import type { RedemptionLedger, WalletCursor } from '../../ports/redemption-ledger.js';
import { member } from './admission-contract.js';
import { freshIssuance, statesAfter } from './redemption-model.js';
import type { RedemptionCall, RedemptionCommand } from './redemption-model.js';

export interface RedemptionsUnderTest {
  readonly redemptions: RedemptionLedger;
  /** The same database through connections of its own; the same object where there is only one. */
  readonly others: RedemptionLedger;
  readonly ledger: IssuanceLedger;
  readonly catalogue: CouponCatalogue;
  readonly changes: CouponChanges;
  readonly auditLog: AuditLog;
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const seller: AuditActor = { kind: 'seller', id: 's-1', address: '127.0.0.1' };
const holder: AuditActor = { kind: 'member', id: 'm1', address: '127.0.0.1' };

export function order(text: string): OrderId {
  const orderId = parseOrderId(text);
  if (orderId === undefined) throw new Error(`${text} is no order id`);
  return orderId;
}

/** Registers a coupon with these rules, and records members `m1` to `m<rows>`. */
export async function couponWith(
  { catalogue, ledger }: Pick<RedemptionsUnderTest, 'catalogue' | 'ledger'>,
  rules: Partial<RedemptionRules> = {},
  rows = 1,
  issuedAtMs = Date.now(),
): Promise<CouponId> {
  const redemption: RedemptionRules = {
    validity: undefined,
    onCancel: 'restore',
    redeemBy: 'member',
    ...rules,
  };
  const { couponId } = await catalogue.insert({
    ...{ sellerId: 's-1', name: 'A cup', quantity: 10_000, createdAtMs: 1, redemption },
    ...{ discount: { type: 'percent', value: 10 }, opensAtMs: undefined, closesAtMs: undefined },
    ...{ paused: false, closed: false },
  });
  const issuances = Array.from({ length: rows }, (_, place) => ({
    ...{ issueNo: place + 1, holder: member(`m${place + 1}`), issuedAtMs },
  }));
  await ledger.record({ couponId, epoch: 0, issuances });
  return couponId;
}

export function redemptionLedgerContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<RedemptionsUnderTest>,
): void {
  t.test(`${name}: redemption ledger contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    aboutRedeeming(t, under);
    aboutCancelling(t, under);
    aboutExpiry(t, under);
    aboutMeetings(t, under);
    aboutUnits(t, under);
    aboutReading(t, under);
  });
}

function aboutRedeeming(t: Test, under: RedemptionsUnderTest): void {
  const { redemptions, ledger } = under;

  t.test('an order redeems once, and gets the same answer ever after', async (t) => {
    const couponId = await couponWith(under);
    const issuance = { couponId, issueNo: 1 };
    const first = await redemptions.redeem(issuance, order('A-1'), seller);
    t.match(first, {
      status: 'redeemed',
      redemption: { couponId, issueNo: 1, holder: 'm1', orderId: 'A-1' },
    });
    if (first.status !== 'redeemed') return;
    t.ok(Math.abs(first.redemption.redeemedAtMs - Date.now()) < HOUR_MS, 'by a clock in milliseconds');
    t.same(await redemptions.redeem(issuance, order('A-1'), seller), { ...first, status: 'repeated' });
    t.same(await redemptions.redeem({ couponId, memberId: member('m1') }, order('A-1'), holder), {
      ...first,
      status: 'repeated',
    });
    t.same(await redemptions.redeem(issuance, order('A-2'), seller), { status: 'already_used' });
    t.equal(
      (await ledger.rowAt(couponId, 1))?.usedAtMs,
      first.redemption.redeemedAtMs,
      'the row has the same instant',
    );
  });

  t.test('what has no row is absent, by number and by member', async (t) => {
    const couponId = await couponWith(under);
    for (const issuance of [
      { couponId, issueNo: 2 },
      { couponId, memberId: member('m2') },
    ]) {
      t.same(await redemptions.redeem(issuance, order('A'), seller), { status: 'absent' });
      t.same(await redemptions.cancel(issuance, order('A'), seller), { status: 'absent' });
      t.equal(await redemptions.history(issuance, 10), 'absent');
    }
  });

  t.test('order ids differ by case, and belong to one issuance', async (t) => {
    const couponId = await couponWith(under, {}, 2);
    t.equal((await redemptions.redeem({ couponId, issueNo: 1 }, order('a'), seller)).status, 'redeemed');
    t.equal((await redemptions.redeem({ couponId, issueNo: 1 }, order('A'), seller)).status, 'already_used');
    t.equal((await redemptions.redeem({ couponId, issueNo: 2 }, order('a'), seller)).status, 'redeemed');
  });

  t.test(
    'where only the seller redeems, the member is sent to the shop, and its own order is repeated all the same',
    async (t) => {
      const couponId = await couponWith(under, { redeemBy: 'seller' });
      const issuance = { couponId, memberId: member('m1') };
      t.same(await redemptions.redeem(issuance, order('A'), holder), { status: 'redeem_at_shop' });
      t.equal((await redemptions.redeem(issuance, order('A'), seller)).status, 'redeemed');
      t.equal((await redemptions.redeem(issuance, order('A'), holder)).status, 'repeated');
      t.equal((await redemptions.redeem(issuance, order('B'), holder)).status, 'already_used');
    },
  );

  t.test('what is used is not revoked, what is cancelled is', async (t) => {
    const couponId = await couponWith(under);
    await redemptions.redeem({ couponId, issueNo: 1 }, order('A'), seller);
    t.equal(await ledger.revoke(couponId, 0, 1, member('m1'), 1), 'used');
    await redemptions.cancel({ couponId, issueNo: 1 }, order('A'), seller);
    t.equal(await ledger.revoke(couponId, 0, 1, member('m1'), 1), 'revoked');
    t.same(await redemptions.redeem({ couponId, issueNo: 1 }, order('B'), seller), { status: 'absent' });
  });
}

function aboutCancelling(t: Test, under: RedemptionsUnderTest): void {
  const { redemptions, ledger, auditLog } = under;

  t.test('a cancelled order gives the coupon back, and its id is dead', async (t) => {
    const couponId = await couponWith(under);
    const issuance = { couponId, issueNo: 1 };
    t.same(await redemptions.cancel(issuance, order('A'), seller), { status: 'not_redeemed' });
    await redemptions.redeem(issuance, order('A'), seller);
    const cancelled = await redemptions.cancel(issuance, order('A'), seller);
    t.match(cancelled, {
      status: 'cancelled',
      redemption: { orderId: 'A', state: 'usable', cancelledAtMs: Number },
    });
    t.equal((await ledger.rowAt(couponId, 1))?.usedAtMs, undefined);
    t.same(await redemptions.cancel(issuance, order('A'), seller), cancelled, 'a repeat answers the same');
    t.same(
      await redemptions.redeem(issuance, order('A'), seller),
      { status: 'redemption_cancelled' },
      'a late duplicate of the first request does not redeem',
    );
    t.equal((await redemptions.redeem(issuance, order('B'), seller)).status, 'redeemed');
    t.same(await redemptions.redeem(issuance, order('A'), seller), { status: 'redemption_cancelled' });
    t.match(await redemptions.cancel(issuance, order('A'), seller), { redemption: { state: 'used' } });
    t.match(await redemptions.history(issuance, 10), [
      { orderId: 'B' },
      { orderId: 'A', cancelledAtMs: Number },
    ]);
    const entries = (await auditLog.entries(1e15, 1_000)).filter(
      ({ action, target }) => action === 'redemption_cancelled' && target === `coupon ${couponId}`,
    );
    t.match(entries, [{ detail: { issueNo: 1, orderId: 'A', onCancel: 'restore' } }]);
    t.equal(entries.length, 1, 'written once');
  });

  t.test('where a cancel voids, the coupon stays used', async (t) => {
    const couponId = await couponWith(under, { onCancel: 'void' });
    const issuance = { couponId, issueNo: 1 };
    await redemptions.redeem(issuance, order('A'), seller);
    t.match(await redemptions.cancel(issuance, order('A'), seller), { redemption: { state: 'used' } });
    t.same(await redemptions.redeem(issuance, order('B'), seller), { status: 'already_used' });
    t.same(await redemptions.redeem(issuance, order('A'), seller), { status: 'redemption_cancelled' });
    t.equal(await ledger.revoke(couponId, 0, 1, member('m1'), 1), 'used');
  });
}

function aboutExpiry(t: Test, under: RedemptionsUnderTest): void {
  const { redemptions } = under;

  t.test('an expired coupon is not redeemed, an order placed in time is confirmed afterwards', async (t) => {
    const couponId = await couponWith(under, { validity: { untilMs: Date.now() + 400 } }, 2);
    t.equal((await redemptions.redeem({ couponId, issueNo: 1 }, order('A'), seller)).status, 'redeemed');
    for (;;) {
      const late = await redemptions.redeem({ couponId, issueNo: 2 }, order(`L${randomInt(1e9)}`), seller);
      if (late.status === 'coupon_expired') break;
      if (late.status === 'redeemed')
        await redemptions.cancel({ couponId, issueNo: 2 }, late.redemption.orderId, seller);
    }
    t.equal((await redemptions.redeem({ couponId, issueNo: 1 }, order('A'), seller)).status, 'repeated');
    t.same(await redemptions.redeem({ couponId, issueNo: 1 }, order('B'), seller), {
      status: 'already_used',
    });
    t.match(await redemptions.cancel({ couponId, issueNo: 1 }, order('A'), seller), {
      redemption: { state: 'expired' },
    });
  });

  t.test('expiry follows from the issue and the rules of the moment', async (t) => {
    const couponId = await couponWith(under, { validity: { hours: 1 } }, 1, Date.now() - 2 * HOUR_MS);
    const issuance = { couponId, issueNo: 1 };
    t.match(await redemptions.redeem(issuance, order('A'), seller), { status: 'coupon_expired' });
    await under.changes.begin({ couponId, terms: {}, rules: { validity: { hours: 3 } }, atMs: 0 });
    t.match(await redemptions.redeem(issuance, order('A'), seller), { status: 'redeemed' });
  });
}

function aboutMeetings(t: Test, under: RedemptionsUnderTest): void {
  const { redemptions, others } = under;

  t.test('of two orders at once exactly one redeems', async (t) => {
    const couponId = await couponWith(under, {}, 50);
    for (let issueNo = 1; issueNo <= 50; issueNo += 1) {
      const results = await Promise.all([
        redemptions.redeem({ couponId, issueNo }, order('A'), seller),
        others.redeem({ couponId, memberId: member(`m${issueNo}`) }, order('B'), seller),
      ]);
      t.same(results.map(({ status }) => status).sort(), ['already_used', 'redeemed'], `number ${issueNo}`);
    }
  });

  t.test('the same order a hundred times at once is one redemption', async (t) => {
    const couponId = await couponWith(under);
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, place) =>
        (place % 2 === 0 ? redemptions : others).redeem({ couponId, issueNo: 1 }, order('A'), seller),
      ),
    );
    t.equal(results.filter(({ status }) => status === 'redeemed').length, 1);
    t.equal(results.filter(({ status }) => status === 'repeated').length, 99);
    t.equal((await redemptions.history({ couponId, issueNo: 1 }, 10)).length, 1);
  });

  t.test(
    'redeem, cancel and revoke at once, answers lost and requests that come again late: all in one order',
    async (t) => {
      for (const onCancel of ['restore', 'void'] as const) {
        t.same(await randomMeetings(under, onCancel, 40), [], onCancel);
      }
    },
  );
}

/** Random commands in rounds, all of a round at once. Says where answers fit no order of the commands. */
export async function randomMeetings(
  under: Pick<RedemptionsUnderTest, 'redemptions' | 'others' | 'ledger' | 'catalogue'>,
  onCancel: CancelEffect,
  issuances: number,
): Promise<string[]> {
  const violations: string[] = [];
  const couponId = await couponWith(under, { onCancel }, issuances);
  const orders = [order('A'), order('B'), order('C')];
  for (let issueNo = 1; issueNo <= issuances; issueNo += 1) {
    const memberId = member(`m${issueNo}`);
    const sent: RedemptionCommand[] = [];
    let states = [freshIssuance];
    for (let round = 0; round < 5; round += 1) {
      const commands = Array.from({ length: randomInt(1, 5) }, (): RedemptionCommand => {
        const drawn = randomInt(12);
        // A request of before that the network delivers only now.
        const late = sent[randomInt(sent.length + 1)];
        if (drawn < 2 && late !== undefined) return late;
        if (drawn === 2) return { kind: 'revoke' };
        return {
          kind: drawn < 8 ? 'redeem' : 'cancel',
          orderId: orders[randomInt(orders.length)] ?? order('A'),
        };
      });
      sent.push(...commands);
      const calls = await Promise.all(
        commands.map(async (command, place): Promise<RedemptionCall> => {
          const answer = await carryOut(under, place % 2 === 0, couponId, issueNo, memberId, command);
          return { command, answer: randomInt(6) === 0 ? undefined : answer };
        }),
      );
      const next = statesAfter(states, calls, onCancel);
      if (next.length === 0) {
        violations.push(`number ${issueNo}, round ${round}: ${JSON.stringify(calls)}`);
        break;
      }
      states = next;
    }
  }
  return violations;
}

async function carryOut(
  { redemptions, others, ledger }: Pick<RedemptionsUnderTest, 'redemptions' | 'others' | 'ledger'>,
  here: boolean,
  couponId: CouponId,
  issueNo: number,
  memberId: MemberId,
  command: RedemptionCommand,
): Promise<string> {
  const side = here ? redemptions : others;
  const issuance = here ? { couponId, issueNo } : { couponId, memberId };
  if (command.kind === 'revoke') return ledger.revoke(couponId, 0, issueNo, memberId, 1);
  if (command.kind === 'cancel') return (await side.cancel(issuance, command.orderId, seller)).status;
  return (await side.redeem(issuance, command.orderId, seller)).status;
}

function aboutUnits(t: Test, under: RedemptionsUnderTest): void {
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
    t.equal(await redemptions.redeemedCount(mine.couponId), 3);
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

function aboutReading(t: Test, under: RedemptionsUnderTest): void {
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
    t.equal(await redemptions.redeemedCount(couponId), 0);
    await redemptions.redeem({ couponId, issueNo: 1 }, order('A'), seller);
    await redemptions.redeem({ couponId, issueNo: 2 }, order('A'), seller);
    await redemptions.cancel({ couponId, issueNo: 2 }, order('A'), seller);
    t.equal(await redemptions.redeemedCount(couponId), 1);
  });
}
