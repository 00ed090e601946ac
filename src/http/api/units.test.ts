/** Tests several units of a coupon for each member: downloads, wallet, lists, redemptions, limit. */
import t from 'tap';
import { startRedis } from '../../../test/servers/redis.js';
import type { CouponId, HolderId } from '../../engine/domain/coupon.js';
import { openRedisBackEnd } from '../../persist/redis/redis-back-end.js';
import { call } from '../testing/client.js';
import type { Answer, CallOptions } from '../testing/client.js';
import { openShop } from '../testing/shop.js';
import { RequestRefused } from '../wire/problems.js';
import { DoorChecks } from './coupon-door.js';

t.test('a member downloads units by name, and repeating one is no request for another', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ quantity: 10, perMember: 3 });
  const token = await shop.token('m-1');
  const unit = (which: string | number, as = token): Promise<Answer> =>
    call(shop.url, `POST ${path}/units/${which}/download`, { token: as });
  t.match((await call(shop.url, `GET ${path}`)).body, { perMember: 3 });

  const second = await unit(2);
  t.strictSame(
    [second.status, second.body.outcome, second.body.memberId, second.body.unit],
    [201, 'issued', 'm-1', 2],
  );
  const first = await unit(1);
  t.match(first, { status: 201, body: { issueNo: 2, memberId: 'm-1' } });
  t.notOk('unit' in first.body, 'the first unit is not named');
  t.match(await call(shop.url, `POST ${path}/download`, { token }), {
    status: 200,
    body: { outcome: 'already_issued', issueNo: 2 },
  });
  const requests = await Promise.all([unit(2), unit(2), unit(3), unit(3)]);
  t.strictSame(
    requests.map(({ body }) => [body.unit, body.issueNo]),
    [
      [2, 1],
      [2, 1],
      [3, 3],
      [3, 3],
    ],
  );
  t.match(await unit(4), { status: 409, body: { code: 'limit_reached' } });
  for (const text of ['0', '01', '101', '1.0', '1e1', 'x', '%31']) {
    t.match(await unit(text), { status: 404, body: { code: 'not_found' } }, text);
  }
  t.match(await call(shop.url, `POST /v1/coupons/77/units/2/download`, { token }), {
    status: 404,
    body: { code: 'unknown_coupon' },
  });
  t.match(await unit(2, shop.seller), { status: 403, body: { code: 'wrong_role' } });
  t.match(await call(shop.url, `GET ${path}/units/2/download`, { token }), { status: 405 });

  const held = await call(shop.url, `GET ${path}/issuance`, { token });
  t.match(held, { status: 200, body: { outcome: 'issued', issueNo: 2, recorded: true, perMember: 3 } });
  t.match(held.body.units, [
    { unit: 1, issueNo: 2, issuedAt: /Z$/ },
    { unit: 2, issueNo: 1 },
    { unit: 3, issueNo: 3 },
  ]);
  t.match((await call(shop.url, `GET ${path}/stats`, { token: shop.seller })).body, {
    issued: 3,
    recorded: 3,
  });
});

t.test('the limit holds before the opening, and a member with a unit above it gets its number', async (t) => {
  const shop = await openShop(t);
  const opensAt = new Date(Date.now() + 3_600_000).toISOString();
  const closed = await shop.coupon({ opensAt, perMember: 2 });
  const token = await shop.token('m-1');
  const request = (path: string, unit: number, as = token): Promise<Answer> =>
    call(shop.url, `POST ${path}/units/${unit}/download`, { token: as });
  t.match(await request(closed, 3), { status: 409, body: { code: 'limit_reached' } });
  t.match(await request(closed, 2), { status: 409, body: { code: 'not_open' } });

  const plain = await shop.coupon({ quantity: 1 });
  t.match(
    await request(plain, 2),
    { status: 409, body: { code: 'limit_reached' } },
    'one each is the default',
  );
  t.match(await request(plain, 1), { status: 201 });
  t.match(await request(plain, 2), { status: 409, body: { code: 'limit_reached' } }, 'before sold_out');

  const path = await shop.coupon({ quantity: 10, perMember: 3 });
  for (const unit of [1, 3]) t.match(await request(path, unit), { status: 201 });
  const change = (perMember: number) =>
    call(shop.url, `PATCH ${path}`, { token: shop.seller, body: { perMember } });
  t.match(await change(0), { status: 400, body: { code: 'invalid_input' } });
  t.match(await change(101), { status: 400 });
  const lowered = await change(1);
  t.equal(lowered.status, 200);
  t.notOk('perMember' in lowered.body);
  t.match(await request(path, 3), { status: 200, body: { outcome: 'already_issued', issueNo: 2 } });
  t.match(await request(path, 2), { status: 409, body: { code: 'limit_reached' } });
  t.match((await call(shop.url, `GET ${path}/issuance`, { token })).body, {
    perMember: 1,
    units: [{ unit: 1 }, { unit: 3 }],
  });
  t.equal((await change(2)).status, 200);
  t.match(await request(path, 2), { status: 201, body: { issueNo: 3 } });
});

t.test('a seller sees units in lists and exports, and revokes one of them', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ quantity: 10, perMember: 2 });
  const token = await shop.token('m-1');
  for (const unit of [1, 2]) await call(shop.url, `POST ${path}/units/${unit}/download`, { token });
  await shop.request(path, 'm-2');
  const as = (line: string, options: CallOptions = {}): Promise<Answer> =>
    call(shop.url, line, { token: shop.seller, ...options });
  const list = await as(`GET ${path}/issuances`);
  t.match(list.body.items, [{ issueNo: 1 }, { issueNo: 2, memberId: 'm-1', unit: 2 }, { issueNo: 3 }]);
  t.strictSame(
    (list.body.items as object[]).map((item) => 'unit' in item),
    [false, true, false],
  );
  const ofMember = await as(`GET ${path}/issuances?memberId=m-1&limit=1`);
  t.match(ofMember.body, { items: [{ issueNo: 1 }], next: 1 });
  t.match((await as(`GET ${path}/issuances?memberId=m-1&after=1`)).body, {
    items: [{ issueNo: 2 }],
    next: null,
  });
  const csv = await as(`GET ${path}/issuances`, { headers: { Accept: 'text/csv' } });
  t.match(csv.text, /^issue_no,member_id,issued_at,used_at,unit\r\n1,m-1,[^,]+,,1\r\n2,m-1,[^,]+,,2\r\n/);

  t.match(await as(`DELETE ${path}/issuances/2`), { status: 200, body: { memberId: 'm-1', unit: 2 } });
  t.match(await call(shop.url, `POST ${path}/units/2/download`, { token }), {
    status: 201,
    body: { issueNo: 4 },
  });
  const events = await as('GET /v1/events');
  const recorded = (events.body.items as { type: string; issueNo: number; unit?: number }[]).filter(
    ({ type }) => type === 'issuance.recorded',
  );
  t.same(
    recorded.map(({ issueNo, unit }) => [issueNo, unit]),
    [
      [1, undefined],
      [2, 2],
      [3, undefined],
      [4, 2],
    ],
  );
  t.match(
    (events.body.items as { type: string }[]).filter(({ type }) => type === 'issuance.revoked'),
    [{ issueNo: 2, memberId: 'm-1', unit: 2 }],
  );
});

t.test('a wallet pages through units, and a plain number is still a cursor', async (t) => {
  const shop = await openShop(t);
  const token = await shop.token('m-1');
  const [several, single] = [await shop.coupon({ perMember: 2 }), await shop.coupon()];
  for (const unit of [1, 2]) await call(shop.url, `POST ${several}/units/${unit}/download`, { token });
  await shop.request(single, 'm-1');
  const page = async (query: string) =>
    (await call(shop.url, `GET /v1/me/coupons?limit=1${query}`, { token })).body;
  const first = await page('');
  t.match(first, { items: [{ couponId: 1 }], next: '1.1' });
  const second = await page('&after=1.1');
  t.match(second, { items: [{ couponId: 1, unit: 2 }], next: 1 });
  t.match(await page('&after=1'), { items: [{ couponId: 2 }], next: null });
  const seen: unknown[] = [];
  for (let after: string | undefined = '0'; after !== undefined;) {
    const { items, next } = await page(`&order=newest&after=${after}`);
    seen.push(...(items as Answer['body'][]).map(({ couponId, unit }) => [couponId, unit ?? 1]));
    after = typeof next === 'string' ? next : undefined;
  }
  t.equal(seen.length, 3);
  t.same(seen[0], [2, 1]);
});

t.test('a unit is used by its name, and an order by the member uses the next one', async (t) => {
  const shop = await openShop(t);
  const token = await shop.token('m-1');
  const path = await shop.coupon({ perMember: 3 });
  for (const unit of [1, 2, 3]) await call(shop.url, `POST ${path}/units/${unit}/download`, { token });
  const use = (body?: object) =>
    call(shop.url, 'POST /v1/me/coupons/1/use', { token, ...(body && { body }) });
  t.match(await use(), { status: 200, body: { issueNo: 1 } });
  t.match(await use(), { status: 409, body: { code: 'already_used' } }, 'a double press uses one unit');
  t.match(await use({ unit: 3 }), { status: 200, body: { issueNo: 3, unit: 3 } });
  const order = (orderId: string) =>
    call(shop.url, 'POST /v1/members/m-1/coupons/1/redemptions', { token: shop.seller, body: { orderId } });
  t.match(await order('A'), { status: 201, body: { issueNo: 2, unit: 2 } });
  t.match(await order('A'), { status: 200, body: { issueNo: 2 } });
  t.match(await order('B'), { status: 409, body: { code: 'already_used' } });
});

t.test('a shop downloads a unit for its member, and grants give the first one', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ perMember: 2 });
  const as = (line: string, body?: object): Promise<Answer> =>
    call(shop.url, line, { token: shop.seller, ...(body && { body }) });
  const made = await as('POST /v1/keys', { name: 'till', scopes: ['issue', 'read'] });
  const key = String(made.body.key);
  const download = (body: object) =>
    call(shop.url, 'POST /v1/members/m-1/coupons/1/download', { token: key, body });
  t.match(await download({ unit: 2 }), { status: 201, body: { issueNo: 1, unit: 2 } });
  t.match(await download({ unit: 3 }), { status: 409, body: { code: 'limit_reached' } });
  t.match(await download({ unit: 101 }), { status: 400 });
  t.match(await call(shop.url, `POST ${path}/grants`, { token: key, body: { memberIds: ['m-1'] } }), {
    body: { results: [{ outcome: 'issued', issueNo: 2 }] },
  });
  t.match(await call(shop.url, 'GET /v1/members/m-1/coupons/1/issuance', { token: key }), {
    body: {
      perMember: 2,
      units: [
        { unit: 1, issueNo: 2 },
        { unit: 2, issueNo: 1 },
      ],
    },
  });
});

t.test('perMember above 1 is refused until every process knows units', async (t) => {
  const shop = await openShop(t);
  const rules = { size: 0, entries: () => new Map().entries(), refresh: () => Promise.resolve() };
  let allKnow = false;
  const checks = new DoorChecks(
    { verifiesPresence: false, memberClaims: [], rules },
    { registry: shop.services.registry, processes: { allKnowUnits: () => Promise.resolve(allKnow) } },
    Date.now,
  );
  const window = { opensAtMs: undefined, closesAtMs: undefined };
  const refused = (promise: Promise<void>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (fault: unknown) => (fault instanceof RequestRefused ? fault.problem.code : fault),
    );
  t.equal(await refused(checks.refuseNew({ perMember: 2 }, '900', window)), 'upgrade_running');
  await shop.coupon();
  const view = await shop.services.registry.find(1 as CouponId);
  if (view === undefined) throw new Error('there is a coupon');
  t.equal(await refused(checks.refuseChange(view, { perMember: 2 }, window)), 'upgrade_running');
  await checks.refuseChange(view, { perMember: null }, window);
  allKnow = true;
  await checks.refuseNew({ perMember: 2 }, '900', window);
});

t.test(
  'without Redis the units of a member are answered if each has a row, and else not at all',
  async (t) => {
    const redis = await startRedis();
    t.teardown(() => redis.stop());
    const backEnd = await openRedisBackEnd({
      ...{ redisUrls: [redis.url], callDeadlineMs: 2_000, durability: undefined, replicaAcks: 1 },
      onConnectionError: () => undefined,
    });
    t.teardown(() => backEnd.close());
    const shop = await openShop(t, { queued: backEnd });
    const path = await shop.coupon({ quantity: 9, perMember: 2 });
    const couponId = Number(path.split('/').at(-1)) as CouponId;
    const held = async (member: string): Promise<Answer> =>
      call(shop.url, `GET ${path}/issuance`, { token: await shop.token(member) });
    for (const unit of [1, 2]) {
      for (const member of ['both', 'one'])
        await call(shop.url, `POST ${path}/units/${unit}/download`, { token: await shop.token(member) });
    }
    // The second unit of `one` is still on its way to its row.
    const issuances = ['both', 'one', 'both~2'].map((holder, place) => ({
      ...{ issueNo: place + 1, holder: holder as HolderId, issuedAtMs: Date.now() },
    }));
    await shop.services.ledger.record({ couponId, epoch: 1, issuances });
    t.match((await held('one')).body.units, [
      { unit: 1, issueNo: 2, recorded: true },
      { unit: 2, issueNo: 4, recorded: false },
    ]);
    await redis.kill('SIGKILL');
    const units = [
      { unit: 1, issueNo: 1, recorded: true },
      { unit: 2, issueNo: 3, recorded: true },
    ];
    t.match(await held('both'), { status: 200, body: { issueNo: 1, perMember: 2, units } });
    t.match(await held('one'), { status: 503, body: { code: /^(not_ready|outcome_unknown)$/ } });
  },
);
