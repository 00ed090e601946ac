/** Tests what every back end of {@link AudienceStore} promises, together with the copies that follow it. */
import type { Test } from 'tap';
import { newCoupon } from '../../engine/testing/contracts/new-coupon.js';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import type { AuditLog } from '../../engine/ports/audit-log.js';
import type { CouponCatalogue } from '../../engine/ports/coupon-catalogue.js';
import { member } from '../../engine/testing/contracts/ids.js';
import { AudienceSource } from '../audience-source.js';
import type { AudienceStore } from '../audiences.js';

export interface AudiencesUnderTest {
  readonly audiences: AudienceStore;
  readonly catalogue: CouponCatalogue;
  readonly auditLog: AuditLog;
  close(): Promise<void>;
}

const MAX = 1_000_000;
const EVERYTHING = 1_000_000;
const NONE = { add: [], remove: [] };

export function audienceStoreContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<AudiencesUnderTest>,
): void {
  t.test(`${name}: audience store contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    const { audiences, catalogue, auditLog } = under;
    const fresh = async (): Promise<CouponId> => (await catalogue.insert(newCoupon())).couponId;
    const add = (couponId: CouponId, ...names: readonly string[]) =>
      audiences.change(couponId, { add: names.map(member), remove: [] }, MAX);
    const remove = (couponId: CouponId, ...names: readonly string[]) =>
      audiences.change(couponId, { add: [], remove: names.map(member) }, MAX);
    const listOf = (couponId: CouponId) => audiences.members(couponId, '', EVERYTHING);

    t.test('a list has each member once, and counts what has changed', async (t) => {
      const couponId = await fresh();
      t.same(await audiences.audiences([couponId]), [{ couponId, members: 0, revision: 0 }]);
      t.match(await add(couponId, 'b', 'a', 'b'), { added: 2, audience: { members: 2, revision: 1 } });
      t.match(await add(couponId, 'a', 'c', 'A'), { added: 2, audience: { members: 4, revision: 2 } });
      t.match(await remove(couponId, 'a', 'x'), { removed: 1, audience: { members: 3, revision: 3 } });
      t.match(await add(couponId, 'a'), { added: 1, audience: { members: 4 } }, 'on the list again');
      const both = { add: [member('y')], remove: [member('y'), member('c')] };
      t.match(await audiences.change(couponId, both, MAX), { added: 0, removed: 1 }, 'in both: removed');
      t.same(await listOf(couponId), ['A', 'a', 'b']);
      t.equal(await audiences.isListed(couponId, member('a')), true);
      t.equal(await audiences.isListed(couponId, member('c')), false);
      t.equal(await audiences.isListed(couponId, member('y')), false);
      t.equal(await audiences.isListed(await fresh(), member('a')), false, 'another coupon has another list');
    });

    t.test('beyond the limit nothing is changed', async (t) => {
      const couponId = await fresh();
      const to = (names: readonly string[], removed: readonly string[] = []) =>
        audiences.change(couponId, { add: names.map(member), remove: removed.map(member) }, 2);
      await to(['a', 'b']);
      t.match(await to(['c']), { status: 'full', audience: { members: 2, revision: 1 } });
      t.match(await to(['a']), { status: 'changed', added: 0 }, 'who is on the list needs no room');
      t.match(await to(['c'], ['a']), { status: 'changed', added: 1, removed: 1 });
      t.same(await listOf(couponId), ['b', 'c']);
    });

    t.test('a list beyond the limit may become shorter, and no longer', async (t) => {
      const couponId = await fresh();
      await add(couponId, 'a', 'b', 'c', 'd');
      const change = (names: readonly string[], removed: readonly string[]) =>
        audiences.change(couponId, { add: names.map(member), remove: removed.map(member) }, 2);
      t.match(await change([], ['a']), { status: 'changed', removed: 1, audience: { members: 3 } });
      t.match(await change(['e'], []), { status: 'full', audience: { members: 3 } });
      t.match(await change(['e'], ['b']), { status: 'changed', audience: { members: 3 } });
      t.same(await listOf(couponId), ['c', 'd', 'e']);
    });

    t.test('a change is written with its audit entry', async (t) => {
      const couponId = await fresh();
      await audiences.change(couponId, { add: [member('a')], remove: [] }, MAX, ({ added }) => ({
        ...{ atMs: 1, actor: { kind: 'seller', id: 's', address: '::1' }, action: 'audience_changed' },
        ...{ target: `coupon ${couponId}`, detail: { added } },
      }));
      const entries = await auditLog.entries(EVERYTHING, 1_000);
      t.match(
        entries.filter(({ target }) => target === `coupon ${couponId}`),
        [{ detail: { added: 1 } }],
      );
    });

    t.test('a new list replaces the old one: who was not touched since is removed', async (t) => {
      const couponId = await fresh();
      await add(couponId, 'a', 'b', 'c');
      const [before] = await audiences.audiences([couponId]);
      await audiences.change(couponId, { add: [member('b'), member('d')], remove: [], touches: true }, MAX);
      t.match(await audiences.removeUntouched(couponId, before?.revision ?? 0, 1), { removed: 1 });
      t.match(await audiences.removeUntouched(couponId, before?.revision ?? 0, 9), { removed: 1 });
      t.match(await audiences.removeUntouched(couponId, before?.revision ?? 0, 9), { removed: 0 });
      t.same(await listOf(couponId), ['b', 'd']);
      t.match(await audiences.audiences([couponId]), [{ members: 2 }]);
    });

    t.test('a removal is written with its audit entry, or not at all', async (t) => {
      const couponId = await fresh();
      await add(couponId, 'a', 'b');
      const [before] = await audiences.audiences([couponId]);
      const remove = (audit: () => never) =>
        audiences.removeUntouched(couponId, before?.revision ?? 0, 9, audit);
      const failing = (): never => {
        throw new Error('no entry');
      };
      await t.rejects(remove(failing), { cause: { message: 'no entry' } });
      t.same(await listOf(couponId), ['a', 'b']);
      const target = `coupon ${couponId}`;
      const reply = await audiences.removeUntouched(couponId, before?.revision ?? 0, 9, (done) => ({
        ...{
          atMs: 1_700_000_000_000,
          actor: { kind: 'operator', id: 'root', address: 'host' },
          action: 'audience_changed',
        },
        ...{ target, detail: { removed: done.removed, members: done.audience.members } },
      }));
      t.match(reply, { audience: { members: 0 }, removed: 2 });
      const entries = await auditLog.entries(EVERYTHING, 1_000);
      t.match(
        entries.filter((entry) => entry.target === target),
        [{ detail: { removed: 2, members: 0 } }],
      );
      await audiences.removeUntouched(couponId, reply.audience.revision, 9, failing);
    });

    t.test('changes at once all count, and each has a revision of its own', async (t) => {
      const couponId = await fresh();
      await Promise.all(Array.from({ length: 8 }, (_, place) => add(couponId, 'same', `m${place}`)));
      t.match(await audiences.audiences([couponId]), [{ members: 9, revision: 8 }]);
      t.equal((await listOf(couponId)).length, 9);
    });

    t.test('who follows by revision ends with the list as it is', async (t) => {
      const couponId = await fresh();
      const source = new AudienceSource(audiences);
      await add(couponId, 'gone', 'stays');
      const state = await source.state(couponId);
      const copy = new Set<MemberId>();
      const writing = (async () => {
        for (let turn = 0; turn < 30; turn += 1) {
          await add(couponId, `m${turn}`, `n${turn}`);
          await remove(couponId, `m${turn - 1}`, 'gone');
        }
      })();
      for await (const page of source.pages(couponId)) for (const memberId of page) copy.add(memberId);
      let { place } = state;
      const follow = async (): Promise<void> => {
        for (const change of (await source.changes(new Map([[couponId, place]]))).changes) {
          for (const memberId of change.added) copy.add(memberId);
          for (const memberId of change.removed) copy.delete(memberId);
          ({ place } = change);
        }
      };
      for (let poll = 0; poll < 10; poll += 1) await follow();
      await writing;
      await follow();
      t.same([...copy].sort(), (await listOf(couponId)).sort());
      t.equal(copy.size, 32);
    });

    t.test('coupons that are open, or will be before an instant', async (t) => {
      const of = async (terms: object): Promise<CouponId> =>
        (await catalogue.insert(newCoupon(terms))).couponId;
      const nowMs = 1_000_000;
      const open = await of({});
      const soon = await of({ opensAtMs: nowMs + 5 });
      const later = await of({ opensAtMs: nowMs + 10 });
      const over = await of({ opensAtMs: 1, closesAtMs: nowMs });
      const closed = await of({ closed: true });
      const found = await audiences.openBefore([open, soon, later, over, closed], nowMs + 10, nowMs);
      t.same(
        found.sort((one, other) => one - other),
        [open, soon],
      );
      t.same(await audiences.change(open, NONE, MAX), {
        ...{ status: 'changed', added: 0, removed: 0 },
        audience: { couponId: open, members: 0, revision: 1 },
      });
    });
  });
}
