/**
 * Tests demands for presence as operators and members use them: real stores, API processes on several "hosts", the
 * command line.
 */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { HttpClient } from './clients/http-client.js';
import type { HttpAnswer } from './clients/http-client.js';
import { runSeonchak } from './clients/seonchak-command.js';
import { signToken } from './clients/tokens.js';
import { startMariadb } from './servers/mariadb.js';
import { startRedis } from './servers/redis.js';
import { startSeonchak, TEST_SECRET } from './servers/seonchak.js';
import { startTcpProxy } from './servers/tcp-proxy.js';

/** The promise is a second; a busy machine gets more. */
const PATIENCE_MS = 15_000;

const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
const settings = {
  REDIS_URL: redis.url,
  MYSQL_URL: mariadb.url,
  JWT_SECRET: TEST_SECRET,
  PRESENCE_SECRET: 'a-secret-of-the-waiting-room-61b0f2',
};
const servers = [
  await startSeonchak(settings),
  await startSeonchak({ ...settings, ROLES: 'api' }),
  await startSeonchak({ ...settings, ROLES: 'api', PROCESSES: '2' }),
];
t.teardown(() => Promise.all(servers.map((server) => server.stop())));
const clients = servers.map((server) => new HttpClient(server.origin, 8));
t.teardown(() => clients.forEach((client) => client.close()));
const [here, there] = clients;
if (here === undefined || there === undefined) throw new Error('no clients');
const seller = await signToken('shop-1', 'seller');

async function register(client: HttpClient, more: object): Promise<number> {
  const body = { name: 'A drop', quantity: 100, ...more };
  const answer = await client.call('/v1/coupons', { method: 'POST', token: seller, body });
  if (answer.status !== 201) throw new Error(`not registered: ${JSON.stringify(answer.body)}`);
  return Number(answer.body['id']);
}

async function request(client: HttpClient, couponId: number, member: string, ticket?: string) {
  return client.call(`/v1/coupons/${couponId}/download`, {
    method: 'POST',
    token: await signToken(member, 'member'),
    ...(ticket === undefined ? {} : { headers: { 'X-Presence-Ticket': ticket } }),
  });
}

const change = (couponId: number, presenceRequired: boolean) =>
  here.call(`/v1/coupons/${couponId}`, { method: 'PATCH', token: seller, body: { presenceRequired } });

async function everywhere(ask: (client: HttpClient) => Promise<HttpAnswer>, status: number) {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    // Several of each: behind a shared port they reach different processes.
    const answers = await Promise.all([...clients, ...clients, ...clients].map(ask));
    if (answers.every((answer) => answer.status === status) || performance.now() > giveUpAt) return answers;
    await pause(50);
  }
}

t.test(
  'a coupon that is registered with the demand is never given without a ticket, on any process',
  async (t) => {
    const issued = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const couponId = await register(here, { presenceRequired: true });
        const answers = await Promise.all(
          clients.flatMap((client) => Array.from({ length: 4 }, () => request(client, couponId, 'bot'))),
        );
        for (const answer of answers) t.match(answer, { status: 403, body: { code: 'presence_required' } });
        return (await there.call(`/v1/coupons/${couponId}`, {})).body['issued'];
      }),
    );
    t.same(new Set(issued), new Set([0]));
  },
);

t.test('guessing the next id while sellers register gets a bot nothing', async (t) => {
  const before = await register(here, {});
  const guesses = Array.from({ length: 8 }, (_, place) => before + 1 + place);
  let allRegistered = false;
  const hammering = clients.flatMap((client) =>
    guesses.map(async (couponId) => {
      for (;;) {
        const isLast = allRegistered;
        const answer = await request(client, couponId, 'bot');
        // Until the coupon is there; 404 before.
        if (answer.status !== 404 || isLast) return answer;
      }
    }),
  );
  const registered = await Promise.all(
    guesses.map((_, place) => register(place % 2 === 0 ? here : there, { presenceRequired: true })),
  );
  allRegistered = true;
  t.same(
    registered.sort((a, b) => a - b),
    guesses,
  );
  for (const answer of await Promise.all(hammering)) {
    t.match(answer, { status: 403, body: { code: 'presence_required' } });
  }
});

t.test('put up later it holds everywhere within moments, and so does lifting it', async (t) => {
  const couponId = await register(here, {});
  for (const client of clients) t.ok([200, 201].includes((await request(client, couponId, 'm-1')).status));
  t.match(await change(couponId, true), { status: 200, body: { presenceRequired: true } });
  t.match(
    await request(here, couponId, 'm-2'),
    { status: 403 },
    'in force here when the seller gets the answer',
  );
  await everywhere((client) => request(client, couponId, 'm-1'), 403);
  for (const client of clients) t.match(await request(client, couponId, 'late'), { status: 403 });
  t.equal((await change(couponId, false)).status, 200);
  await everywhere((client) => request(client, couponId, 'm-1'), 200);
  for (const client of clients) t.match(await request(client, couponId, 'm-1'), { status: 200 });
});

t.test('a ticket of the command line opens its coupon to its member on every process', async (t) => {
  const couponId = await register(here, { presenceRequired: true });
  const ticketOf = async (...words: string[]): Promise<string> => {
    const { stdout } = await runSeonchak(['tokens', '--presence', String(couponId), ...words], settings);
    return stdout.trim();
  };
  const ticket = await ticketOf('--prefix', 'm-', '--first', '5');
  const answers = await Promise.all(clients.map((client) => request(client, couponId, 'm-5', ticket)));
  t.equal(answers.filter(({ status }) => status === 201).length, 1);
  t.same(new Set(answers.map(({ body }) => body['issueNo'])), new Set([1]));
  for (const client of clients) {
    t.match(await request(client, couponId, 'm-6', ticket), {
      status: 403,
      body: { code: 'presence_mismatch' },
    });
  }
  const late = await ticketOf('--prefix', 'm-', '--first', '5', '--expires-in', '1s');
  let answer = await request(there, couponId, 'm-7', late);
  t.match(answer, { status: 403, body: { code: 'presence_mismatch' } });
  // Valid for a second more, or not any more: a winner gets the same answer.
  answer = await request(there, couponId, 'm-5', late);
  t.match(answer, { status: 200, body: { outcome: 'already_issued', issueNo: 1 } });
});

t.test('the demand of a new coupon holds on a process that cannot reach the database', async (t) => {
  const proxy = await startTcpProxy(mariadb.port);
  t.teardown(() => proxy.stop());
  const MYSQL_URL = mariadb.url.replace(`:${mariadb.port}/`, `:${proxy.port}/`);
  const cut = await startSeonchak({ ...settings, MYSQL_URL, ROLES: 'api' });
  t.teardown(() => cut.stop());
  const client = new HttpClient(cut.origin, 4);
  t.teardown(() => client.close());
  const open = await register(here, {});
  t.match(await request(client, open, 'm-1'), { status: 201 });
  proxy.behave({ requests: 'hold', replies: 'hold' });
  const couponId = await register(here, { presenceRequired: true });
  t.match(await request(client, couponId, 'bot'), { status: 503, body: { code: 'not_ready' } });
  t.match(await request(client, open, 'm-2'), { status: 201 }, 'what was known goes on');
  proxy.behave({});
  const giveUpAt = performance.now() + PATIENCE_MS;
  let answer = await request(client, couponId, 'bot');
  while (answer.status === 503 && performance.now() < giveUpAt) {
    await pause(50);
    answer = await request(client, couponId, 'bot');
  }
  t.match(answer, { status: 403, body: { code: 'presence_required' } });
});

t.test('the demand is in the audit log', async (t) => {
  const couponId = await register(here, { presenceRequired: true });
  await change(couponId, false);
  const { stdout } = await runSeonchak(['audit', '--json'], settings);
  const { entries } = JSON.parse(stdout) as { entries: { target: string; detail: object }[] };
  const own = entries.filter(({ target }) => target === `coupon ${couponId}`);
  t.match(own, [{ detail: { door: { presence: true } } }, { detail: { door: { presence: null } } }]);
});
