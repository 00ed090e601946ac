/** Tests I10 where the coupon is for members on a list, or for members who do not hold another one. */
import t from 'tap';
import type { MemberId } from '../../domain/coupon.js';
import type { DownloadOutcome } from '../../domain/download.js';
import { broken, call, finalStore, history, holds } from './checker-fixture.js';
import type { History, ListChange, ListedMembers } from './history.js';

const member = (name: string): MemberId => name as MemberId;
const notListed: DownloadOutcome = { outcome: 'not_eligible', rule: 'audience' };

/** `b` is on the list from the beginning; `change` is about `a`, who won at 10. */
function listed(
  change: ListChange | undefined,
  { first = ['b'], unreadable = [] }: { first?: string[]; unreadable?: ListedMembers['unreadable'] } = {},
  some: Partial<History> = {},
): History {
  const changes = new Map(change === undefined ? [] : [[member('a'), change]]);
  return history({
    listed: { first: new Set(first.map(member)), changes, unreadable },
    admitLateMs: 100,
    ...some,
  });
}

const added = (invokedMs: number, doneMs: number | undefined): ListChange => ({
  isListed: true,
  invokedMs,
  doneMs,
});
const removed = (invokedMs: number, doneMs: number | undefined): ListChange => ({
  isListed: false,
  invokedMs,
  doneMs,
});
const both = { first: ['a', 'b'] };

t.test('a winner was on the list at most a second before it asked', async (t) => {
  t.same(broken(listed(undefined, both)), []);
  t.same(broken(listed(undefined)), ['I10'], 'never listed');
  t.same(broken(listed(added(8, 9))), [], 'added while it asked');
  t.same(broken(listed(added(200, 210))), ['I10'], 'added after it had won');
  t.same(broken(listed(removed(-900, -800), both)), [], 'removed less than a second before');
  t.same(broken(listed(removed(-1_100, -1_050), both)), ['I10'], 'removed longer ago');
  t.same(broken(listed(removed(-9_000, undefined), both)), [], 'asked to be removed, without an answer');
});

t.test('a process that cannot read the list keeps what it knows', async (t) => {
  const change = removed(-3_000, -2_900);
  const during = (fromMs: number, toMs: number): string[] =>
    broken(listed(change, { ...both, unreadable: [{ fromMs, toMs }] }));
  t.same(during(-2_000, -900), []);
  t.same(during(-2_000, -1_500), ['I10'], 'read again more than a second before');
  t.same(during(-1_500, 500), ['I10'], 'read before it could not be');
});

t.test('a member is refused for as long as a process may not know that it is on the list', async (t) => {
  const asking = (name: string, atMs: number): Partial<History> => ({
    downloads: [...history().downloads, call(name, atMs, atMs + 5, notListed)],
  });
  t.same(broken(listed(undefined, both, asking('c', 2_000))), []);
  t.same(broken(listed(undefined, { first: ['a', 'b', 'c'] }, asking('c', 2_000))), ['I10'], 'it is listed');
  const cAdded = (doneMs: number): History => ({
    ...listed(undefined, both, asking('c', 2_000)),
    listed: {
      ...{ first: new Set([member('a'), member('b')]), unreadable: [] },
      changes: new Map([[member('c'), added(500, doneMs)]]),
    },
  });
  t.same(broken(cAdded(1_500)), []);
  t.same(broken(cAdded(900)), ['I10'], 'listed for more than a second');
});

t.test('a member who is not on the list has left no trace in any store, and is answered so', async (t) => {
  const of = (final: Partial<History['final']>): History => {
    const one = listed(undefined, both);
    const c = call('c', 2_000, 2_005, notListed);
    return { ...one, downloads: [...one.downloads, c], final: { ...one.final, ...final } };
  };
  const c = holds('c', 3, 2_001);
  t.ok(broken(of({ deadLetters: [c] })).includes('I10'));
  t.ok(broken(of({ revoked: new Map([[3, member('c')]]) })).includes('I10'));
  for (const part of ['winners', 'queued', 'claimed'] as const) {
    const store = { ...finalStore(), [part]: [...finalStore()[part], c] };
    t.ok(broken(of({ store })).includes('I10'), part);
  }
  const soldOut = call('c', 2_000, 2_005, { outcome: 'sold_out' });
  t.same(broken(listed(undefined, both, { downloads: [...history().downloads, soldOut] })), ['I10']);
});

t.test('a member who holds the coupon that excludes this one wins none', async (t) => {
  const excludes = (...names: string[]): History['excludes'] => ({
    rows: names.map((name, place) => holds(name, place + 1, -5_000)),
    ended: [],
    everHeldBy: new Set(names.map(member)),
  });
  t.same(broken(history({ excludes: excludes('c') })), []);
  t.same(broken(history({ excludes: excludes('a') })), ['I10']);
  const refused = call('c', 2_000, 2_005, { outcome: 'not_eligible', rule: 'not_issued' });
  const downloads = [...history().downloads, refused];
  t.same(broken(history({ excludes: excludes('c'), downloads })), []);
  t.same(broken(history({ excludes: excludes('d'), downloads })), ['I10'], 'it never held the other one');
});
