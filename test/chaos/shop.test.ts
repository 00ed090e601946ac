/** Kills our processes and the database in the middle of what a shop asks for: redemptions, cancels and grants. */
import { setTimeout as pause } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { type HttpAnswer, HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { fault } from './fault.js';
import { openWorld, sharedMariadb, startSite, type World } from './world.js';

/** The seller of `openWorld`. */
const SELLER_ID = '900001';
const AGAIN_MS = 100;
const PATIENCE_MS = 120_000;
const HANG_UP_AFTER_MS = 5_000;
const WAITING_AT_THE_EVENT =
  "select count(*) as waits from information_schema.processlist where info like 'insert into `event_outbox`%'";

const mariadb = await sharedMariadb(t);

/** Repeats until `isDefinite`, over the servers in turn. */
async function untilDefinite(
  clients: readonly HttpClient[],
  path: string,
  call: { readonly token: string; readonly method: string; readonly body?: object },
  isDefinite = ({ status }: HttpAnswer): boolean => status < 500,
): Promise<HttpAnswer> {
  const endsAtMs = performance.now() + PATIENCE_MS;
  for (let turn = 0; performance.now() < endsAtMs; turn += 1) {
    const client = clients[turn % clients.length];
    const answer = await client?.tryCall(path, { ...call, hangUpAfterMs: HANG_UP_AFTER_MS });
    if (answer !== undefined && isDefinite(answer)) return answer;
    await pause(AGAIN_MS);
  }
  throw new Error(`${path}: no definite answer`);
}

interface State {
  readonly no: number;
  readonly usedOrder: string | null;
  readonly orderId: string;
  readonly isCancelled: number;
}

/** What the tables have of each issuance, past our own code. */
async function redemptionsOf(couponId: number): Promise<State[]> {
  const connection = await createConnection(mariadb.url);
  const [rows] = await connection.query<(RowDataPacket & State)[]>(
    `select issue_no as no, used_order as usedOrder, order_id as orderId, cancelled_at is not null as isCancelled
     from member_coupon join redemption using (coupon_id, issue_no) where coupon_id = ? order by issue_no`,
    [couponId],
  );
  await connection.end();
  return rows.map(({ no, usedOrder, orderId, isCancelled }) => ({ no, usedOrder, orderId, isCancelled }));
}

/**
 * Holds transactions of the coupon's seller at their last statement, after their UPDATE: their INSERT of the event waits for a lock.
 *
 * @returns what ends it; it may have died with the database.
 */
async function holdAtTheEvent(count: number, send: () => void): Promise<() => Promise<void>> {
  const [blocker, watcher] = await Promise.all([
    createConnection(mariadb.url),
    createConnection(mariadb.url),
  ]);
  blocker.on('error', () => undefined);
  await blocker.query('start transaction');
  await blocker.query('select id from event_outbox where seller_id = ? for update', [SELLER_ID]);
  send();
  const endsAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const [[row]] = await watcher.query<RowDataPacket[]>(WAITING_AT_THE_EVENT);
    if (Number(row?.['waits']) >= count) break;
    if (performance.now() > endsAtMs) throw new Error('the transactions do not wait');
    await pause(10);
  }
  await watcher.end();
  return async () => {
    await blocker.rollback().catch(() => undefined);
    blocker.destroy();
  };
}

async function recordedCoupon(t: Test, members: number): Promise<World> {
  const site = await startSite(t, mariadb);
  const world = await openWorld(t, site, { members });
  await world.burst();
  while ((await world.rows()) < members) await pause(AGAIN_MS);
  return world;
}

fault(52, 'API and MySQL killed between the UPDATE and the COMMIT of redemptions and cancels', async (t) => {
  const world = await recordedCoupon(t, 16);
  const [api] = world.servers;
  const client = new HttpClient(api?.origin ?? '', 20);
  t.teardown(() => client.close());
  const token = await signToken(SELLER_ID, 'seller');
  const path = (issueNo: number): string => `/v1/coupons/${world.couponId}/issuances/${issueNo}/redemptions`;
  const redeem = (issueNo: number): Promise<HttpAnswer> =>
    untilDefinite([client], path(issueNo), { method: 'POST', token, body: { orderId: `A-${issueNo}` } });
  const cancel = (issueNo: number): Promise<HttpAnswer> =>
    untilDefinite([client], `${path(issueNo)}/A-${issueNo}`, { method: 'DELETE', token });
  const kills = {
    API: async (release: () => Promise<void>): Promise<void> => {
      await api?.kill('SIGKILL');
      await release();
      await api?.restart();
    },
    MySQL: async (release: () => Promise<void>): Promise<void> => {
      await mariadb.kill('SIGKILL');
      await release();
      await mariadb.restart();
    },
  };
  for (const [turn, [name, kill]] of Object.entries(kills).entries()) {
    const first = 1 + turn * 8;
    const fresh = [first, first + 1, first + 2];
    const used = [first + 3, first + 4, first + 5];
    for (const issueNo of used) t.equal((await redeem(issueNo)).status, 201);
    let asked: Promise<HttpAnswer[]> = Promise.resolve([]);
    const release = await holdAtTheEvent(4, () => {
      asked = Promise.all([...fresh.map(redeem), ...used.map(cancel)]);
    });
    await kill(release);
    const answers = await asked;
    t.same(
      answers.map(({ status }) => status < 300),
      answers.map(() => true),
      `${name}: every request ends well`,
    );
    for (const issueNo of fresh) {
      t.match(await redeem(issueNo), { status: 200, body: { orderId: `A-${issueNo}` } }, 'a repeat');
    }
    const states = (await redemptionsOf(world.couponId)).filter(({ no }) => no >= first);
    const redeemed = fresh.map((no) => ({ no, usedOrder: `A-${no}`, orderId: `A-${no}`, isCancelled: 0 }));
    const cancelled = used.map((no) => ({ no, usedOrder: null, orderId: `A-${no}`, isCancelled: 1 }));
    t.same(states, [...redeemed, ...cancelled], `${name}: the tables have what was answered`);
  }
});

interface Grant {
  readonly memberId: string;
  readonly outcome: string;
  readonly issueNo?: number;
}

fault(53, 'API servers and MySQL killed while a backend grants by server key', async (t) => {
  const quantity = 900;
  const site = await startSite(t, mariadb, { servers: 2 });
  const world = await openWorld(t, site, { members: 1, quantity });
  const clients = site.servers.map(({ origin }) => new HttpClient(origin, 10));
  t.teardown(() => {
    for (const client of clients) client.close();
  });
  const token = await signToken(SELLER_ID, 'seller');
  const body = { name: 'backend', scopes: ['issue'] };
  const created = await untilDefinite(clients, '/v1/keys', { method: 'POST', token, body });
  const key = String(created.body['key']);
  // Known to the other server within a second.
  await pause(1_000);
  const undecided = new Set(['busy', 'not_ready', 'outcome_unknown']);
  /** Repeats a request until every member of it has a definite answer. */
  const grant = async (memberIds: readonly string[]): Promise<readonly Grant[]> => {
    const path = `/v1/coupons/${world.couponId}/grants`;
    const answer = await untilDefinite(
      clients,
      path,
      { method: 'POST', token: key, body: { memberIds } },
      (reply) =>
        reply.status === 200 &&
        !(reply.body['results'] as Grant[]).some(({ outcome }) => undecided.has(outcome)),
    );
    return answer.body['results'] as Grant[];
  };
  const lists = Array.from({ length: 12 }, (_, list) =>
    Array.from({ length: 100 }, (_, place) => `granted-${list * 100 + place}`),
  );
  const granting = (async () => {
    const results: Grant[] = [];
    for (let list = 0; list < lists.length; list += 3)
      results.push(...(await Promise.all(lists.slice(list, list + 3).map(grant))).flat());
    return results;
  })();
  const [one, other] = site.servers;
  await pause(AGAIN_MS);
  await one?.kill('SIGKILL');
  await one?.restart();
  await mariadb.kill('SIGKILL');
  await mariadb.restart();
  await other?.kill('SIGKILL');
  await other?.restart();
  const first = await granting;
  // The same file again, as after an interruption.
  const again = (await Promise.all(lists.map(grant))).flat();

  const { rows } = await world.evidence();
  const held = again.filter(({ issueNo }) => issueNo !== undefined);
  t.same(
    held.map(({ memberId, issueNo }) => `${issueNo} ${memberId}`).sort(),
    rows.map(({ issueNo, holder }) => `${issueNo} ${holder}`).sort(),
    'every member whom a grant names has the row of that number, and nobody else has one',
  );
  t.equal(rows.length, quantity);
  t.same([...new Set(again.map(({ outcome }) => outcome))].sort(), ['already_issued', 'sold_out']);
  t.same(
    first.map(({ memberId, issueNo }) => `${issueNo} ${memberId}`),
    again.map(({ memberId, issueNo }) => `${issueNo} ${memberId}`),
    'a number that was answered stays',
  );
});
