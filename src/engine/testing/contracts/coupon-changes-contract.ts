/** Tests what every back end of {@link CouponChanges} promises: one subtest a sentence of the port. */
import type { Test } from 'tap';
import type { AuditEntry, AuditLog } from '../../ports/audit-log.js';
import type { BegunChange, ChangeRequest, CouponChanges } from '../../ports/coupon-changes.js';
import type { CouponCatalogue, CouponRecord } from '../../ports/coupon-catalogue.js';
import { type CouponId, parseCouponId, QUANTITY_MAX } from '../../domain/coupon.js';
import type { Discount } from '../../domain/discount.js';
import type { RulesChange } from '../../domain/redemption.js';
import { termsOf } from '../../ports/terms-change.js';
import { newCoupon } from './new-coupon.js';

export interface ChangesUnderTest {
  readonly changes: CouponChanges;
  readonly catalogue: CouponCatalogue;
  readonly auditLog: AuditLog;
  close(): Promise<void>;
}

const EVERYTHING = 1_000;
const CONCURRENT_CALLS = 10;

export function couponChangesContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<ChangesUnderTest>,
): void {
  t.test(`${name}: coupon changes contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    aboutBeginning(t, under);
    aboutRules(t, under);
    aboutSettling(t, under);
    aboutKeys(t, under);
  });
}

let registered = 0;

function registerCoupon({ catalogue }: ChangesUnderTest): Promise<CouponRecord> {
  registered += 1;
  return catalogue.insert(newCoupon({ sellerId: `seller-${registered}` }));
}

function auditEntry({ couponId }: CouponRecord): AuditEntry {
  return {
    atMs: 5,
    actor: { kind: 'seller', id: 's', address: '192.0.2.1' },
    action: 'coupon_amended',
    target: `coupon ${couponId}`,
    detail: { by: 'contract' },
  };
}

async function begun(
  { changes }: ChangesUnderTest,
  request: Partial<ChangeRequest> & Pick<ChangeRequest, 'couponId'>,
): Promise<BegunChange> {
  const reply = await changes.begin({ terms: { quantity: 200 }, atMs: 0, ...request });
  if (reply.status !== 'begun') throw new Error(`a change had to begin: ${reply.status}`);
  return reply.change;
}

async function entriesOf({ auditLog }: ChangesUnderTest, { couponId }: CouponRecord): Promise<number> {
  const entries = await auditLog.entries(Number.MAX_SAFE_INTEGER, EVERYTHING);
  return entries.filter(({ target }) => target === `coupon ${couponId}`).length;
}

function aboutBeginning(t: Test, under: ChangesUnderTest): void {
  const { changes, catalogue } = under;

  t.test('a change that has begun changes nothing yet, and no other begins beside it', async (t) => {
    const record = await registerCoupon(under);
    const { couponId } = record;
    const change = await begun(under, { couponId, audit: auditEntry(record) });
    t.same(change, { couponId, changeNo: 1, taken: 0, terms: { quantity: 200 } });
    t.same(await catalogue.find([couponId]), [{ ...record, changesBegun: 1 }]);
    t.same(await changes.begin({ couponId, terms: { paused: true }, atMs: 1 }), {
      status: 'unsettled',
      change,
    });
    t.equal(await entriesOf(under, record), 0);
    t.ok((await changes.unsettled(EVERYTHING)).some((left) => left.couponId === couponId));
    t.ok(await changes.discard(change));
  });

  t.test('of changes that begin at once one does, also where they name a revision', async (t) => {
    const { couponId, revision } = await registerCoupon(under);
    const replies = await Promise.all(
      Array.from({ length: CONCURRENT_CALLS }, (_, index) =>
        changes.begin({ couponId, terms: { quantity: index + 1 }, ifRevisions: [revision], atMs: 0 }),
      ),
    );
    t.equal(replies.filter(({ status }) => status === 'begun').length, 1);
    t.equal(replies.filter(({ status }) => status === 'unsettled').length, CONCURRENT_CALLS - 1);
  });

  t.test(
    'a change for another revision, a missing coupon or beyond the largest quantity is refused',
    async (t) => {
      const { couponId } = await registerCoupon(under);
      const nowhere = parseCouponId('999999999999999') as CouponId;
      t.same(await changes.begin({ couponId, terms: { paused: true }, ifRevisions: [1, 2], atMs: 0 }), {
        status: 'changed_meanwhile',
      });
      t.same(await changes.begin({ couponId, terms: {}, addUnits: QUANTITY_MAX, atMs: 0 }), {
        status: 'quantity_too_large',
      });
      t.same(await changes.begin({ couponId: nowhere, terms: { paused: true }, atMs: 0 }), {
        status: 'unknown_coupon',
      });
      t.equal((await catalogue.find([couponId]))[0]?.changesBegun, 0);
    },
  );

  t.test('what the admission store has no part in is made at once', async (t) => {
    const record = await registerCoupon(under);
    const { couponId } = record;
    const change = { couponId, terms: {}, name: '새 이름', door: { presence: true as const }, atMs: 0 };
    const made = await changes.begin({ ...change, audit: auditEntry(record) });
    const after = { ...record, name: '새 이름', door: { presence: true }, revision: 1, changesBegun: 1 };
    t.same(made, { status: 'made', record: after });
    t.equal(await entriesOf(under, record), 1);
    await changes.begin(change);
    t.match(await catalogue.find([couponId]), [{ revision: 1 }], 'nothing new is no new revision');
    await changes.begin({ couponId, terms: {}, door: { presence: null }, atMs: 0 });
    t.equal((await catalogue.find([couponId]))[0]?.door, undefined);
  });
}

function aboutRules(t: Test, under: ChangesUnderTest): void {
  const { changes, catalogue } = under;

  t.test('rules alone are made at once, and raise the revision where they differ', async (t) => {
    const record = await registerCoupon(under);
    const { couponId } = record;
    const change = (rules: RulesChange, revision: number) =>
      changes.begin({
        couponId,
        terms: {},
        rules,
        ifRevisions: [revision],
        audit: auditEntry(record),
        atMs: 0,
      });
    const hours = { validity: { hours: 3 }, onCancel: 'restore', redeemBy: 'member' };
    t.match(await change({ validity: { hours: 3 } }, 0), { record: { revision: 1, redemption: hours } });
    t.match(await change({ onCancel: 'void', redeemBy: 'seller' }, 0), { status: 'changed_meanwhile' });
    t.match(await change({ validity: { hours: 3 }, onCancel: 'restore' }, 1), { record: { revision: 1 } });
    t.match(await catalogue.find([couponId]), [{ revision: 1, redemption: hours }]);
    t.equal(await entriesOf(under, record), 2);
    const days = { validity: { days: 2, zone: 'Asia/Seoul' } };
    t.match(await change(days, 1), { record: { revision: 2, redemption: days } });
    t.match(await change({ validity: null, onCancel: 'void' }, 2), { record: { revision: 3 } });
    const last = { validity: undefined, onCancel: 'void', redeemBy: 'member' };
    t.same((await catalogue.find([couponId]))[0]?.redemption, last);
  });

  t.test('a discount is changed and removed at once, alone or beside terms', async (t) => {
    const record = await registerCoupon(under);
    const { couponId } = record;
    const change = (discount: Discount | null, revision: number) =>
      changes.begin({
        ...{ couponId, terms: {}, discount, atMs: 0 },
        ...{ ifRevisions: [revision], audit: auditEntry(record) },
      });
    const won: Discount = { type: 'amount', value: 5_000, currency: 'KRW' };
    t.match(await change(won, 0), { record: { revision: 1, discount: won } });
    t.match(await change(won, 1), { record: { revision: 1 } }, 'nothing new is no new revision');
    const yen: Discount = { ...won, currency: 'JPY' };
    t.match(await change(yen, 1), { record: { revision: 2, discount: yen } });
    t.match(await change({ type: 'percent', value: 12.5 }, 1), { status: 'changed_meanwhile' });
    t.match(await change({ type: 'percent', value: 12.5 }, 2), { record: { revision: 3 } });
    t.same((await catalogue.find([couponId]))[0]?.discount, { type: 'percent', value: 12.5 });
    t.match(await change(null, 3), { record: { revision: 4 } });
    t.equal((await catalogue.find([couponId]))[0]?.discount, undefined);
    t.equal(await entriesOf(under, record), 5);

    const given = await begun(under, { couponId, discount: won });
    t.equal((await catalogue.find([couponId]))[0]?.discount, undefined, 'not before the terms');
    t.match(await changes.complete(given, 2, { ...termsOf(record), quantity: 200 }), { discount: won });
    const without = await begun(under, { couponId, discount: null });
    await changes.complete(without, 3, { ...termsOf(record), quantity: 200 });
    const [last] = await catalogue.find([couponId]);
    t.equal(last?.discount, undefined, 'null outlives the record of the change');
  });

  t.test('of rules that are judged at one revision one is made', async (t) => {
    const { couponId, revision } = await registerCoupon(under);
    const hours = Array.from({ length: CONCURRENT_CALLS }, (_, index) => index + 1);
    const replies = await Promise.all(
      hours.map((hours) =>
        changes.begin({
          ...{ couponId, terms: {}, rules: { validity: { hours } }, atMs: 0 },
          ifRevisions: [revision],
        }),
      ),
    );
    const made = hours.filter((_, place) => replies[place]?.status === 'made');
    t.equal(made.length, 1);
    t.equal(replies.filter(({ status }) => status === 'changed_meanwhile').length, CONCURRENT_CALLS - 1);
    const [record] = await catalogue.find([couponId]);
    t.match(record?.redemption, { validity: { hours: made[0] } });
  });

  t.test('rules beside terms are saved with them, or dropped with them', async (t) => {
    const record = await registerCoupon(under);
    const { couponId } = record;
    const terms = { ...termsOf(record), quantity: 200 };
    const given = await begun(under, { couponId, rules: { validity: { hours: 3 }, redeemBy: 'seller' } });
    t.equal((await catalogue.find([couponId]))[0]?.redemption, undefined, 'not before the terms');
    t.ok(await changes.discard(given));
    t.same(await catalogue.find([couponId]), [{ ...record, changesBegun: 1 }]);
    const rules = { validity: { hours: 3 }, onCancel: 'void', redeemBy: 'seller' } as const;
    const change = await begun(under, { couponId, rules, audit: auditEntry(record) });
    const taken = await changes.takeOver(change);
    t.ok(taken !== undefined);
    if (taken === undefined) return;
    t.match(await changes.complete(taken, 2, terms), { quantity: 200, revision: 1, redemption: rules });
    const without = await begun(under, { couponId, rules: { validity: null } });
    t.match(await changes.complete(without, 3, terms), { revision: 2 });
    const last = { ...rules, validity: undefined };
    t.same((await catalogue.find([couponId]))[0]?.redemption, last, 'null outlives the record of the change');
    t.equal(await entriesOf(under, record), 1);
  });
}

function aboutSettling(t: Test, under: ChangesUnderTest): void {
  const { changes, catalogue } = under;

  t.test('changes of the quantity are kept in the coupon, whatever the catalogue has already', async (t) => {
    const record = await registerCoupon(under);
    const { couponId } = record;
    for (const [version, quantity] of [
      [2, 200],
      [3, 150],
      [4, 150],
    ] as const) {
      const change = await begun(under, { couponId, terms: { quantity }, atMs: version });
      if (version === 3)
        await catalogue.saveTerms(couponId, { ...termsOf(record), quantity, version, epoch: 0 });
      await changes.complete(change, version, { ...termsOf(record), quantity });
    }
    const { quantityChanges } = (await changes.withUnsettledChange(couponId))?.record ?? {};
    t.same(quantityChanges, [
      { atMs: 2, before: record.quantity, quantity: 200 },
      { atMs: 3, before: 200, quantity: 150 },
    ]);
  });

  t.test('a completed change is saved with name, audit entry and the next revision', async (t) => {
    const record = await registerCoupon(under);
    const { couponId } = record;
    const change = await begun(under, { couponId, name: 'renamed', audit: auditEntry(record) });
    const terms = { ...termsOf(record), quantity: 200 };
    const quantityChanges = [{ atMs: 0, before: record.quantity, quantity: 200 }];
    const saved = {
      ...{ ...record, ...terms, name: 'renamed', version: 2, revision: 1, changesBegun: 1 },
      quantityChanges,
    };
    t.same(await changes.complete(change, 2, terms), saved);
    t.same(await catalogue.find([couponId]), [saved]);
    t.equal(await entriesOf(under, record), 1);
    t.equal(await changes.complete(change, 2, terms), undefined, 'once');
    t.equal(await entriesOf(under, record), 1);
    t.equal((await begun(under, { couponId })).changeNo, 2);
  });

  t.test('a change in force is saved also where the store counts from an older version', async (t) => {
    const record = await registerCoupon(under);
    await catalogue.saveTerms(record.couponId, { ...termsOf(record), version: 5, epoch: 0 });
    const change = await begun(under, { couponId: record.couponId });
    const terms = { ...termsOf(record), quantity: 200 };
    t.match(await changes.complete(change, 2, terms), { quantity: 200, version: 5, revision: 1 });
  });

  t.test('terms that the catalogue has already still complete the change', async (t) => {
    const record = await registerCoupon(under);
    const change = await begun(under, { couponId: record.couponId, audit: auditEntry(record) });
    const terms = { ...termsOf(record), quantity: 200 };
    await catalogue.saveTerms(record.couponId, { ...terms, version: 5, epoch: 0 });
    t.match(await changes.complete(change, 5, terms), { quantity: 200, version: 5, revision: 1 });
    t.equal(await entriesOf(under, record), 1);
  });

  t.test('only who took a change over last can settle it', async (t) => {
    const record = await registerCoupon(under);
    const { couponId } = record;
    const mine = await begun(under, { couponId });
    const couponWithChange = await changes.withUnsettledChange(couponId);
    t.same(couponWithChange, { record: { ...record, changesBegun: 1 }, unsettled: { ...mine, taken: 1 } });
    t.equal(await changes.discard(mine), false);
    t.equal(await changes.complete(mine, 2, { ...termsOf(record), quantity: 200 }), undefined);
    const taken = await changes.takeOver(mine);
    t.same(taken, { ...mine, taken: 2 });
    t.ok(taken !== undefined && (await changes.discard(taken)));
    t.equal(await changes.takeOver(mine), undefined);
    const next = await begun(under, { couponId });
    t.equal(await changes.takeOver(mine), undefined, 'it is settled');
    t.ok(await changes.discard(next), 'the next change remains with who began it');
    t.same(await changes.withUnsettledChange(couponId), {
      record: { ...record, changesBegun: 2 },
      unsettled: undefined,
    });
    t.equal(await changes.withUnsettledChange(parseCouponId('999999999999999') as CouponId), undefined);
  });
}

function aboutKeys(t: Test, under: ChangesUnderTest): void {
  const { changes } = under;
  const keyed = { sellerId: 'keeper', key: 'k-1', route: 'POST /x', bodyHash: 'a'.repeat(64), atMs: 1_000 };

  t.test('units are added to what there is, and once per key', async (t) => {
    const record = await registerCoupon(under);
    const request = { couponId: record.couponId, terms: {}, addUnits: 5, keyed, atMs: 1_000 };
    const change = await begun(under, request);
    t.same(change.terms, { quantity: 105 });
    await changes.complete(change, 2, { ...termsOf(record), quantity: 105 });
    t.same(await changes.begin(request), { status: 'repeated' });
    t.same(await changes.begin({ ...request, keyed: { ...keyed, bodyHash: 'b'.repeat(64) } }), {
      status: 'key_reused',
    });
    const other = await begun(under, { ...request, keyed: { ...keyed, key: 'k-2' } });
    t.same(other.terms, { quantity: 110 });
  });

  t.test('the key of a discarded change is free', async (t) => {
    const { couponId } = await registerCoupon(under);
    const request = { couponId, terms: {}, addUnits: 5, keyed: { ...keyed, key: 'k-3' }, atMs: 1_000 };
    t.ok(await changes.discard(await begun(under, request)));
    const again = await begun(under, request);
    t.equal(again.changeNo, 2);
    await changes.discard(again);
  });

  t.test('requests at once with one key begin one change', async (t) => {
    const coupons = await Promise.all([registerCoupon(under), registerCoupon(under), registerCoupon(under)]);
    const replies = await Promise.all(
      coupons.map(({ couponId }) =>
        changes.begin({ couponId, terms: {}, addUnits: 1, keyed: { ...keyed, key: 'k-4' }, atMs: 1_000 }),
      ),
    );
    t.same(replies.map(({ status }) => status).sort(), ['begun', 'repeated', 'repeated']);
    await changes.removeExpiredKeys(keyed.atMs);
  });
}
