/** Tests what every back end of {@link AccountStore} promises, one subtest per sentence of the port. */
import { randomInt } from 'node:crypto';
import type { Test } from 'tap';
import type { AuditAction, AuditEntry, AuditLog } from '../../engine/ports/audit-log.js';
import type { AccessLockStore } from '../access-locks.js';
import { accountIdOf } from '../account-id.js';
import type { Account, AccountStore } from '../accounts.js';
import { newPasswordLink } from '../password-link.js';
import { NO_SESSION_VALID } from '../session-ends.js';
import type { SessionEndStore } from '../session-ends.js';

export interface AccountsUnderTest {
  readonly accounts: AccountStore;
  readonly sessionEnds: SessionEndStore;
  readonly auditLog: AuditLog;
  readonly locks: AccessLockStore;
  close(): Promise<void>;
}

const SIGNED_UP_AT_ONCE = 8;
const EVERYTHING = 999_999;

export function accountStoreContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<AccountsUnderTest>,
): void {
  t.test(`${name}: account store contract`, async (t) => {
    const under = await open(t);
    const { accounts, sessionEnds, auditLog } = under;
    t.teardown(() => under.close());

    const newAccount = (email = `${randomInt(2 ** 40)}@example.com`) => ({
      email,
      role: 'seller' as const,
      passwordHash: `scrypt$${'x'.repeat(200)}`,
      createdAtMs: Date.UTC(2026, 10, 22),
    });

    t.test('an account is found by its e-mail address, as it was made', async (t) => {
      for (const role of ['seller', 'member'] as const) {
        const account = { ...newAccount(), role };
        const stored = await accounts.insert(account);
        t.ok(stored !== undefined && Number.isSafeInteger(stored.id) && stored.id > 0);
        t.same(stored, { ...account, id: stored?.id, generation: 0 });
        t.same(await accounts.find(stored?.id ?? 0), stored);
        t.same(await accounts.findByEmail(account.email), stored);
      }
    });

    t.test('an unknown address finds no account', async (t) => {
      t.equal(await accounts.findByEmail('nobody@example.com'), undefined);
      t.equal(await accounts.findByEmail("' or 1=1 --"), undefined);
    });

    t.test('an address is taken once, however many ask at the same time', async (t) => {
      const account = newAccount();
      const replies = await Promise.all(
        Array.from({ length: SIGNED_UP_AT_ONCE }, () => accounts.insert(account)),
      );
      t.equal(replies.filter((reply) => reply !== undefined).length, 1);
      t.equal(await accounts.insert({ ...account, role: 'member' }), undefined);
      t.equal((await accounts.findByEmail(account.email))?.role, 'seller');
    });

    t.test('an accent makes another address', async (t) => {
      const name = randomInt(2 ** 40);
      const stored = await accounts.insert(newAccount(`${name}e@example.com`));
      t.not(stored, undefined);
      t.equal(await accounts.findByEmail(`${name}é@example.com`), undefined);
      t.not(await accounts.insert(newAccount(`${name}é@example.com`)), undefined);
    });

    const made = async (role: 'seller' | 'member' = 'member'): Promise<Account> => {
      const account = await accounts.insert({ ...newAccount(), role });
      if (account === undefined) throw new Error('the address was taken');
      return account;
    };
    const entry = (action: AuditAction, { id }: Account): AuditEntry => ({
      atMs: Date.now(),
      actor: { kind: 'operator', id: 'o', address: 'host' },
      action,
      target: `account ${accountIdOf(id)}`,
      detail: {},
    });
    const actionsOf = async ({ id }: Account): Promise<AuditAction[]> => {
      const all = await auditLog.entries(EVERYTHING, EVERYTHING);
      return all.filter(({ target }) => target === `account ${accountIdOf(id)}`).map(({ action }) => action);
    };
    const endOf = async ({ id }: Account) => {
      const ends = await sessionEnds.endsAfter(0, 0, EVERYTHING);
      return ends.find(({ subject }) => subject === accountIdOf(id));
    };

    t.test('every change of a password begins another generation of sessions', async (t) => {
      const account = await made();
      t.equal(await endOf(account), undefined);
      const before = (await sessionEnds.endsAfter(0, 0, EVERYTHING)).at(-1)?.revision ?? 0;
      const changes = await Promise.all(
        Array.from({ length: SIGNED_UP_AT_ONCE }, (_, change) =>
          accounts.changePassword(account.id, `hash ${change}`, entry('password_changed', account)),
        ),
      );
      t.same(
        changes.map((session) => session?.generation ?? 0).toSorted((one, other) => one - other),
        Array.from({ length: SIGNED_UP_AT_ONCE }, (_, change) => change + 1),
      );
      t.match(await endOf(account), { generation: SIGNED_UP_AT_ONCE, revision: before + SIGNED_UP_AT_ONCE });
      const now = await accounts.find(account.id);
      t.equal(now?.generation, SIGNED_UP_AT_ONCE);
      t.match(now?.passwordHash, /^hash \d$/);
      t.equal((await actionsOf(account)).length, SIGNED_UP_AT_ONCE);
      t.equal(
        await accounts.changePassword(EVERYTHING, 'hash', entry('password_changed', account)),
        undefined,
      );
    });

    t.test(
      'a password that was changed meanwhile is not replaced, and the role is the present one',
      async (t) => {
        const account = await made();
        const { id, passwordHash } = account;
        await accounts.setRole(id, 'admin', entry('role_changed', account));
        const audit = entry('password_changed', account);
        t.match(await accounts.changePassword(id, 'new', audit, passwordHash), {
          role: 'admin',
          generation: 2,
        });
        t.equal(await accounts.changePassword(id, 'newer', audit, passwordHash), undefined);
        t.match(await accounts.find(id), { passwordHash: 'new', generation: 2 });
      },
    );

    t.test('a change of the password removes the link for a new one', async (t) => {
      const account = await made();
      const reset = { accountId: account.id, hash: `reset of ${account.id}`, expiresAtMs: EVERYTHING };
      t.equal(await accounts.insertReset(reset, entry('password_reset_sent', account)), true);
      await accounts.changePassword(account.id, 'new', entry('password_changed', account));
      t.equal(await accounts.findReset(reset.hash, 0), undefined);
    });

    t.test('ends of sessions before a moment are left out', async (t) => {
      const account = await made();
      const atMs = Date.now();
      await accounts.changePassword(account.id, 'hash', { ...entry('password_changed', account), atMs });
      const since = async (ms: number) =>
        (await sessionEnds.endsAfter(0, ms, EVERYTHING)).some(
          ({ subject }) => subject === accountIdOf(account.id),
        );
      t.same([await since(atMs - 1), await since(atMs)], [true, false]);
    });

    t.test('a change of role ends the sessions, the same role again does nothing', async (t) => {
      const account = await made();
      const set = (role: 'member' | 'admin') =>
        accounts.setRole(account.id, role, entry('role_changed', account));
      t.equal(await set('member'), 'unchanged');
      t.equal(await endOf(account), undefined, 'not even the sessions');
      t.equal(await set('admin'), 'changed');
      t.match(await accounts.find(account.id), { role: 'admin', generation: 1 });
      t.same(await actionsOf(account), ['role_changed']);
      t.equal(await accounts.setRole(EVERYTHING, 'admin', entry('role_changed', account)), 'unknown');
    });

    t.test('of the links of an account the latest is valid, once', async (t) => {
      const account = await made();
      const links = Array.from({ length: SIGNED_UP_AT_ONCE }, newPasswordLink);
      const expiresAtMs = Date.now() + 60_000;
      await Promise.all(
        links.map(({ hash }) =>
          accounts.insertReset(
            { accountId: account.id, hash, expiresAtMs },
            entry('password_reset_sent', account),
          ),
        ),
      );
      const valid = [];
      for (const { hash } of links)
        if ((await accounts.findReset(hash, expiresAtMs - 1)) === account.id) valid.push(hash);
      t.equal(valid.length, 1, 'however many are made at once');
      const [hash = ''] = valid;
      const use = (nowMs: number) =>
        accounts.useReset(hash, 'reset', nowMs, () => entry('password_reset', account));
      t.equal(await use(expiresAtMs), undefined, 'expired');
      const uses = await Promise.all([1, 2, 3, 4].map(() => use(expiresAtMs - 1)));
      t.same(
        uses.filter((id) => id !== undefined),
        [account.id],
      );
      t.match(await accounts.find(account.id), { passwordHash: 'reset', generation: 1 });
      t.equal((await actionsOf(account)).filter((action) => action === 'password_reset').length, 1);
    });

    t.test('a removed account is removed once, and no session of it is ever valid again', async (t) => {
      const account = await made('seller');
      const [removals, change] = await Promise.all([
        Promise.all([1, 2, 3].map(() => accounts.remove(account.id, entry('account_deleted', account)))),
        accounts.changePassword(account.id, 'hash', entry('password_changed', account)),
      ]);
      t.same(removals.toSorted(), ['removed', 'unknown', 'unknown']);
      t.ok(change === undefined || change.generation === 1, 'the change came first or not at all');
      t.equal(await accounts.find(account.id), undefined);
      t.equal(await accounts.findByEmail(account.email), undefined);
      t.match(await endOf(account), { generation: NO_SESSION_VALID });
      const link = { accountId: account.id, hash: newPasswordLink().hash, expiresAtMs: Date.now() + 60_000 };
      t.equal(await accounts.insertReset(link, entry('password_reset_sent', account)), false);
      const again = await accounts.insert({ ...newAccount(account.email) });
      t.ok((again?.id ?? 0) > account.id, 'the id is not given again');
    });

    t.test('a list has the accounts of a role or a beginning, with their locks', async (t) => {
      const start = (await made()).id;
      const prefix = `list-${randomInt(2 ** 40)}`;
      for (const name of [`${prefix}a`, `${prefix}_b`, `x${prefix}`])
        await accounts.insert(newAccount(`${name}@example.com`));
      const listed = await accounts.list({ emailPrefix: prefix }, start, 10);
      t.same(
        listed.map(({ email }) => email),
        [`${prefix}a@example.com`, `${prefix}_b@example.com`],
      );
      t.match(listed[0], { role: 'seller', locked: false, createdAtMs: newAccount().createdAtMs });
      t.same(await accounts.list({ emailPrefix: prefix }, start, 1), listed.slice(0, 1));
      t.same(await accounts.list({ emailPrefix: prefix, role: 'admin' }, start, 10), []);
      const [first] = listed;
      const subject = accountIdOf(first?.id ?? 0);
      await under.locks.set(
        subject,
        true,
        entry('account_locked', { ...newAccount(), id: 0, generation: 0 }),
      );
      t.same(
        (await accounts.list({ emailPrefix: prefix }, start, 10)).map(({ locked }) => locked),
        [true, false],
      );
    });
  });
}
