import t from 'tap';
import { parseMemberId } from '../engine/domain/coupon.js';
import type { MemberId } from '../engine/domain/coupon.js';
import { AccessLocks } from './access-locks.js';
import type { LockChange } from './access-locks.js';
import { headAt } from './testing/fake-head.js';

const memberOf = (revision: number): MemberId => {
  const memberId = parseMemberId(`m-${revision}`);
  if (memberId === undefined) throw new Error('no member id');
  return memberId;
};

t.test('locks of one page are reported even if the next page cannot be read', async (t) => {
  let revisions = 0;
  let readable = Number.POSITIVE_INFINITY;
  const changesAfter = async (revision: number, limit: number): Promise<LockChange[]> => {
    if (revision >= readable) throw new Error('the database is unreachable');
    const length = Math.min(limit, revisions - revision);
    return Array.from({ length }, (_, place) => ({
      subject: memberOf(revision + place + 1),
      locked: true,
      revision: revision + place + 1,
    }));
  };
  let poll = (): void => undefined;
  const faults: unknown[] = [];
  const locks = new AccessLocks({
    locks: { changesAfter, head: () => Promise.resolve(headAt(revisions)) },
    scheduler: {
      every: (_ms, task) => {
        poll = task;
        return () => undefined;
      },
    },
    onFault: (fault) => faults.push(fault),
  });
  const locked = new Set<string>();
  await locks.start((subjects) => subjects.forEach((subject) => locked.add(subject)));

  revisions = 1_500;
  readable = 1_000;
  poll();
  while (faults.length === 0) await new Promise(setImmediate);
  t.equal(locked.size, 1_000, 'their tokens can be dropped now');
  t.ok(locks.has('m-1000'));

  readable = Number.POSITIVE_INFINITY;
  // The failed read has ended by now.
  await new Promise(setImmediate);
  poll();
  while (locked.size < 1_500) await new Promise(setImmediate);
  t.ok(locks.has('m-1500'));
});
