/** Tests the copies of lists in memory: loading, following, and the bound of all together. */
import t from 'tap';
import type { CouponId, MemberId } from '../engine/domain/coupon.js';
import { MemberRoom, MemberSets } from './member-sets.js';
import type { MemberSetSource, SetChange } from './member-sets.js';

const coupon = (id: number): CouponId => id as CouponId;
const ids = (...names: readonly string[]): MemberId[] => names as MemberId[];
const placeOf = (revision: number) => ({ revision, token: 'abcdefgh' });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lists that the test changes, and a clock that it moves. */
function copies(max: number, room = new MemberRoom(max)) {
  const state = {
    nowMs: 0,
    lists: new Map<CouponId, MemberId[]>(),
    changes: [] as SetChange[],
    stale: [] as CouponId[],
    down: false,
    isOver: true,
    faults: 0,
    tooLarge: [] as CouponId[],
    unwanted: new Set<CouponId>(),
    /** Pages come afterwards. */
    gate: Promise.resolve(),
  };
  let tick = (): void => undefined;
  const source: MemberSetSource = {
    state(couponId) {
      if (state.down) return Promise.reject(new Error('no database'));
      const members = state.lists.get(couponId)?.length ?? 0;
      return Promise.resolve(state.isOver ? { members, place: placeOf(1) } : undefined);
    },
    async *pages(couponId) {
      await turn();
      await state.gate;
      for (const memberId of state.lists.get(couponId) ?? []) yield [memberId];
    },
    changes: () => Promise.resolve({ changes: state.changes, stale: state.stale }),
  };
  const sets = new MemberSets({
    ...{ source, room, clock: { monotonicMs: () => state.nowMs } },
    scheduler: {
      every: (_ms, task) => {
        tick = task;
        return () => undefined;
      },
    },
    isWanted: (couponId) => !state.unwanted.has(couponId),
    onFault: () => void (state.faults += 1),
    onTooLarge: (couponId) => void state.tooLarge.push(couponId),
  });
  const settle = async (): Promise<void> => {
    for (let times = 0; times < 20; times += 1) await turn();
  };
  const poll = async (): Promise<void> => {
    tick();
    await settle();
  };
  return { state, sets, room, settle, poll };
}

t.test('until a list is read its answer is neither yes nor no', async (t) => {
  const { state, sets, settle } = copies(10);
  await sets.start();
  state.lists.set(coupon(1), ids('a', 'b'));
  t.equal(sets.has(coupon(1), 'a' as MemberId), 'not_loaded');
  await settle();
  t.equal(sets.has(coupon(1), 'a' as MemberId), true);
  t.equal(sets.has(coupon(1), 'c' as MemberId), false);
  t.equal(sets.size, 2);
  t.equal(sets.loadMs.count, 1);
});

t.test('a read that fails is tried again, after a moment', async (t) => {
  const { state, sets, settle } = copies(10);
  await sets.start();
  state.down = true;
  sets.want(coupon(1));
  await settle();
  state.down = false;
  t.equal(sets.has(coupon(1), 'a' as MemberId), 'not_loaded');
  await settle();
  t.equal(sets.has(coupon(1), 'a' as MemberId), 'not_loaded', 'not for every download');
  state.nowMs += 1_000;
  sets.want(coupon(1));
  await settle();
  t.equal(sets.has(coupon(1), 'a' as MemberId), false);
  t.equal(state.faults, 1);
});

t.test('changes are followed, in their order and once', async (t) => {
  const { state, sets, room, settle, poll } = copies(10);
  await sets.start();
  state.lists.set(coupon(1), ids('a', 'b'));
  sets.want(coupon(1));
  await settle();
  state.changes = [
    { couponId: coupon(1), place: placeOf(1), added: ids('old'), removed: [] },
    { couponId: coupon(1), place: placeOf(2), added: ids('c', 'd'), removed: ids('a') },
    { couponId: coupon(1), place: placeOf(3), added: [], removed: ids('d') },
  ];
  await poll();
  t.equal(sets.has(coupon(1), 'old' as MemberId), false, 'its revision is in the copy already');
  for (const [name, listed] of [
    ['a', false],
    ['b', true],
    ['c', true],
    ['d', false],
  ] as const) {
    t.equal(sets.has(coupon(1), name as MemberId), listed, name);
  }
  t.equal(room.used, 2);
  state.unwanted.add(coupon(1));
  await poll();
  t.equal(room.used, 0, 'no rule needs it any more');
});

t.test('a set that is stale answers until it is read anew; one that may grow again is dropped', async (t) => {
  const { state, sets, settle, poll } = copies(10);
  await sets.start();
  state.lists.set(coupon(1), ids('a'));
  sets.want(coupon(1));
  await settle();
  state.lists.set(coupon(1), ids('b'));
  state.stale = [coupon(1)];
  await poll();
  t.equal(sets.has(coupon(1), 'a' as MemberId), false);
  t.equal(sets.has(coupon(1), 'b' as MemberId), true);
  state.isOver = false;
  await poll();
  t.equal(sets.has(coupon(1), 'b' as MemberId), 'not_loaded');
});

t.test('all together are bounded: an idle one makes room, one in use does not', async (t) => {
  const { state, sets, room, settle } = copies(3);
  await sets.start();
  state.lists.set(coupon(1), ids('a', 'b'));
  state.lists.set(coupon(2), ids('c', 'd'));
  sets.want(coupon(1));
  await settle();
  sets.want(coupon(2));
  await settle();
  t.same(state.tooLarge, [coupon(2)]);
  t.equal(sets.tooLarge, 1, 'for the metric');
  t.equal(sets.has(coupon(1), 'a' as MemberId), true);
  state.nowMs += 61_000;
  t.equal(sets.has(coupon(2), 'c' as MemberId), 'not_loaded');
  await settle();
  t.equal(sets.has(coupon(2), 'c' as MemberId), true);
  t.equal(room.used, 2);
  t.equal(sets.tooLarge, 0);
  t.equal(sets.has(coupon(1), 'a' as MemberId), 'not_loaded');
  await settle();
  t.equal(sets.tooLarge, 1);
  state.nowMs += 61_000;
  t.equal(sets.tooLarge, 0, 'no member asks for it any more');
});

t.test(
  'idle sets of one kind make room for those of another, and two read at once do not share it',
  async (t) => {
    const room = new MemberRoom(3);
    const [lists, holders] = [copies(3, room), copies(3, room)];
    for (const { state, sets } of [lists, holders]) {
      await sets.start();
      state.lists.set(coupon(1), ids('a', 'b'));
      sets.want(coupon(1));
    }
    await Promise.all([lists.settle(), holders.settle()]);
    t.equal(lists.sets.has(coupon(1), 'a' as MemberId), true);
    t.same([...lists.state.tooLarge, ...holders.state.tooLarge], [coupon(1)]);
    t.equal(room.used, 2);
    for (const { state } of [lists, holders]) state.nowMs += 61_000;
    t.equal(holders.sets.has(coupon(1), 'a' as MemberId), 'not_loaded');
    await holders.settle();
    t.equal(holders.sets.has(coupon(1), 'a' as MemberId), true);
    t.equal(room.used, 2);
  },
);

t.test('a set that is removed while it is read anew is counted once', async (t) => {
  const { state, sets, room, settle, poll } = copies(10);
  await sets.start();
  state.lists.set(coupon(1), ids('a', 'b'));
  sets.want(coupon(1));
  await settle();
  let open = (): void => undefined;
  state.gate = new Promise((resolve) => (open = resolve));
  state.stale = [coupon(1)];
  await poll();
  state.stale = [];
  state.unwanted.add(coupon(1));
  await poll();
  t.equal(sets.has(coupon(1), 'a' as MemberId), 'not_loaded');
  open();
  await settle();
  t.equal(room.used, 2);
  await poll();
  t.equal(room.used, 0);
});
