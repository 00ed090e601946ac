/** Tests what ends with the role of a seller, or with its account: server keys and webhooks. */
import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import type { MemberId } from '../../engine/domain/coupon.js';
import { FEED_START } from '../../engine/domain/events.js';
import type { AuditEntry, AuditLog } from '../../engine/ports/audit-log.js';
import type { Webhooks } from '../../engine/ports/webhooks.js';
import { accountIdOf } from '../account-id.js';
import type { AccountStore, Role } from '../accounts.js';
import { newKeyText } from '../server-keys.js';
import type { ServerKeyStore } from '../server-keys.js';

export interface SellersUnderTest {
  readonly accounts: Pick<AccountStore, 'insert' | 'remove' | 'setRole'>;
  readonly serverKeys: ServerKeyStore;
  readonly webhooks: Webhooks;
  readonly auditLog: AuditLog;
  close(): Promise<void>;
}

/** Each with three keys and three webhooks that are made at the same time. */
const ENDS = 10;

function entry(action: AuditEntry['action'], target: string): AuditEntry {
  const actor = { kind: 'operator', id: 'o', address: 'host' } as const;
  return { atMs: 2_000, actor, action, target, detail: {} };
}

export function sellerEndContract(t: Test, name: string, open: (t: Test) => Promise<SellersUnderTest>): void {
  t.test(`${name}: end of a seller`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    const { accounts, serverKeys, webhooks, auditLog } = under;

    const account = async (role: Role = 'seller') => {
      const email = `${randomUUID()}@example.com`;
      const stored = await accounts.insert({ email, role, passwordHash: 'x', createdAtMs: 1_000 });
      if (stored === undefined) throw new Error('the address was taken');
      return { id: stored.id, sellerId: accountIdOf(stored.id) };
    };
    const makeKey = (sellerId: MemberId) =>
      serverKeys.create(
        { sellerId, name: 'k', scopes: ['read'], expiresAtMs: undefined },
        1_000,
        newKeyText,
        (id) => entry('key_created', `key ${id}`),
      );
    const makeWebhook = (sellerId: MemberId) =>
      webhooks.create(
        {
          ...{ sellerId, url: 'https://shop.test/hook', kinds: ['issuance.recorded'] },
          ...{ couponIds: undefined, secret: 'whsec_c2VjcmV0', createdAtMs: 1_000 },
        },
        FEED_START,
        (id) => entry('webhook_created', `webhook ${id}`),
      );
    const setRole = (id: number, role: Role) =>
      accounts.setRole(id, role, entry('role_changed', `account ${accountIdOf(id)}`));
    const remove = (id: number) =>
      accounts.remove(id, entry('account_deleted', `account ${accountIdOf(id)}`));
    const leftOf = async (sellerId: MemberId) => {
      const keys = await serverKeys.list(sellerId);
      const live = keys.filter(({ revokedAtMs }) => revokedAtMs === undefined);
      return { keys: live.length, webhooks: (await webhooks.list(sellerId)).length };
    };

    t.test('a change of role ends the keys and webhooks, and the audit log has how many', async (t) => {
      const { id, sellerId } = await account();
      const other = await account();
      await makeKey(sellerId);
      for (const owner of [sellerId, sellerId, other.sellerId]) await makeWebhook(owner);
      const [webhook] = await webhooks.list(sellerId);
      await webhooks.lease({ owner: 'relay', leaseMs: 60_000 }, 1_000);
      t.equal(await setRole(id, 'member'), 'changed');
      t.same(await leftOf(sellerId), { keys: 0, webhooks: 0 });
      t.match(await serverKeys.list(sellerId), [{ revokedAtMs: 2_000 }]);
      t.same(await leftOf(other.sellerId), { keys: 0, webhooks: 1 }, 'the webhook of another seller stays');
      const lessee = { owner: 'relay', leaseMs: 60_000 };
      t.equal(
        await webhooks.begin(webhook?.id ?? 0, lessee, undefined),
        false,
        'no delivery begins any more',
      );
      const entries = (await auditLog.entries(1e15, 1_000)).filter(
        ({ target }) => target === `account ${sellerId}`,
      );
      t.match(entries, [{ action: 'role_changed', detail: { keys: 1, webhooks: 2 } }]);
    });

    t.test('who has another role makes no key and no webhook, and a seller again does', async (t) => {
      const { id, sellerId } = await account('member');
      const make = async () => [await makeKey(sellerId), (await makeWebhook(sellerId)).status];
      t.same(await make(), ['no_seller', 'no_seller']);
      await setRole(id, 'seller');
      t.match(await make(), [{ key: { sellerId } }, 'created']);
      await setRole(id, 'admin');
      t.same(await make(), ['no_seller', 'no_seller']);
      t.same(await leftOf(sellerId), { keys: 0, webhooks: 0 });
    });

    for (const [how, end] of [
      ['role', (id: number) => setRole(id, 'member')],
      ['account', remove],
    ] as const) {
      t.test(`no key and no webhook outlives its ${how}, also of those made meanwhile`, async (t) => {
        for (let times = 1; times <= ENDS; times += 1) {
          const { id, sellerId } = await account();
          await Promise.all([
            ...[makeKey(sellerId), makeWebhook(sellerId)],
            end(id),
            ...[makeWebhook(sellerId), makeKey(sellerId), makeKey(sellerId), makeWebhook(sellerId)],
          ]);
          t.same(await leftOf(sellerId), { keys: 0, webhooks: 0 });
          t.equal(await makeKey(sellerId), 'no_seller');
          t.same(await makeWebhook(sellerId), { status: 'no_seller' });
        }
      });
    }
  });
}
