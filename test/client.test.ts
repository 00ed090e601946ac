/** Tests the typed client against a running server, as an external program uses it. */
import { spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { downloadUntilDefinite } from '../examples/download.js';
import { fromNow, openShop } from '../src/http/testing/shop.js';
import {
  confirmHold,
  createSeonchakClient,
  follow,
  followEvents,
  downloadNext,
  pressUntilDefinite,
  releaseHold,
  verifyWebhook,
} from '@seonchak/client';
import type { FollowOptions } from '@seonchak/client';

const root = fileURLToPath(new URL('../', import.meta.url));
const shop = await openShop(t);
const seller = createSeonchakClient({ baseUrl: shop.url, token: shop.seller });

function member(name: string) {
  return createSeonchakClient({ baseUrl: shop.url, token: () => shop.token(name) });
}

async function register(fields: {
  quantity: number;
  opensAt?: string;
  perMember?: number;
  holdSeconds?: number;
}): Promise<number> {
  const { data } = await seller.POST('/v1/coupons', { body: { name: 'Typed', ...fields } });
  return data?.id ?? 0;
}

t.test('the types are those of the API as it is now', async (t) => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/client-types.js', '--check'], {
    cwd: root,
  });
  t.equal(status, 0, String(stderr));
});

t.test('the example shows one member the number, and the next that it is sold out', async (t) => {
  const couponId = await register({ quantity: 1 });
  t.equal(await downloadUntilDefinite(member('1'), couponId), `Yours: number 1 of coupon ${couponId}.`);
  t.equal(await downloadUntilDefinite(member('1'), couponId), `Yours: number 1 of coupon ${couponId}.`);
  t.equal(await downloadUntilDefinite(member('2'), couponId), 'The coupon is sold out.');
  const opensAt = fromNow(3_600_000);
  const later = await register({ quantity: 1, opensAt });
  t.equal(await downloadUntilDefinite(member('1'), later), `It opens at ${opensAt}.`);
  const outsider = createSeonchakClient({ baseUrl: shop.url, token: 'no token' });
  t.equal(await downloadUntilDefinite(outsider, couponId), 'A valid access token is required.');
});

t.test('what anyone may see needs no token', async (t) => {
  const anyone = createSeonchakClient({ baseUrl: `${shop.url}/` });
  const { data } = await anyone.GET('/v1/coupons', { params: { query: { limit: 1 } } });
  t.equal(data?.items.length, 1);
  t.equal(data?.items[0]?.state, 'sold_out');
});

t.test('a refusal is a value with its stable code', async (t) => {
  const { data, error } = await seller.PATCH('/v1/coupons/{id}', {
    params: { path: { id: 999 } },
    body: { quantity: 2 },
  });
  t.equal(data, undefined);
  t.equal(error?.code, 'unknown_coupon');
});

t.test('a press whose answers are lost is repeated until it is definite', async (t) => {
  const couponId = await register({ quantity: 1 });
  let requests = 0;
  const lossy = async (request: Request): Promise<Response> => {
    requests += 1;
    const response = await fetch(request);
    if (requests === 1) throw new TypeError('the connection broke');
    if (requests === 2) return new Response('{}', { status: 503, headers: { 'Retry-After': '0' } });
    return response;
  };
  const client = createSeonchakClient({ baseUrl: shop.url, token: () => shop.token('1'), fetch: lossy });
  t.match(await pressUntilDefinite(client, couponId), {
    status: 'held',
    issuance: { outcome: 'already_issued', issueNo: 1 },
  });
  t.equal(requests, 3);
  t.match(await pressUntilDefinite(member('2'), couponId), {
    status: 'refused',
    problem: { code: 'sold_out' },
  });
  const down = createSeonchakClient({
    baseUrl: shop.url,
    fetch: async () => Promise.reject(new TypeError('refused')),
  });
  t.same(await pressUntilDefinite(down, couponId, { timeoutMs: 300 }), { status: 'unknown' });
  const stopped = AbortSignal.abort(new Error('the member left'));
  await t.rejects(pressUntilDefinite(down, couponId, { signal: stopped }), { message: 'the member left' });
});

t.test('what a proxy answers instead of a server is a problem with a code', async (t) => {
  const couponId = await register({ quantity: 1 });
  const page = '<html><body>nginx</body></html>';
  const behind = (status: number, body: string | null = page, headers: Record<string, string> = {}) =>
    createSeonchakClient({
      baseUrl: shop.url,
      fetch: () => Promise.resolve(new Response(body, { status, headers })),
    });
  const path = { params: { path: { id: couponId } } };
  for (const [status, body, code] of [
    [502, page, 'unreachable'],
    [504, '{"message":"timeout"}', 'unreachable'],
    [503, null, 'unreachable'],
    [429, page, 'rate_limited'],
    [413, page, 'unexpected'],
  ] as const) {
    const { data, error } = await behind(status, body).GET('/v1/coupons/{id}', path);
    t.equal(data, undefined);
    t.match(error, { code, status }, `status ${status}`);
  }
  t.match(await pressUntilDefinite(behind(403), couponId), {
    status: 'refused',
    problem: { code: 'unexpected' },
  });
  await t.rejects(confirmHold(behind(403), { couponId, issueNo: 1 }, 'order-1'), {
    message: 'unexpected: Status 403 from a proxy, not from Seonchak',
  });
  const late = behind(502, page, { 'Retry-After': '600' });
  t.same(await pressUntilDefinite(late, couponId, { timeoutMs: 5_000 }), { status: 'unknown' });
});

t.test('downloadNext takes the lowest free unit, over lost answers, until the member has all', async (t) => {
  const couponId = await register({ quantity: 9, perMember: 3 });
  let requests = 0;
  const lossy = async (request: Request): Promise<Response> => {
    requests += 1;
    const response = await fetch(request);
    if (requests % 2 === 0) throw new TypeError('the connection broke');
    return response;
  };
  const client = createSeonchakClient({ baseUrl: shop.url, token: () => shop.token('1'), fetch: lossy });
  await pressUntilDefinite(member('1'), couponId, { unit: 2 });
  t.match(await downloadNext(client, couponId), { status: 'held', unit: 1, issuance: { issueNo: 2 } });
  t.match(await downloadNext(client, couponId), {
    status: 'held',
    unit: 3,
    issuance: { issueNo: 3, unit: 3 },
  });
  t.same(await downloadNext(client, couponId), { status: 'full' });
  t.match(await downloadNext(member('2'), 999), { status: 'refused', problem: { code: 'unknown_coupon' } });
  const down = createSeonchakClient({
    baseUrl: shop.url,
    fetch: async () => Promise.reject(new TypeError('refused')),
  });
  t.same(await downloadNext(down, couponId, { timeoutMs: 300 }), { status: 'unread' });
});

t.test('a hold is confirmed for its order, or given back, over lost answers', async (t) => {
  const couponId = await register({ quantity: 5, perMember: 2, holdSeconds: 600 });
  const lossy = (token: () => string | Promise<string>) => {
    let requests = 0;
    return createSeonchakClient({
      ...{ baseUrl: shop.url, token },
      // Every first answer is lost after it was carried out.
      fetch: async (request: Request): Promise<Response> => {
        requests += 1;
        const response = await fetch(request);
        if (requests % 2 === 1) throw new TypeError('the connection broke');
        return response;
      },
    });
  };
  const backend = lossy(() => shop.seller);
  const buyer = lossy(() => shop.token('buyer'));
  const request = async (unit: number) => {
    const requested = await pressUntilDefinite(buyer, couponId, { unit });
    if (requested.status !== 'held') throw new Error(`unit ${unit} was not issued`);
    t.equal(typeof requested.issuance.confirmBy, 'string', 'until when it is held');
    return { couponId, issueNo: requested.issuance.issueNo };
  };
  const first = await request(1);
  t.match(await confirmHold(backend, first, 'A-1'), {
    status: 'confirmed',
    confirmation: { orderId: 'A-1', issueNo: first.issueNo },
  });
  t.match(await releaseHold(backend, first), { status: 'confirmed' });
  await t.rejects(confirmHold(backend, first, 'A-2'), {
    name: 'SeonchakError',
    problem: { code: 'confirmed_by_other_order' },
  });
  const second = await request(2);
  t.same(await releaseHold(buyer, { couponId, own: true, unit: 2 }), { status: 'released', remaining: 4 });
  t.same(await confirmHold(backend, second, 'A-3'), { status: 'expired' });
  const third = await request(2);
  t.match(await confirmHold(buyer, { couponId, own: true, unit: 2 }, 'A-4'), {
    status: 'confirmed',
    confirmation: { issueNo: third.issueNo, unit: 2 },
  });
  await t.rejects(releaseHold(backend, { couponId, issueNo: 99 }), {
    name: 'SeonchakError',
    problem: { code: 'not_issued' },
  });
  const down = createSeonchakClient({
    baseUrl: shop.url,
    fetch: async () => Promise.reject(new TypeError('refused')),
  });
  const brief = { timeoutMs: 300 };
  t.same(await confirmHold(down, first, 'A-1', brief), { status: 'unknown' });
  t.same(await releaseHold(down, first, brief), { status: 'unknown' });
});

t.test('a follower gets each winner once, over pages, lost answers and a restart', async (t) => {
  const couponId = await register({ quantity: 10 });
  const request = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from + 1 }, (_, place) =>
        pressUntilDefinite(member(`m-${from + place}`), couponId),
      ),
    );
  await request(1, 5);
  let requests = 0;
  const lossy = async (request: Request): Promise<Response> => {
    requests += 1;
    if (requests % 2 === 1) throw new TypeError('the connection broke');
    return fetch(request);
  };
  const follower = createSeonchakClient({ baseUrl: shop.url, token: shop.seller, fetch: lossy });
  const numbers: number[] = [];
  let stored = 0;
  const read = async (options: FollowOptions<number>): Promise<void> => {
    for await (const { issuances, frontier } of follow(follower, couponId, { after: stored, ...options })) {
      numbers.push(...issuances.map(({ issueNo }) => issueNo));
      stored = frontier;
      if (numbers.length === 10) return;
    }
  };
  await read({ once: true, limit: 2 });
  t.same([numbers, stored], [[1, 2, 3, 4, 5], 5]);
  const waiting = read({ pauseMs: 20 });
  await request(6, 10);
  await waiting;
  t.same(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const outsider = createSeonchakClient({ baseUrl: shop.url, token: 'no token' });
  const refusal = await follow(outsider, couponId)
    .next()
    .catch((error: unknown) => error);
  t.match(refusal, { name: 'SeonchakError', problem: { code: 'unauthenticated' } });
});

t.test('a webhook is verified by its bytes, its time and any of two secrets', async (t) => {
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const body = JSON.stringify({ couponId: 42, events: [{ type: 'issuance.recorded', issueNo: 1 }] });
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const sign = (text: string, key = secret, id = 'msg_1', at = timestamp): string =>
    `v1,${createHmac('sha256', Buffer.from(key.slice(6), 'base64'))
      .update(`${id}.${at}.${text}`)
      .digest('base64')}`;
  const headers = (signature: string, at = timestamp) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': at,
    'webhook-signature': signature,
  });
  t.match(await verifyWebhook({ secret, headers: headers(sign(body)), body }), {
    id: 'msg_1',
    body: { couponId: 42 },
  });
  const bytes = Buffer.from(body);
  const other = `whsec_${randomBytes(24).toString('base64')}`;
  const rotating = `v1a,x v1,%% ${sign(body, other)} ${sign(body)}`;
  await t.resolves(verifyWebhook({ secret: [other, secret], headers: headers(rotating), body: bytes }));
  await t.resolves(verifyWebhook({ secret, headers: new Headers(headers(sign(body))), body }));

  const rejected = (reason: string, options: Parameters<typeof verifyWebhook>[0]) =>
    t.rejects(verifyWebhook(options), { name: 'WebhookRejected', reason }, reason);
  await rejected('signature_wrong', { secret, headers: headers(sign(body)), body: `${body} ` });
  await rejected('signature_wrong', { secret: other, headers: headers(sign(body)), body });
  await rejected('signature_wrong', { secret, headers: headers(''.padEnd(50, 'v1,')), body });
  const old = String(Number(timestamp) - 301);
  await rejected('timestamp_too_far', {
    secret,
    headers: headers(sign(body, secret, 'msg_1', old), old),
    body,
  });
  await rejected('timestamp_too_far', { secret, headers: headers(sign(body), 'now'), body });
  await rejected('header_missing', { secret, headers: { 'webhook-id': 'msg_1' }, body });
  await rejected('body_not_json', { secret, headers: headers(sign('{')), body: '{' });
});

t.test('a follower of events continues where it stopped, over lost answers', async (t) => {
  const couponId = await register({ quantity: 5 });
  await Promise.all(['e-1', 'e-2', 'e-3'].map((name) => pressUntilDefinite(member(name), couponId)));
  let requests = 0;
  const lossy = async (request: Request): Promise<Response> => {
    requests += 1;
    if (requests % 2 === 1) throw new TypeError('the connection broke');
    return fetch(request);
  };
  const follower = createSeonchakClient({ baseUrl: shop.url, token: shop.seller, fetch: lossy });
  const numbers: (number | undefined)[] = [];
  let stored: string | undefined;
  const read = async (limit: number): Promise<void> => {
    const options = { after: stored, limit, once: true, kinds: ['issuance.recorded'] as const };
    for await (const { events, cursor } of followEvents(follower, options)) {
      numbers.push(...events.filter((event) => event.couponId === couponId).map(({ issueNo }) => issueNo));
      stored = cursor;
    }
  };
  await read(2);
  await pressUntilDefinite(member('e-4'), couponId);
  // A row may follow its answer; without it the test ends at its time limit.
  while (numbers.length < 4) await read(500);
  t.same(numbers, [1, 2, 3, 4]);
});
