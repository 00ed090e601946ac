/** Tests what every back end of {@link AccessLockStore} promises, including the audit entry of each change. */
import { randomInt } from 'node:crypto';
import type { Test } from 'tap';
import type { AuditAction, AuditLog } from '../../engine/ports/audit-log.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import type { AccessLockStore } from '../access-locks.js';

export interface AccessLocksUnderTest {
  readonly locks: AccessLockStore;
  readonly auditLog: AuditLog;
  close(): Promise<void>;
}

const LOCKED_AT_ONCE = 8;
const EVERYTHING = 999_999;

export function accessLockStoreContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<AccessLocksUnderTest>,
): void {
  t.test(`${name}: access lock store contract`, async (t) => {
    const under = await open(t);
    const { locks, auditLog } = under;
    t.teardown(() => under.close());

    const newSubject = () => `s-${randomInt(2 ** 40)}` as MemberId;
    const entry = (action: AuditAction, subject: MemberId) => ({
      atMs: Date.UTC(2026, 10, 22),
      actor: { kind: 'operator', id: '운영자', address: 'host' } as const,
      action,
      target: `subject ${subject}`,
      detail: { reason: 'ticket "88"' },
    });
    const lock = (subject: MemberId) => locks.set(subject, true, entry('account_locked', subject));
    const unlock = (subject: MemberId) => locks.set(subject, false, entry('account_unlocked', subject));

    t.test('a subject is locked until it is unlocked', async (t) => {
      const subject = newSubject();
      t.equal(await locks.isLocked(subject), false);
      t.equal(await unlock(subject), 'unchanged');
      t.equal(await lock(subject), 'changed');
      t.equal(await lock(subject), 'unchanged');
      t.equal(await locks.isLocked(subject), true);
      t.equal(await unlock(subject), 'changed');
      t.equal(await locks.isLocked(subject), false);
    });

    t.test('a reader at a revision gets every change after it, in order', async (t) => {
      const before = (await locks.changesAfter(0, EVERYTHING)).at(-1)?.revision ?? 0;
      const subjects = Array.from({ length: LOCKED_AT_ONCE }, newSubject);
      await Promise.all(subjects.map(lock));
      const changes = await locks.changesAfter(before, EVERYTHING);
      t.same(changes.map((change) => change.subject).sort(), subjects.sort());
      t.same(
        changes.map((change) => change.revision),
        changes.map((_, place) => before + 1 + place),
        'no two share one, none is left out',
      );
      t.equal((await locks.changesAfter(before, 3)).length, 3);
      const [first] = subjects;
      if (first === undefined) throw new Error('no subject');
      await unlock(first);
      t.match(await locks.changesAfter(before + LOCKED_AT_ONCE, EVERYTHING), [
        { subject: first, locked: false },
      ]);
    });

    t.test('each change is written down, what changed nothing is not', async (t) => {
      const subject = newSubject();
      await lock(subject);
      await lock(subject);
      await unlock(subject);
      const all = await auditLog.entries(EVERYTHING, EVERYTHING);
      const own = all.filter(({ target }) => target === `subject ${subject}`);
      t.match(own, [entry('account_locked', subject), entry('account_unlocked', subject)]);
      t.equal(own.length, 2);
      t.same(await auditLog.entries(EVERYTHING, 2), all.slice(-2), 'the newest, oldest first');
      t.same(await auditLog.entries(all.at(-1)?.id ?? 0, 1), all.slice(-2, -1));
    });
  });
}
