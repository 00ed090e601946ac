/** Tests what every back end of {@link AccountStore} promises, one subtest per sentence of the port. */
import { randomInt } from 'node:crypto';
import type { Test } from 'tap';
import type { AccountStore } from '../accounts.js';

export interface AccountsUnderTest {
  readonly accounts: AccountStore;
  close(): Promise<void>;
}

const SIGNED_UP_AT_ONCE = 8;

export function accountStoreContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<AccountsUnderTest>,
): void {
  t.test(`${name}: account store contract`, async (t) => {
    const under = await open(t);
    const { accounts } = under;
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
        t.same(stored, { ...account, id: stored?.id });
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
  });
}
