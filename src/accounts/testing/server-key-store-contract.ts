/** Tests what every back end of {@link ServerKeyStore} promises: one subtest a sentence of the port. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Clock } from '../../engine/domain/clock.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import type { AuditEntry, AuditLog } from '../../engine/ports/audit-log.js';
import { KEYS_PER_SELLER_MAX, newKeyText, ServerKeys } from '../server-keys.js';
import type { ServerKeyStore } from '../server-keys.js';

export interface ServerKeysUnderTest {
  readonly serverKeys: ServerKeyStore;
  readonly auditLog: AuditLog;
  close(): Promise<void>;
}

const KNOWN_WITHIN_MS = 1_000;

let sellers = 0;
const freshSeller = (): MemberId => `key-seller-${++sellers}` as MemberId;

function entry(action: AuditEntry['action'], id: number): AuditEntry {
  const actor = { kind: 'seller', id: 's', address: '127.0.0.1' } as const;
  return { atMs: 5_000, actor, action, target: `key ${id}`, detail: {} };
}

export function serverKeyStoreContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<ServerKeysUnderTest>,
): void {
  t.test(`${name}: server key store contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    const { serverKeys, auditLog } = under;
    const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
    const create = async (sellerId: MemberId, expiresAtMs?: number) => {
      const key = { sellerId, name: 'till', scopes: ['issue', 'read'] as const, expiresAtMs };
      const created = await serverKeys.create(key, 1_000, newKeyText, (id) => entry('key_created', id));
      if (typeof created === 'string') throw new Error(created);
      return created;
    };
    /** What another process knows, as it follows the store. */
    const follow = async (t: Test): Promise<ServerKeys> => {
      const timers: NodeJS.Timeout[] = [];
      const known = new ServerKeys({
        serverKeys,
        clock,
        scheduler: {
          every(ms, task) {
            const timer = setInterval(task, ms);
            timers.push(timer);
            return () => clearInterval(timer);
          },
        },
        onFault: (fault) => t.fail(String(fault)),
      });
      await known.start();
      t.teardown(() => known.stop());
      return known;
    };
    const until = async (holds: () => boolean): Promise<boolean> => {
      const untilMs = performance.now() + KNOWN_WITHIN_MS;
      while (!holds() && performance.now() < untilMs) await pause(5);
      return holds();
    };

    t.test(
      'a key is known everywhere within a second, and refused within a second of its revoke',
      async (t) => {
        const known = await follow(t);
        const sellerId = freshSeller();
        const { key, text } = await create(sellerId);
        t.match(text, new RegExp(`^sck_${key.id}_[0-9A-Za-z]{43}$`));
        t.ok(await until(() => known.verify(text) !== undefined));
        t.match(known.verify(text), { id: key.id, sellerId, scopes: ['issue', 'read'] });
        t.equal(await serverKeys.revoke(key.id, sellerId, entry('key_revoked', key.id)), 'revoked');
        t.ok(await until(() => known.verify(text) === undefined));
        t.equal(
          await serverKeys.revoke(key.id, sellerId, entry('key_revoked', key.id)),
          'revoked',
          'safe to repeat',
        );
        const entries = (await auditLog.entries(1e15, 100)).filter(
          ({ target }) => target === `key ${key.id}`,
        );
        t.same(
          entries.map(({ action }) => action),
          ['key_created', 'key_revoked'],
          'each deed is written once',
        );
      },
    );

    t.test('wrong texts are no key, whatever they resemble', async (t) => {
      const { key, text } = await create(freshSeller());
      const known = await follow(t);
      t.ok(known.verify(text));
      const other = text.endsWith('A') ? 'B' : 'A';
      const wrong = [
        ...['', 'sck_', `sck_${key.id}_`, text.slice(0, -1), `${text}A`, ` ${text}`, text.toUpperCase()],
        ...[
          text.slice(0, -1) + other,
          text.replace(`_${key.id}_`, `_0${key.id}_`),
          newKeyText(key.id),
          'x'.repeat(8_192),
        ],
      ];
      for (const one of wrong) t.equal(known.verify(one), undefined, JSON.stringify(one.slice(0, 60)));
    });

    t.test('an expired key is refused by every process, by its clock', async (t) => {
      const { text } = await create(freshSeller(), Date.now() - 1);
      t.equal((await follow(t)).verify(text), undefined);
    });

    t.test('a key is revoked by its seller only, and listed for its seller only', async (t) => {
      const [one, two] = [freshSeller(), freshSeller()];
      const { key } = await create(one);
      t.equal(await serverKeys.revoke(key.id, two, entry('key_revoked', key.id)), 'unknown');
      t.equal(await serverKeys.revoke(999_999, undefined, entry('key_revoked', 999_999)), 'unknown');
      t.match(await serverKeys.list(one), [{ id: key.id, name: 'till', revokedAtMs: undefined }]);
      t.same(await serverKeys.list(two), []);
      t.equal(await serverKeys.revoke(key.id, undefined, entry('key_revoked', key.id)), 'revoked');
      t.match(await serverKeys.list(one), [{ id: key.id, revokedAtMs: 5_000 }]);
    });

    t.test(`a seller has ${KEYS_PER_SELLER_MAX} live keys at most, also of many made at once`, async (t) => {
      const sellerId = freshSeller();
      const key = { sellerId, name: 'k', scopes: ['read'] as const, expiresAtMs: undefined };
      const made = await Promise.all(
        Array.from({ length: KEYS_PER_SELLER_MAX + 5 }, () =>
          serverKeys.create(key, 1_000, newKeyText, (id) => entry('key_created', id)),
        ),
      );
      t.equal(made.filter((result) => typeof result !== 'string').length, KEYS_PER_SELLER_MAX);
      const [first] = made.flatMap((result) => (typeof result === 'string' ? [] : [result]));
      await serverKeys.revoke(first?.key.id ?? 0, sellerId, entry('key_revoked', first?.key.id ?? 0));
      t.not(await serverKeys.create(key, 1_000, newKeyText, (id) => entry('key_created', id)), 'too_many');
    });
  });
}
