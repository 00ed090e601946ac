import { createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { accountIdOf } from '../../accounts/account-id.js';
import type { CouponId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import { defaultRedemptionRules } from '../../engine/domain/redemption.js';
import { FEED_START } from '../../engine/domain/events.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import type { NewWebhook } from '../../engine/ports/webhooks.js';
import { newCoupon } from '../../engine/testing/contracts/new-coupon.js';
import { startMariadb } from '../../../test/servers/mariadb.js';
import { startTcpProxy } from '../../../test/servers/tcp-proxy.js';
import { openMysql } from './open-mysql.js';

const TERMS = {
  quantity: 1,
  opensAtMs: undefined,
  closesAtMs: undefined,
  paused: false,
  closed: false,
};
const TIMEOUT_MS = 600;
/** InnoDB refreshes its table of transactions only after 100 ms in which nothing has read it. */
const LOCKS_REFRESHED_MS = 150;

const server = await startMariadb();
t.teardown(() => server.stop());
const setUp = openMysql(server.url);
await setUp.migrate();
await setUp.close();

const couponId = 7 as CouponId;
const issuance = (issueNo: number): Issuance => ({
  issueNo,
  holder: `m${issueNo}` as MemberId,
  issuedAtMs: 1_700_000_000_000,
});

/** How a call ended: answered, or the code of its fault. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'answered',
    (error: unknown) => String((error as { code?: unknown }).code),
  );
}

t.test('a database that is silent costs the deadline and no more, and nothing of it stays', async (t) => {
  const stores = openMysql(server.url, { connections: 2, timeoutMs: TIMEOUT_MS });
  t.teardown(() => stores.close());
  t.same(await stores.ledger.record({ couponId, epoch: 1, issuances: [issuance(1)] }), {
    inserted: 1,
    replayed: 0,
    revoked: 0,
    deadLettered: 0,
    stale: 0,
  });
  await server.kill('SIGSTOP');
  const startMs = performance.now();
  // Four statements on two connections: the later two wait for a connection, and that wait has a deadline too.
  const calls = [2, 3, 4, 5].map((issueNo) =>
    codeOf(stores.ledger.record({ couponId, epoch: 1, issuances: [issuance(issueNo)] })),
  );
  t.same(await Promise.all(calls), Array(4).fill('store_unavailable'));
  t.ok(performance.now() - startMs < TIMEOUT_MS * 10);
  t.equal(
    await codeOf(stores.ledger.use(couponId, 'm1' as MemberId, 1)),
    'store_unavailable',
    'no connection',
  );
  await server.kill('SIGCONT');
  const again = await stores.ledger.record({ couponId, epoch: 1, issuances: [1, 2, 3, 4, 5].map(issuance) });
  t.equal(again.inserted + again.replayed, 5, 'replay settles it');
  t.equal(again.replayed, 1, 'a transaction without COMMIT left nothing');
});

t.test('a lone write that is lost on the way is unknown, a read is not', async (t) => {
  const stores = openMysql(server.url, { connections: 2, timeoutMs: TIMEOUT_MS });
  t.teardown(() => stores.close());
  await Promise.all([stores.ping(), stores.ping()]);
  await server.kill('SIGSTOP');
  t.same(
    await Promise.all([
      codeOf(stores.catalogue.saveTerms(couponId, { ...TERMS, version: 9, epoch: 0 })),
      codeOf(stores.ledger.rowAt(couponId, 1)),
    ]),
    ['store_outcome_unknown', 'store_unavailable'],
  );
  await server.kill('SIGCONT');
});

t.test('an acknowledgement of COMMIT that got lost is unknown, and the replay is a no-op', async (t) => {
  const proxy = await startTcpProxy(server.port);
  t.teardown(() => proxy.stop());
  const url = new URL(server.url);
  url.port = String(proxy.port);
  const stores = openMysql(url.href, { connections: 1, timeoutMs: TIMEOUT_MS });
  t.teardown(() => stores.close());
  await stores.ping();
  const batch = [101, 102, 103].map(issuance);
  const outcome = codeOf(stores.ledger.record({ couponId, epoch: 1, issuances: batch }));
  for (const statement of ['begin', 'insert', 'read the revocations', 'commit']) {
    await proxy.nextRequest();
    if (statement === 'commit') proxy.behave({ replies: 'drop' });
  }
  t.equal(await outcome, 'store_outcome_unknown');
  proxy.behave({});
  t.match(await stores.ledger.record({ couponId, epoch: 1, issuances: batch }), {
    inserted: 0,
    replayed: batch.length,
  });
});

t.test('a database that dies and comes back is used again, with everything acknowledged', async (t) => {
  const stores = openMysql(server.url, { timeoutMs: TIMEOUT_MS * 5 });
  t.teardown(() => stores.close());
  await stores.ledger.record({ couponId, epoch: 1, issuances: [issuance(6)] });
  await server.kill('SIGKILL');
  t.equal(
    await codeOf(stores.ledger.record({ couponId, epoch: 1, issuances: [issuance(7)] })),
    'store_unavailable',
  );
  t.equal(await codeOf(stores.ping()), 'store_unavailable');
  await server.restart();
  const reply = await stores.ledger.record({ couponId, epoch: 1, issuances: [issuance(6), issuance(7)] });
  t.match(reply, { inserted: 1, replayed: 1 });
});

t.test('a silent port is given up at the deadline', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  t.teardown(() => silent.close());
  const stores = openMysql(`mysql://u:p@127.0.0.1:${address.port}/d`, { timeoutMs: TIMEOUT_MS });
  t.equal(await codeOf(stores.ping()), 'store_unavailable');
  await stores.close();
});

t.test(
  'a recorder that comes between the count of another and its commit adds no row too many',
  async (t) => {
    const stores = openMysql(server.url);
    t.teardown(() => stores.close());
    const { couponId } = await stores.catalogue.insert(newCoupon({ quantity: 10 }));
    await stores.catalogue.nextEpoch(couponId);
    const line = (from: number, to: number): Issuance[] =>
      Array.from({ length: to - from + 1 }, (_, index) => issuance(from + index));

    // The first recorder counts 12 rows and waits, before its commit, for the primary key of its dead letter.
    const blocker = await createConnection({
      host: '127.0.0.1',
      port: server.port,
      user: 'root',
      database: 'seonchak',
    });
    t.teardown(() => blocker.end());
    const numberOfWaits = async (): Promise<number> => {
      const [rows] = await blocker.query(
        'select count(*) as n from information_schema.innodb_trx where trx_state = "LOCK WAIT"',
      );
      return Number((rows as { n: number }[])[0]?.n);
    };
    await blocker.query('set session transaction isolation level read committed');
    await blocker.beginTransaction();
    await blocker.query(
      'insert into dead_letter (coupon_id, issue_no, member_id, issued_at, reason) values (?, 112, "m112", 1, "blocks")',
      [couponId],
    );
    const first = stores.ledger.record({ couponId, epoch: 1, issuances: line(101, 112) });
    while ((await numberOfWaits()) < 1) await pause(LOCKS_REFRESHED_MS);
    const second = stores.ledger.record({ couponId, epoch: 1, issuances: line(1, 8) });
    const settled = second.then(() => 'recorded');
    while (
      (await numberOfWaits()) < 2 &&
      (await Promise.race([settled, pause(LOCKS_REFRESHED_MS)])) !== 'recorded'
    );
    await blocker.rollback();

    // On a slow machine the wait of the first ends, and it counts again after the second.
    t.equal((await first).deadLettered + (await second).deadLettered, 10);
    const [counts] = await stores.ledger.counts([couponId]);
    t.match(counts, { recorded: 10, deadLettered: 10 });
  },
);

t.test('a row that is recorded between the lock and the copy of a take-back is taken too', async (t) => {
  const proxy = await startTcpProxy(server.port);
  const url = new URL(server.url);
  url.port = String(proxy.port);
  const [stores, recorder] = [openMysql(url.href, { connections: 1 }), openMysql(server.url)];
  t.teardown(async () => {
    await Promise.all([stores.close(), recorder.close()]);
    await proxy.stop();
  });
  const redemption = { ...defaultRedemptionRules, holdSeconds: 60 };
  const { couponId, epoch } = await recorder.catalogue.insert(newCoupon({ redemption }));
  await recorder.ledger.record({ couponId, epoch, issuances: [1, 2, 4].map(issuance) });

  // The rows are locked; their copy is about to begin.
  proxy.behave({ holdAt: 'insert into revocation' });
  const held = proxy.nextHeld();
  const taking = stores.holdLedger.revokeMany(
    couponId,
    epoch,
    { firstNo: 1, lastNo: 10, issuedUpToMs: Date.now() },
    'hold_expired',
  );
  await held;
  t.match(await recorder.ledger.record({ couponId, epoch, issuances: [issuance(3)] }), { inserted: 1 });
  proxy.behave({});

  const taken = await taking;
  t.same(taken === 'stale' ? taken : taken.taken.map(({ issueNo }) => issueNo), [1, 2, 3, 4]);
  t.match(await recorder.ledger.counts([couponId]), [{ recorded: 0 }]);
  const again = await recorder.ledger.record({ couponId, epoch, issuances: [1, 2, 3, 4].map(issuance) });
  t.match(again, { inserted: 0, revoked: 4 }, 'and each number has its revocation');
});

const operated = (action: AuditEntry['action'], target: string): AuditEntry => ({
  ...{ atMs: 1_000, actor: { kind: 'operator', id: 'o', address: 'host' }, action, target, detail: {} },
});

/** Stores whose statements can be held, and others beside them. */
async function heldStores(t: Test) {
  const proxy = await startTcpProxy(server.port);
  const url = new URL(server.url);
  url.port = String(proxy.port);
  const [stores, others] = [openMysql(url.href, { connections: 1 }), openMysql(server.url)];
  t.teardown(async () => {
    await Promise.all([stores.close(), others.close()]);
    await proxy.stop();
  });
  /** Carries out the first half of `call`, then `meanwhile`, then the second half, which begins with this text. */
  const between = async <T>(text: string, call: () => Promise<T>, meanwhile: () => Promise<unknown>) => {
    proxy.behave({ holdAt: text });
    const held = proxy.nextHeld();
    const reply = call();
    await held;
    await meanwhile();
    proxy.behave({});
    return reply;
  };
  return { stores, others, between };
}

t.test('a sign-in that reads beside a change of the password gets no session for the old one', async (t) => {
  const { stores, others, between } = await heldStores(t);
  // Whichever of the two is read first: the change comes before it, or between both.
  for (const text of ['select * from `account`', 'from `session_end`']) {
    const email = `${text.length}@example.com`;
    const account = { email, role: 'member', passwordHash: 'old', createdAtMs: 1 } as const;
    const id = (await others.accounts.insert(account))?.id ?? 0;
    const read = await between(
      text,
      () => stores.accounts.findByEmail(email),
      () => others.accounts.changePassword(id, 'new', operated('password_changed', `${id}`)),
    );
    t.equal((await others.accounts.find(id))?.generation, 1);
    t.not(read, undefined);
    t.notMatch(read, { passwordHash: 'old', generation: 1 }, text);
    t.match([read?.passwordHash, read?.generation], ['new', text.includes('session_end') ? 1 : 0]);
  }
});

t.test('a webhook whose creation meets the end of its seller does not outlive it', async (t) => {
  const { stores, others, between } = await heldStores(t);
  const account = { email: 'w@example.com', role: 'seller', passwordHash: 'x', createdAtMs: 1 } as const;
  const id = (await others.accounts.insert(account))?.id ?? 0;
  const sellerId = accountIdOf(id);
  const webhook: NewWebhook = {
    ...{ sellerId, url: 'https://shop.test/hook', kinds: ['issuance.recorded'], couponIds: undefined },
    ...{ secret: 'whsec_c2VjcmV0', createdAtMs: 1 },
  };
  const create = () =>
    stores.webhooks.create(webhook, FEED_START, (made) => operated('webhook_created', `${made}`));
  let ending: Promise<string> | undefined;
  await between('insert into `webhook`', create, async () => {
    ending = others.accounts.setRole(id, 'member', operated('role_changed', `${id}`));
    // Without a lock it would end now, and find no webhook.
    await Promise.race([ending, pause(LOCKS_REFRESHED_MS)]);
  });
  t.equal(await ending, 'changed');
  t.same(await others.webhooks.list(sellerId), []);
});
