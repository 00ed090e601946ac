/** Tests holds over HTTP: until when, confirm, release, recall, and their refusals in order. */
import t from 'tap';
import { startRedis } from '../../../test/servers/redis.js';
import type { CouponId, HolderId, MemberId } from '../../engine/domain/coupon.js';
import { openRedisBackEnd } from '../../persist/redis/redis-back-end.js';
import { call } from '../testing/client.js';
import { fromNow, openShop } from '../testing/shop.js';

const shop = await openShop(t);
const seller = shop.seller;

const idOf = (path: string): string => path.split('/').at(-1) ?? '';
const confirm = (path: string, issueNo: number, orderId: string) =>
  call(shop.url, `POST ${path}/issuances/${issueNo}/confirm`, { token: seller, body: { orderId } });
const release = (path: string, issueNo: number) =>
  call(shop.url, `DELETE ${path}/issuances/${issueNo}/hold`, { token: seller });

t.test('an issuance says until when it is held, the first time and ever after', async (t) => {
  const path = await shop.coupon({ holdSeconds: 600 });
  const first = await shop.request(path, 'a');
  t.match(first, { status: 201, body: { outcome: 'issued' } });
  t.equal(Date.parse(String(first.body['confirmBy'])) - Date.parse(String(first.body['issuedAt'])), 600_000);
  const again = await shop.request(path, 'a');
  t.match(again.body, { outcome: 'already_issued', confirmBy: first.body['confirmBy'] }, 'not lengthened');
  t.match((await call(shop.url, `GET ${path}`)).body, { holdSeconds: 600 });
  const granted = await call(shop.url, `POST ${path}/grants`, { token: seller, body: { memberIds: ['b'] } });
  t.match(granted.body, { results: [{ outcome: 'issued', confirmBy: String }] });
  const plain = await shop.request(await shop.coupon(), 'a');
  t.notOk('confirmBy' in plain.body, 'a coupon without holds has nothing to confirm');
});

t.test('what a member holds says until when it can be confirmed, as long as it can', async (t) => {
  const path = await shop.coupon({ holdSeconds: 60, perMember: 2 });
  const token = await shop.token('two');
  await shop.request(path, 'two');
  await call(shop.url, `POST ${path}/units/2/download`, { token });
  const own = async () => (await call(shop.url, `GET ${path}/issuance`, { token })).body;
  const both = await own();
  t.match(both, { confirmBy: String, units: [{ confirmBy: String }, { confirmBy: String }] });
  t.equal(Date.parse(String(both['confirmBy'])) - Date.parse(String(both['issuedAt'])), 60_000);
  await confirm(path, 1, 'A');
  const one = await own();
  t.notOk('confirmBy' in one, 'the first unit is confirmed');
  const units = one['units'] as readonly object[];
  t.same(
    units.map((unit) => 'confirmBy' in unit),
    [false, true],
  );
  await shop.request(await shop.coupon(), 'two');
  const wallet = await call(shop.url, 'GET /v1/me/coupons', { token });
  t.match(wallet.body, { items: [{ state: 'usable', redeemBy: 'member' }, { state: 'held' }, {}] });
});

t.test('the open holds of a coupon are listed for its seller, page by page', async (t) => {
  const path = await shop.coupon({ holdSeconds: 90 });
  for (const name of ['a', 'b', 'c', 'd']) await shop.request(path, name);
  await confirm(path, 2, 'B');
  await release(path, 3);
  const list = (query: string, token = seller) => call(shop.url, `GET ${path}/holds${query}`, { token });
  const first = await list('?limit=1');
  t.match(first, { status: 200, body: { items: [{ issueNo: 1, memberId: 'a' }], next: 1, now: String } });
  const items = first.body['items'] as readonly { confirmBy: string; issuedAt: string }[];
  t.equal(Date.parse(items[0]?.confirmBy ?? '') - Date.parse(items[0]?.issuedAt ?? ''), 90_000);
  t.match((await list('?after=1')).body, { items: [{ issueNo: 4, memberId: 'd' }], next: null });
  t.same((await list('?after=4')).body, { items: [], next: null });
  t.match(await list('', await shop.token('901', 'seller')), { status: 403 });
  const plain = await call(shop.url, `GET ${await shop.coupon()}/holds`, { token: seller });
  t.match(plain, { status: 409, body: { code: 'no_hold' } });
});

t.test('confirmed holds are counted once each in the metrics', async (t) => {
  const confirmed = async (): Promise<number> => {
    const { text } = await call(shop.url, 'GET /metrics');
    return Number(/^seonchak_holds_confirmed_total (\d+)$/m.exec(text)?.[1]);
  };
  const path = await shop.coupon({ holdSeconds: 60 });
  await shop.request(path, 'a');
  const before = await confirmed();
  for (const orderId of ['A', 'A', 'B']) await confirm(path, 1, orderId);
  t.equal((await confirmed()) - before, 1);
});

t.test('a hold is confirmed once, redeemed afterwards, and shown in wallet and stats', async (t) => {
  const path = await shop.coupon({ holdSeconds: 60 });
  await shop.request(path, 'buyer');
  const token = await shop.token('buyer');
  const mine = (name: string): string => `/v1/me/coupons/${idOf(path)}/${name}`;
  const use = () => call(shop.url, `POST ${mine('use')}`, { token, body: { orderId: 'U' } });
  t.match(await use(), { status: 409, body: { code: 'not_confirmed' } });
  const wallet = () => call(shop.url, 'GET /v1/me/coupons?state=held', { token });
  t.match((await wallet()).body, { items: [{ state: 'held', confirmBy: String }] });
  const body = { orderId: 'A-1' };
  const confirmed = await call(shop.url, `POST ${mine('confirm')}`, { token, body });
  t.match(confirmed, {
    status: 200,
    body: { issueNo: 1, memberId: 'buyer', orderId: 'A-1', confirmedAt: String },
  });
  t.same((await confirm(path, 1, 'A-1')).body, confirmed.body, 'the same order, the same answer');
  t.match(await confirm(path, 1, 'A-2'), { status: 409, body: { code: 'confirmed_by_other_order' } });
  t.match(await release(path, 1), { status: 409, body: { code: 'already_confirmed' } });
  t.match(await use(), { status: 200 });
  t.match((await wallet()).body, { items: [] });
  const stats = await call(shop.url, `GET ${path}/stats`, { token: seller });
  t.match(stats.body, {
    ...{ recorded: 1, held: 0, confirmed: 1 },
    takenBack: { expired: 0, released: 0, recalled: 0 },
  });
});

t.test('the figures of a coupon count what was taken back, by reason', async (t) => {
  const path = await shop.coupon({ quantity: 9, holdSeconds: 60 });
  const figures = async () => (await call(shop.url, `GET ${path}/stats`, { token: seller })).body;
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await shop.request(path, name);
  await confirm(path, 1, 'A');
  await release(path, 2);
  await call(shop.url, `DELETE /v1/me/coupons/${idOf(path)}/hold`, { token: await shop.token('c') });
  await call(shop.url, `DELETE ${path}/issuances/4`, { token: seller });
  const { holdLedger } = shop.services;
  const due = [{ issueNo: 5, holder: 'e' as HolderId }];
  await holdLedger.revokeMany(Number(idOf(path)) as CouponId, 1, due, 'hold_expired');
  t.match(await figures(), { held: 1, confirmed: 1, takenBack: { expired: 1, released: 2, recalled: 0 } });
  await call(shop.url, `POST ${path}/pause`, { token: seller });
  await call(shop.url, `POST ${path}/recall`, { token: seller, body: {} });
  t.match(await figures(), { held: 0, confirmed: 1, takenBack: { expired: 1, released: 2, recalled: 1 } });
  const plain = await call(shop.url, `GET ${await shop.coupon()}/stats`, { token: seller });
  t.notOk('takenBack' in plain.body, 'a coupon without holds has none');
});

t.test('a released unit is in stock at once, and the release may be repeated', async (t) => {
  // Also of a coupon that only the shop redeems: its members confirm nothing, and may give up what they hold.
  const path = await shop.coupon({ quantity: 1, holdSeconds: 60, redeemBy: 'seller' });
  await shop.request(path, 'a');
  t.match((await shop.request(path, 'b')).body, { code: 'sold_out' });
  const token = await shop.token('a');
  const own = () => call(shop.url, `DELETE /v1/me/coupons/${idOf(path)}/hold`, { token });
  const released = { status: 200, body: { issueNo: 1, released: true, remaining: 1 } };
  t.match(await own(), released);
  t.match(await own(), released);
  t.match(await release(path, 1), released);
  t.match(await confirm(path, 1, 'A'), {
    status: 410,
    body: { code: 'hold_expired', issueNo: 1, reason: 'hold_released' },
  });
  t.match((await shop.request(path, 'b')).body, { outcome: 'issued', issueNo: 2 });
});

t.test('refusals come in their order', async (t) => {
  const plain = await shop.coupon();
  await shop.request(plain, 'a');
  t.match(await confirm(plain, 1, 'A'), { status: 409, body: { code: 'no_hold' } });
  t.match(await release(plain, 1), { status: 409, body: { code: 'no_hold' } });
  const path = await shop.coupon({ holdSeconds: 60, redeemBy: 'seller' });
  await shop.request(path, 'a');
  t.match(await confirm('/v1/coupons/999', 1, 'A'), { status: 404, body: { code: 'unknown_coupon' } });
  t.match(await confirm(path, 2, 'A'), { status: 404, body: { code: 'not_issued' } });
  const token = await shop.token('a');
  const own = await call(shop.url, `POST /v1/me/coupons/${idOf(path)}/confirm`, {
    token,
    body: { orderId: 'A' },
  });
  t.match(own, { status: 403, body: { code: 'redeem_at_shop' } });
  const outsider = await shop.token('901', 'seller');
  const theirs = { token: outsider, body: { orderId: 'A' } };
  t.match(await call(shop.url, `POST ${path}/issuances/1/confirm`, theirs), {
    status: 403,
    body: { code: 'forbidden' },
  });
  for (const body of [{}, { orderId: '' }, { orderId: 'x y' }, { orderId: 'A', more: 1 }]) {
    const answer = await call(shop.url, `POST ${path}/issuances/1/confirm`, { token: seller, body });
    t.match(answer, { status: 400, body: { code: 'invalid_input' } });
  }
});

t.test('the length of a hold is fixed shortly before the coupon opens', async (t) => {
  for (const holdSeconds of [29, 86_401, 60.5, '60']) {
    const body = { name: 'A coupon', quantity: 1, holdSeconds };
    t.match(await call(shop.url, 'POST /v1/coupons', { token: seller, body }), { status: 400 });
  }
  const change = (path: string, body: object) => call(shop.url, `PATCH ${path}`, { token: seller, body });
  const later = await shop.coupon({ holdSeconds: 60, opensAt: fromNow(3_600_000) });
  t.match(await change(later, { holdSeconds: 90 }), { status: 200, body: { holdSeconds: 90 } });
  t.match(await change(later, { holdSeconds: null }), { status: 200, body: { holdSeconds: null } });
  t.match(await change(later, { holdSeconds: 60, opensAt: fromNow(1_000) }), {
    body: { code: 'hold_fixed' },
  });
  const open = await shop.coupon({ holdSeconds: 60 });
  t.match(await change(open, { holdSeconds: 90 }), { status: 409, body: { code: 'hold_fixed' } });
  t.match(await change(open, { holdSeconds: null }), { status: 409, body: { code: 'hold_fixed' } });
  t.match(await change(open, { holdSeconds: 60, name: 'Named' }), { status: 200 }, 'no change of the hold');
  t.match(await change(await shop.coupon(), { holdSeconds: 60 }), { body: { code: 'hold_fixed' } });
});

t.test('a recall takes back what is neither used nor confirmed, of a coupon that is stopped', async (t) => {
  const path = await shop.coupon({ quantity: 5 });
  for (const name of ['a', 'b', 'c']) await shop.request(path, name);
  const token = await shop.token('a');
  await call(shop.url, `POST /v1/me/coupons/${idOf(path)}/use`, { token });
  const recall = (body: object) => call(shop.url, `POST ${path}/recall`, { token: seller, body });
  t.match(await recall({ dryRun: true }), { status: 200, body: { recalled: 0, unused: 2, next: null } });
  t.match(await recall({}), { status: 409, body: { code: 'recall_while_open' } });
  await call(shop.url, `POST ${path}/pause`, { token: seller });
  t.match(await recall({}), {
    status: 200,
    body: { recalled: 2, unused: 0, unrecorded: 0, next: null, remaining: 4 },
  });
  t.match(await recall({}), { body: { recalled: 0, remaining: 4 } }, 'a repeat');
  await call(shop.url, `POST ${path}/resume`, { token: seller });
  t.match((await shop.request(path, 'b')).body, { outcome: 'issued', issueNo: 4 }, 'b may win anew');
  t.match((await shop.request(path, 'a')).body, { outcome: 'already_issued', issueNo: 1 }, 'a has used it');
});

t.test('a coupon that was paused and gets a later opening can be recalled', async (t) => {
  const path = await shop.coupon({ quantity: 5 });
  await shop.request(path, 'a');
  const opensAt = new Date(Date.now() + 86_400_000).toISOString();
  const recall = () => call(shop.url, `POST ${path}/recall`, { token: seller, body: {} });
  await call(shop.url, `POST ${path}/pause`, { token: seller });
  t.match(await call(shop.url, `PATCH ${path}`, { token: seller, body: { opensAt } }), {
    body: { state: 'scheduled' },
  });
  t.match(await recall(), { status: 200, body: { recalled: 1, remaining: 5 } });
  await call(shop.url, `POST ${path}/resume`, { token: seller });
  t.match(await recall(), { status: 409, body: { code: 'recall_while_open' } });
});

t.test('an ended hold ends no newer one, whose row is on its way', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const backEnd = await openRedisBackEnd({
    ...{ redisUrls: [redis.url], callDeadlineMs: 2_000, durability: undefined, replicaAcks: 1 },
    onConnectionError: () => undefined,
  });
  t.teardown(() => backEnd.close());
  const queued = await openShop(t, { queued: backEnd });
  const path = await queued.coupon({ quantity: 5, holdSeconds: 600, perMember: 2 });
  const token = await queued.token('a');
  const own = `/v1/me/coupons/${idOf(path)}`;
  const first = await queued.request(path, 'a');
  const issuance = {
    issueNo: 1,
    holder: 'a' as MemberId,
    issuedAtMs: Date.parse(String(first.body['issuedAt'])),
  };
  const couponId = Number(idOf(path)) as CouponId;
  await queued.services.ledger.record({ couponId, epoch: 1, issuances: [issuance] });
  const give = () => call(queued.url, `DELETE ${own}/hold`, { token });
  t.match(await give(), { status: 200, body: { issueNo: 1, released: true } });
  t.match(await give(), { status: 200, body: { issueNo: 1, released: true } }, 'a repeat');
  const confirmOwn = (body: object) => call(queued.url, `POST ${own}/confirm`, { token, body });
  t.match(await confirmOwn({ orderId: 'A' }), { status: 410, body: { code: 'hold_expired' } });

  t.match(await call(queued.url, `POST ${path}/units/2/download`, { token }), { body: { issueNo: 2 } });
  t.match(
    await confirmOwn({ orderId: 'A' }),
    { status: 503, body: { code: 'not_recorded' } },
    'the other unit',
  );
  t.match(await confirmOwn({ orderId: 'A', unit: 1 }), { status: 410, body: { code: 'hold_expired' } });
  t.match(await queued.request(path, 'a'), { body: { outcome: 'issued', issueNo: 3 } });
  t.match(await give(), { status: 503, body: { code: 'not_recorded' } }, 'number 3 is still held');
});
