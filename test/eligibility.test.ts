/**
 * Tests coupons for some members as a shop meets them: real stores, several API processes, one of which is killed and started again while nine of
 * ten members who request are not eligible.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { DATABASE_TIMEOUT_MS } from '../src/engine/domain/limits.js';
import { HttpClient } from './clients/http-client.js';
import { signToken } from './clients/tokens.js';
import { startMariadb } from './servers/mariadb.js';
import { startRedis } from './servers/redis.js';
import { startSeonchak, TEST_SECRET } from './servers/seonchak.js';

const PATIENCE_MS = 30_000;
const MEMBERS = 200;
const LISTED = MEMBERS / 10;
const QUANTITY = LISTED - 5;
/** An API process has this many to the database; further requests wait. */
const DATABASE_CONNECTIONS = 10;
const CONNECTIONS = DATABASE_CONNECTIONS + 4;

const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
const settings = {
  ...{ REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET },
  MEMBER_CLAIMS: 'grade,tier',
};
const stays = await startSeonchak(settings);
t.teardown(() => stays.stop());
const seller = await signToken('shop-1', 'seller');
const names = Array.from({ length: MEMBERS }, (_, place) => `m-${place}`);
const tokens = await Promise.all(names.map((name) => signToken(name, 'member')));
const isListed = (place: number): boolean => place < LISTED;

t.test('an API process restarted in the crowd issues to no member who is not on the list', async (t) => {
  const client = new HttpClient(stays.origin, 16);
  t.teardown(() => client.close());
  const registered = await client.call('/v1/coupons', {
    ...{ method: 'POST', token: seller },
    body: { name: 'A drop', quantity: QUANTITY, eligibility: { audience: true } },
  });
  const path = `/v1/coupons/${String(registered.body['id'])}`;
  const add = names.slice(0, LISTED);
  const listed = await client.call(`${path}/audience`, { method: 'POST', token: seller, body: { add } });
  t.match(listed, { status: 200, body: { members: LISTED } });

  const won = new Map<string, unknown>();
  const codes = new Map<string, number>();
  const wrong: string[] = [];
  let over = false;
  const crowd = async (from: () => HttpClient | undefined, share: number): Promise<void> => {
    for (let turn = share; !over; turn += 1) {
      const to = from();
      const place = (turn * 7 + share * 13) % MEMBERS;
      const name = names[place] ?? '';
      if (to === undefined) {
        await pause(5);
        continue;
      }
      const held = won.has(name);
      const isKnown = restarts > 0;
      const answer = await to
        .call(`${path}/download`, { method: 'POST', token: tokens[place] ?? '' })
        .catch(() => undefined);
      if (answer === undefined) continue;
      const code = String(answer.body['code'] ?? answer.body['outcome']);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (answer.status < 300) {
        const known = won.get(name) ?? answer.body['issueNo'];
        if (!isListed(place) || known !== answer.body['issueNo']) wrong.push(`${name} ${code}`);
        won.set(name, known);
      } else if (held && answer.status !== 503) {
        wrong.push(`${name} holds one and was answered ${code}`);
      } else if (code === 'not_eligible' && isListed(place) && isKnown) {
        wrong.push(`${name} is on the list and was answered ${code}`);
      }
    }
  };
  let restarts = 0;
  let other: HttpClient | undefined;
  const crowds = Array.from({ length: 8 }, (_, share) =>
    crowd(() => (share % 2 === 0 ? client : other), share),
  );
  for (; restarts < 2; restarts += 1) {
    const killed = await startSeonchak({ ...settings, ROLES: 'api' });
    const reach = new HttpClient(killed.origin, 16);
    other = reach;
    const before = codes.get('not_eligible') ?? 0;
    // Until it has answered some, with its list loaded.
    const giveUpAt = performance.now() + PATIENCE_MS;
    while ((codes.get('not_eligible') ?? 0) < before + 200 && performance.now() < giveUpAt) await pause(20);
    other = undefined;
    await killed.kill('SIGKILL');
    reach.close();
  }
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (won.size < QUANTITY && performance.now() < giveUpAt) await pause(20);
  over = true;
  await Promise.all(crowds);

  t.same(wrong, []);
  t.equal(won.size, QUANTITY);
  t.ok((codes.get('not_eligible') ?? 0) > 400);
  const recorded = async () => (await client.call(`${path}/stats`, { token: seller })).body['recorded'];
  for (const untilMs = performance.now() + PATIENCE_MS; performance.now() < untilMs;) {
    if ((await recorded()) === QUANTITY) break;
    await pause(50);
  }
  t.equal(await recorded(), QUANTITY);
  const page = await client.call(`${path}/issuances?limit=1000`, { token: seller });
  const holders = (page.body['items'] as { memberId: string }[]).map(({ memberId }) => memberId);
  t.same(
    holders.filter((name) => !isListed(names.indexOf(name))),
    [],
    'every row is of a member on the list',
  );
});

t.test('a list is followed while every connection of the process waits in the database', async (t) => {
  const server = await startSeonchak({ ...settings, ROLES: 'api' });
  const [shop, door, wallets] = [
    new HttpClient(stays.origin, 1),
    new HttpClient(server.origin, 1),
    new HttpClient(server.origin, CONNECTIONS),
  ];
  const database = await createConnection(mariadb.url);
  t.teardown(async () => {
    for (const client of [shop, door, wallets]) client.close();
    await database.end();
    await server.stop();
  });
  const registered = await shop.call('/v1/coupons', {
    ...{ method: 'POST', token: seller },
    body: { name: 'A list', quantity: 1, eligibility: { audience: true } },
  });
  const path = `/v1/coupons/${String(registered.body['id'])}`;
  const download = () => door.call(`${path}/download`, { method: 'POST', token: tokens[0] ?? '' });
  while ((await download()).body['code'] !== 'not_eligible') await pause(50);

  const rows = { free: false };
  await database.query('lock tables member_coupon write');
  const asking = tokens.slice(0, CONNECTIONS).map(async (token) => {
    while (!rows.free) await wallets.call('/v1/me/coupons', { token });
  });
  const waiting = "select count(*) as count from information_schema.processlist where state like 'Waiting%'";
  for (let count = 0; count < DATABASE_CONNECTIONS;) {
    await pause(20);
    const [[row]] = (await database.query(waiting)) as unknown as [[{ count: number }]];
    count = row.count;
  }
  await shop.call(`${path}/audience`, { method: 'POST', token: seller, body: { add: [names[0]] } });
  // Ends before the first of these connections is given up.
  const giveUpAt = performance.now() + DATABASE_TIMEOUT_MS - 1_500;
  let answer = await download();
  while (answer.status !== 201 && performance.now() < giveUpAt) {
    await pause(50);
    answer = await download();
  }
  t.match(answer, { status: 201, body: { outcome: 'issued' } });
  rows.free = true;
  await database.query('unlock tables');
  await Promise.all(asking);
});

t.test('the longest change of one request is made, and is in the audit log', async (t) => {
  const client = new HttpClient(stays.origin, 1);
  t.teardown(() => client.close());
  // Quotes are two characters each in JSON.
  const rule = (claim: string, length: number) => ({
    claims: { [claim]: Array.from({ length: 16 }, (_, place) => String(place).padStart(length, '"')) },
  });
  const opensAt = new Date(Date.now() + 3_600_000).toISOString();
  for (const length of [26, 27, 36, 64]) {
    const registered = await client.call('/v1/coupons', {
      ...{ method: 'POST', token: seller },
      body: { name: '"'.repeat(200), quantity: 5, opensAt, eligibility: rule('grade', length) },
    });
    t.equal(registered.status, 201, JSON.stringify(registered.body));
    const changed = await client.call(`/v1/coupons/${String(registered.body['id'])}`, {
      ...{ method: 'PATCH', token: seller },
      body: {
        ...{ name: `${'"'.repeat(199)}x`, description: '"'.repeat(300), eligibility: rule('tier', length) },
        image: `https://shop.example/${'x'.repeat(470)}`,
        ...{
          quantity: 6,
          validity: { days: 3_650, zone: 'America/Argentina/ComodRivadavia' },
          holdSeconds: 86_400,
        },
      },
    });
    t.equal(changed.status, 200, JSON.stringify(changed.body));
  }
});
