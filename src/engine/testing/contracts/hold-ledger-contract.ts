/** Tests what every back end of {@link HoldLedger} promises: one subtest a sentence of the port. */
import type { Test } from 'tap';
import { holderOf } from '../../domain/holder.js';
import type { CouponId, Issuance } from '../../domain/coupon.js';
import type { RedemptionRules } from '../../domain/redemption.js';
import type { NumberedHolder } from '../../ports/admission.js';
import type { AuditActor, AuditLog } from '../../ports/audit-log.js';
import type { CouponCatalogue } from '../../ports/coupon-catalogue.js';
import type { EventLog } from '../../ports/event-log.js';
import type { HoldLedger } from '../../ports/hold-ledger.js';
import type { IssuanceLedger } from '../../ports/issuance-ledger.js';
import type { RedemptionLedger } from '../../ports/redemption-ledger.js';
import { member } from './ids.js';
import { couponWith, order } from './redemption-coupon.js';

export interface HoldsUnderTest {
  readonly holds: HoldLedger;
  /** The same database through connections of its own; the same object where there is only one. */
  readonly others: HoldLedger;
  readonly ledger: IssuanceLedger;
  readonly catalogue: CouponCatalogue;
  /** What the same transactions write beside; absent where a model has none of it. */
  readonly beside:
    | { readonly redemptions: RedemptionLedger; readonly auditLog: AuditLog; readonly events: EventLog }
    | undefined;
  close(): Promise<void>;
}

const seller: AuditActor = { kind: 'seller', id: 's-1', address: '127.0.0.1' };
const holder: AuditActor = { kind: 'member', id: 'm1', address: '127.0.0.1' };
const HOLD_SECONDS = 60;

const numbered = (from: number, to: number): Issuance[] =>
  Array.from({ length: to - from + 1 }, (_, place) => ({
    ...{ issueNo: from + place, holder: member(`m${from + place}`), issuedAtMs: 0 },
  }));

const numbersOf = (issuances: readonly NumberedHolder[]): number[] => issuances.map(({ issueNo }) => issueNo);

export function holdLedgerContract(t: Test, name: string, open: (t: Test) => Promise<HoldsUnderTest>): void {
  t.test(`${name}: hold ledger contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    aboutConfirming(t, under);
    aboutTakingBack(t, under);
    aboutMeetings(t, under);
    aboutReading(t, under);
    if (under.beside !== undefined) aboutWhatIsBeside(t, under, under.beside);
  });
}

function heldCoupon(
  under: HoldsUnderTest,
  rows: number,
  rules: Partial<RedemptionRules> = {},
): Promise<CouponId> {
  return couponWith(under, { holdSeconds: HOLD_SECONDS, ...rules }, rows);
}

function aboutConfirming(t: Test, under: HoldsUnderTest): void {
  const { holds } = under;

  t.test('an order confirms once, and gets the same answer ever after', async (t) => {
    const couponId = await heldCoupon(under, 1);
    const first = await holds.confirm({ couponId, issueNo: 1 }, order('A'), seller);
    t.match(first, {
      status: 'confirmed',
      confirmation: { couponId, issueNo: 1, holder: 'm1', orderId: 'A', confirmedAtMs: Number },
    });
    const again = { ...first, status: 'repeated' };
    t.same(await holds.confirm({ couponId, issueNo: 1 }, order('A'), seller), again);
    t.same(await holds.confirm({ couponId, memberId: member('m1') }, order('A'), holder), again);
    t.same(await holds.confirm({ couponId, issueNo: 1 }, order('B'), seller), {
      status: 'confirmed_by_other_order',
    });
  });

  t.test('where only the seller redeems, only the seller confirms', async (t) => {
    const couponId = await heldCoupon(under, 1, { redeemBy: 'seller' });
    const issuance = { couponId, memberId: member('m1') };
    t.same(await holds.confirm(issuance, order('A'), holder), { status: 'redeem_at_shop' });
    t.equal((await holds.confirm(issuance, order('A'), seller)).status, 'confirmed');
    t.equal((await holds.confirm(issuance, order('A'), holder)).status, 'repeated');
  });

  t.test('a coupon without holds has nothing to confirm, and what has no row is absent', async (t) => {
    const plain = await couponWith(under);
    t.same(await holds.confirm({ couponId: plain, issueNo: 1 }, order('A'), seller), { status: 'no_hold' });
    t.same(await holds.stateOf({ couponId: plain, issueNo: 1 }), { status: 'no_hold' });
    const couponId = await heldCoupon(under, 1);
    for (const issuance of [
      { couponId, issueNo: 2 },
      { couponId, memberId: member('m2') },
    ]) {
      t.same(await holds.confirm(issuance, order('A'), seller), { status: 'absent' });
      t.same(await holds.stateOf(issuance), { status: 'absent' });
    }
  });
}

function aboutTakingBack(t: Test, under: HoldsUnderTest): void {
  const { holds, ledger, catalogue } = under;

  t.test('those that are neither confirmed nor used are taken back, and no others', async (t) => {
    const couponId = await heldCoupon(under, 6);
    await holds.confirm({ couponId, issueNo: 2 }, order('A'), seller);
    await holds.confirm({ couponId, issueNo: 3 }, order('B'), seller);
    await ledger.use(couponId, member('m3'), 1);
    const wanted = [...numbered(1, 4), { issueNo: 5, holder: member('m6') }, ...numbered(7, 9)];
    const reply = await holds.revokeMany(couponId, 0, wanted, 'hold_expired');
    t.same(reply === 'stale' ? reply : numbersOf(reply.taken), [1, 4], 'm6 does not hold number 5');
    t.same(await holds.revokeMany(couponId, 0, wanted, 'hold_expired'), { taken: [] }, 'a repeat');
    t.same(numbersOf(await ledger.rows(couponId, 0, 10)), [2, 3, 5, 6]);
    t.same(await holds.confirm({ couponId, issueNo: 1 }, order('A'), seller), {
      status: 'hold_expired',
      ended: { issueNo: 1, holder: 'm1', reason: 'hold_expired' },
    });
    t.match(await holds.stateOf({ couponId, memberId: member('m4') }), { status: 'ended', issueNo: 4 });
    t.match(await holds.stateOf({ couponId, issueNo: 2 }), { status: 'confirmed' });
    t.match(await holds.stateOf({ couponId, issueNo: 5 }), { status: 'held', holder: 'm5' });
    t.same(await holds.revokeMany(couponId, 0, [], 'hold_expired'), { taken: [] });
  });

  t.test(
    'of a range those are taken back that were issued by an instant, unread, with their units',
    async (t) => {
      const couponId = await heldCoupon(under, 5);
      const issuedAtMs = (await ledger.rows(couponId, 0, 1))[0]?.issuedAtMs ?? 0;
      const later = [
        { issueNo: 6, holder: holderOf(member('m6'), 2), issuedAtMs: issuedAtMs - 1 },
        { issueNo: 7, holder: member('m7'), issuedAtMs: issuedAtMs + 1 },
        { issueNo: 8, holder: member('m8'), issuedAtMs },
        { issueNo: 9, holder: member('m9'), issuedAtMs },
      ];
      await ledger.record({ couponId, epoch: 0, issuances: later });
      await holds.confirm({ couponId, issueNo: 3 }, order('A'), seller);
      const due = { firstNo: 2, lastNo: 8, issuedUpToMs: issuedAtMs };
      t.same(await holds.revokeMany(couponId, 0, due, 'hold_expired'), {
        taken: [
          ...[2, 4, 5].map((issueNo) => ({ issueNo, holder: `m${issueNo}` })),
          { issueNo: 6, holder: 'm6~2' },
          { issueNo: 8, holder: 'm8' },
        ],
      });
      t.same(await holds.revokeMany(couponId, 0, due, 'hold_expired'), { taken: [] }, 'a repeat');
      t.same(numbersOf(await ledger.rows(couponId, 0, 10)), [1, 3, 7, 9]);
      t.match(await holds.stateOf({ couponId, issueNo: 6 }), { status: 'ended', holder: 'm6~2' });
    },
  );

  t.test('a number that was taken back never gets a row again, and its member may win anew', async (t) => {
    const couponId = await heldCoupon(under, 1);
    await holds.revokeMany(couponId, 0, numbered(1, 1), 'hold_expired');
    const issuances = [...numbered(1, 1), { issueNo: 2, holder: member('m1'), issuedAtMs: 5 }];
    t.match(await ledger.record({ couponId, epoch: 0, issuances }), { revoked: 1, inserted: 1 });
    const byMember = { couponId, memberId: member('m1') };
    t.match(await holds.confirm(byMember, order('A'), seller), { confirmation: { issueNo: 2 } });
    t.equal((await holds.confirm({ couponId, issueNo: 1 }, order('A'), seller)).status, 'hold_expired');
  });

  t.test('a number that its seller revoked is no hold that ended', async (t) => {
    const couponId = await heldCoupon(under, 1);
    await ledger.revoke(couponId, 0, 1, member('m1'), 1);
    t.same(await holds.confirm({ couponId, issueNo: 1 }, order('A'), seller), { status: 'absent' });
  });

  t.test('of a coupon that was rebuilt since, nothing is taken back', async (t) => {
    const couponId = await heldCoupon(under, 2);
    const epoch = await catalogue.nextEpoch(couponId);
    t.equal(await holds.revokeMany(couponId, epoch - 1, numbered(1, 2), 'hold_expired'), 'stale');
    t.equal((await ledger.rows(couponId, 0, 10)).length, 2);
    t.match(await holds.revokeMany(couponId, epoch, numbered(1, 2), 'hold_expired'), {
      taken: { length: 2 },
    });
  });
}

function aboutMeetings(t: Test, under: HoldsUnderTest): void {
  t.test('of confirm and expiry exactly one happens, a thousand times', async (t) => {
    t.same(await confirmAgainstExpiry(under, 1_000), []);
  });

  t.test(
    'rows that are recorded within a range while it is taken back are taken once, or stay',
    async (t) => {
      const couponId = await heldCoupon(under, 0);
      const all = numbered(1, 400);
      await under.ledger.record({
        couponId,
        epoch: 0,
        issuances: all.filter(({ issueNo }) => issueNo % 2 === 1),
      });
      const late = all.filter(({ issueNo }) => issueNo % 2 === 0);
      const due = { firstNo: 1, lastNo: 400, issuedUpToMs: 0 };
      const takeBack = () => under.others.revokeMany(couponId, 0, due, 'hold_expired');
      const [record, ...replies] = await Promise.all([
        under.ledger.record({ couponId, epoch: 0, issuances: late }),
        takeBack(),
      ]);
      t.equal(record.inserted, 200);
      replies.push(await takeBack());
      const taken = replies.flatMap((reply) => (reply === 'stale' ? [] : numbersOf(reply.taken)));
      t.same(
        taken.sort((one, other) => one - other),
        numbersOf(all),
      );
      t.match(await under.ledger.counts([couponId]), [{ recorded: 0 }]);
    },
  );

  t.test('of two that take back at once each number is taken by one', async (t) => {
    const couponId = await heldCoupon(under, 200);
    const sides = [under.holds, under.others];
    const replies = await Promise.all(
      sides.map((side) => side.revokeMany(couponId, 0, numbered(1, 200), 'hold_expired')),
    );
    const taken = replies.flatMap((reply) => (reply === 'stale' ? [] : numbersOf(reply.taken)));
    t.same(
      taken.sort((one, other) => one - other),
      numbersOf(numbered(1, 200)),
    );
  });

  t.test('a recorder that records again meanwhile leaves no row under a number taken back', async (t) => {
    const couponId = await heldCoupon(under, 200);
    for (let first = 1; first <= 200; first += 20) {
      const some = numbered(first, first + 19);
      const [taken, recorded] = await Promise.all([
        under.others.revokeMany(couponId, 0, some, 'hold_expired'),
        under.ledger.record({ couponId, epoch: 0, issuances: some }),
      ]);
      t.equal(taken === 'stale' ? taken : taken.taken.length, 20);
      t.equal(recorded.inserted + recorded.deadLettered, 0);
    }
    t.match(await under.ledger.counts([couponId]), [{ recorded: 0, deadLettered: 0 }]);
  });
}

/**
 * Confirms holds that are taken back at the same moment. Returns where both happened or neither: the answer to a confirm, the list of the
 * taken and the row must agree.
 */
export async function confirmAgainstExpiry(
  under: Pick<HoldsUnderTest, 'holds' | 'others' | 'ledger' | 'catalogue'>,
  pairs: number,
): Promise<string[]> {
  const PER_ROUND = 50;
  const couponId = await couponWith(under, { holdSeconds: HOLD_SECONDS }, pairs);
  const violations: string[] = [];
  for (let first = 1; first <= pairs; first += PER_ROUND) {
    const some = numbered(first, Math.min(first + PER_ROUND - 1, pairs));
    const half = some.filter((_, place) => place % 2 === 0);
    const confirmAll = (issuances: readonly Issuance[]) =>
      Promise.all(
        issuances.map(async ({ issueNo }) => {
          const { status } = await under.holds.confirm({ couponId, issueNo }, order(`o-${issueNo}`), seller);
          return [issueNo, status] as const;
        }),
      );
    const [confirms, reply, later] = await Promise.all([
      confirmAll(half),
      under.others.revokeMany(couponId, 0, some, 'hold_expired'),
      confirmAll(some.filter((issuance) => !half.includes(issuance))),
    ]);
    const taken = new Set(reply === 'stale' ? [] : numbersOf(reply.taken));
    const rows = new Set(numbersOf(await under.ledger.rows(couponId, first - 1, PER_ROUND)));
    for (const [issueNo, status] of [...confirms, ...later]) {
      const isConfirmed = status === 'confirmed' && rows.has(issueNo) && !taken.has(issueNo);
      const isExpired = status === 'hold_expired' && !rows.has(issueNo) && taken.has(issueNo);
      if (isConfirmed || isExpired) continue;
      violations.push(`${issueNo}: ${status}, row ${rows.has(issueNo)}, taken ${taken.has(issueNo)}`);
    }
  }
  return violations;
}

function aboutReading(t: Test, under: HoldsUnderTest): void {
  const { holds, ledger } = under;

  t.test(
    'the open rows are those that may be taken back, in order, with the clock of the database',
    async (t) => {
      const couponId = await heldCoupon(under, 5);
      await holds.confirm({ couponId, issueNo: 2 }, order('A'), seller);
      const { rows, nowMs } = await holds.openRows(couponId, 0, 3);
      t.same(numbersOf(rows), [1, 3, 4]);
      t.ok(Math.abs(nowMs - Date.now()) < 3_600_000);
      t.same(numbersOf((await holds.openRows(couponId, 4, 3)).rows), [5]);
      t.same([await holds.openCount(couponId, 0), await holds.openCount(couponId, 3)], [4, 2]);
      t.match(await under.ledger.counts([couponId]), [{ recorded: 5, confirmed: 1 }]);
      t.same(await holds.openNumbersOf(couponId, member('m1')), [1]);
      t.same(await holds.openNumbersOf(couponId, member('m2')), [], 'confirmed');
    },
  );

  t.test('the first open rows are known by their numbers, and which of them are due', async (t) => {
    const couponId = await heldCoupon(under, 5);
    const issuedAtMs = (await ledger.rows(couponId, 0, 1))[0]?.issuedAtMs ?? 0;
    const { nowMs } = await holds.openRows(couponId, 0, 1);
    await ledger.record({
      ...{ couponId, epoch: 0 },
      issuances: [{ issueNo: 6, holder: member('m6'), issuedAtMs: issuedAtMs + 3_600_000 }],
    });
    await holds.confirm({ couponId, issueNo: 1 }, order('A'), seller);
    const ageMs = nowMs - issuedAtMs;
    const first = await holds.openHead(couponId, 0, 3, ageMs);
    t.match(first, { count: 3, firstNo: 2, lastNo: 4, due: { firstNo: 2, lastNo: 4 } });
    t.ok((first?.dueInMs ?? 1) <= 0);
    t.equal(first?.due?.issuedUpToMs, issuedAtMs - (first?.dueInMs ?? 0));
    const rest = await holds.openHead(couponId, 3, 3, ageMs);
    t.match(
      rest,
      { count: 3, firstNo: 4, lastNo: 6, due: { firstNo: 4, lastNo: 5 } },
      'the last one is not due',
    );
    const none = await holds.openHead(couponId, 0, 3, ageMs + 1_800_000);
    t.match(none, { count: 3, firstNo: 2, lastNo: 4, due: undefined });
    t.ok((none?.dueInMs ?? 0) > 0);
    t.equal(await holds.openHead(couponId, 6, 3, 0), undefined);
  });

  t.test('what was taken back is counted by reason, and what the seller revoked is not', async (t) => {
    const couponId = await heldCoupon(under, 7);
    const other = await heldCoupon(under, 1);
    await holds.confirm({ couponId, issueNo: 1 }, order('A'), seller);
    await holds.revokeMany(couponId, 0, numbered(1, 4), 'hold_expired');
    await holds.revokeMany(couponId, 0, numbered(5, 6), 'hold_released');
    await holds.revokeMany(couponId, 0, numbered(5, 6), 'hold_released');
    await ledger.revoke(couponId, 0, 7, member('m7'), 1);
    await holds.revokeMany(other, 0, numbered(1, 1), 'recalled');
    t.same(await holds.takenBackCounts(couponId), { hold_expired: 3, hold_released: 2, recalled: 0 });
    t.same(await holds.takenBackCounts(other), { hold_expired: 0, hold_released: 0, recalled: 1 });
  });

  t.test('what recalls have taken back is listed, and what ended otherwise is not', async (t) => {
    const couponId = await heldCoupon(under, 7);
    await holds.revokeMany(couponId, 0, numbered(3, 3), 'hold_expired');
    await ledger.revoke(couponId, 0, 5, member('m5'), 1);
    t.same(await holds.recalled(couponId, 0, 10), []);
    await holds.revokeMany(couponId, 0, numbered(2, 6), 'recalled');
    const [two, four, six] = [2, 4, 6].map((issueNo) => ({ issueNo, holder: member(`m${issueNo}`) }));
    t.same(await holds.recalled(couponId, 0, 10), [two, four, six]);
    t.same(await holds.recalled(couponId, 2, 1), [four]);
  });

  t.test('coupons with holds are found, and the others are not', async (t) => {
    const plain = await couponWith(under);
    const held = await heldCoupon(under, 0);
    const found = await holds.holdingCoupons(plain - 1, 10);
    t.same(found, [{ couponId: held, epoch: 0, holdMs: HOLD_SECONDS * 1_000 }]);
    t.same(await holds.holdingCoupons(held, 10), []);
  });
}

function aboutWhatIsBeside(
  t: Test,
  under: HoldsUnderTest,
  { redemptions, auditLog, events }: NonNullable<HoldsUnderTest['beside']>,
): void {
  const { holds, ledger } = under;

  t.test('what is held is redeemed only once it is confirmed', async (t) => {
    const couponId = await heldCoupon(under, 1);
    const issuance = { couponId, issueNo: 1 };
    t.same(await redemptions.redeem(issuance, order('A'), seller), { status: 'not_confirmed' });
    await holds.confirm(issuance, order('A'), seller);
    t.equal((await redemptions.redeem(issuance, order('R'), seller)).status, 'redeemed');
    t.equal((await holds.confirm(issuance, order('A'), seller)).status, 'repeated');
    t.same(await holds.revokeMany(couponId, 0, numbered(1, 1), 'hold_expired'), { taken: [] });
  });

  t.test('a thousand are taken back in one call, each with an event, all with one audit entry', async (t) => {
    const couponId = await heldCoupon(under, 1_000);
    const audit = (taken: readonly NumberedHolder[]) => ({
      ...{ atMs: 7, actor: seller, action: 'coupon_recalled' as const },
      ...{ target: `coupon ${couponId}`, detail: { count: taken.length } },
    });
    const reply = await holds.revokeMany(couponId, 0, numbered(1, 1_000), 'recalled', audit);
    t.equal(reply === 'stale' ? reply : reply.taken.length, 1_000);
    await holds.revokeMany(couponId, 0, numbered(1, 1_000), 'recalled', audit);
    t.match(await ledger.counts([couponId]), [{ recorded: 0, deadLettered: 0 }]);
    t.same((await ledger.rows(couponId, 0, 1)).length, 0);
    const entries = (await auditLog.entries(Number.MAX_SAFE_INTEGER, 100)).filter(
      ({ target }) => target === `coupon ${couponId}`,
    );
    t.match(entries, [{ action: 'coupon_recalled', detail: { count: 1_000 } }]);
    t.same(
      (await events.awaited('s-1')).filter((id) => id === couponId),
      [couponId],
    );
  });

  t.test('a wallet shows until when a hold can be confirmed', async (t) => {
    const couponId = await heldCoupon(under, 1);
    const mine = async () =>
      (
        await redemptions.wallet(
          member('m1'),
          'coupon',
          { couponId: couponId - 1, unit: 1, issuedAtMs: 0 },
          1,
        )
      )[0];
    const before = await mine();
    t.match(before, { state: 'held', couponId });
    t.equal(before?.confirmByMs, (before?.issuedAtMs ?? 0) + HOLD_SECONDS * 1_000);
    await holds.confirm({ couponId, issueNo: 1 }, order('A'), seller);
    t.match(await mine(), { state: 'usable', confirmByMs: undefined });
  });
}
