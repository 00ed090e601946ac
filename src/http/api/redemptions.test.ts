import t from 'tap';
import { call } from '../testing/client.js';
import type { Answer, CallOptions } from '../testing/client.js';
import { fromNow, openShop } from '../testing/shop.js';

t.test('a shop redeems under a number or a member, repeats, cancels, and reads the history', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ validity: { days: 30, zone: 'Asia/Seoul' } });
  await shop.request(path, 'm-1');
  const as = (line: string, options: CallOptions = {}): Promise<Answer> =>
    call(shop.url, line, { token: shop.seller, ...options });
  const redeem = (orderId: string, where = `${path}/issuances/1`) =>
    as(`POST ${where}/redemptions`, { body: { orderId } });

  const first = await redeem('A-1');
  t.match(first, {
    status: 201,
    body: {
      couponId: 1,
      issueNo: 1,
      memberId: 'm-1',
      orderId: 'A-1',
      redeemedAt: /Z$/,
      expiresAt: /T15:00:00\.000Z$/,
    },
  });
  t.strictSame(await redeem('A-1').then(({ status, body }) => ({ status, body })), {
    status: 200,
    body: first.body,
  });
  t.strictSame((await redeem('A-1', '/v1/members/m-1/coupons/1')).body, first.body);
  t.match(await redeem('A-2'), { status: 409, body: { code: 'already_used' } });
  t.match((await as(`GET ${path}/stats`)).body, { recorded: 1, redeemed: 1 });

  const cancel = () => as(`DELETE ${path}/issuances/1/redemptions/A-1`);
  const cancelled = await cancel();
  t.match(cancelled, { status: 200, body: { ...first.body, cancelledAt: /Z$/, state: 'usable' } });
  t.strictSame((await cancel()).body, cancelled.body);
  t.strictSame((await as('DELETE /v1/members/m-1/coupons/1/redemptions/A-1')).body, cancelled.body);
  t.match(await redeem('A-1'), { status: 409, body: { code: 'redemption_cancelled' } });
  t.equal((await redeem('A:2')).status, 201);
  t.match((await as(`GET ${path}/issuances/1/redemptions`)).body.items, [
    { orderId: 'A:2', cancelledAt: null, by: { kind: 'seller', id: '900' } },
    { orderId: 'A-1', cancelledAt: /Z$/ },
  ]);
  t.match((await as('DELETE /v1/members/m-1/coupons/1/redemptions/A%3A2')).body, { orderId: 'A:2' });

  const { text: metrics } = await call(shop.url, 'GET /metrics');
  const counted = (outcome: string): string | undefined =>
    new RegExp(`^seonchak_redemptions_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(metrics)?.[1];
  t.same(['redeemed', 'repeated', 'cancelled', 'already_used', 'redemption_cancelled'].map(counted), [
    ...['2', '2', '4', '1', '1'],
  ]);

  for (const order of ['A-9', '%20', '%', 'x'.repeat(65)]) {
    t.match(
      await as(`DELETE ${path}/issuances/1/redemptions/${order}`),
      { status: 404, body: { code: 'not_redeemed' } },
      order,
    );
  }
  for (const number of ['2', '01', '0', 'x']) {
    t.match(
      await redeem('A', `${path}/issuances/${number}`),
      { status: 404, body: { code: 'not_issued' } },
      number,
    );
  }
  t.match(await redeem('A', '/v1/coupons/77/issuances/1'), { status: 404, body: { code: 'unknown_coupon' } });
  t.match(await redeem('A', '/v1/members/m-2/coupons/1'), { status: 404, body: { code: 'not_issued' } });
  t.match(await redeem('A', '/v1/members/m-1/coupons/077'), {
    status: 404,
    body: { code: 'unknown_coupon' },
  });
  t.match(await redeem('A', '/v1/members/%00/coupons/1'), { status: 400, body: { code: 'invalid_member' } });
  t.match(await redeem('A', '/v1/members/%ff/coupons/1'), { status: 400, body: { code: 'invalid_member' } });
  const outsider = { token: await shop.token('901', 'seller') };
  t.match(await as(`POST ${path}/issuances/1/redemptions`, { ...outsider, body: { orderId: 'A' } }), {
    status: 403,
    body: { code: 'forbidden' },
  });
  t.match(await as(`GET ${path}/issuances/1/redemptions`, outsider), { status: 403 });
  t.match(
    await as(`POST ${path}/issuances/1/redemptions`, {
      token: await shop.token('m-1'),
      body: { orderId: 'A' },
    }),
    { status: 403, body: { code: 'wrong_role' } },
  );
  for (const body of [
    {},
    { orderId: '' },
    { orderId: 'a b' },
    { orderId: 'x'.repeat(65) },
    { orderId: '\u0000' },
    { orderId: 7 },
    [],
  ]) {
    t.match(
      await as(`POST ${path}/issuances/1/redemptions`, { body }),
      { status: 400, body: { code: 'invalid_input' } },
      JSON.stringify(body),
    );
  }
});

t.test('a member uses a coupon with an order or without one, unless only the shop redeems', async (t) => {
  const shop = await openShop(t);
  const [open, guarded] = [await shop.coupon(), await shop.coupon({ redeemBy: 'seller', onCancel: 'void' })];
  for (const path of [open, guarded]) await shop.request(path, 'm-1');
  const token = await shop.token('m-1');
  const use = (id: number, body?: object | string) =>
    call(shop.url, `POST /v1/me/coupons/${id}/use`, { token, ...(body === undefined ? {} : { body }) });

  t.match(await use(2, { orderId: 'A' }), { status: 403, body: { code: 'redeem_at_shop' } });
  const shopUse = await call(shop.url, `POST ${guarded}/issuances/1/redemptions`, {
    token: shop.seller,
    body: { orderId: 'A' },
  });
  t.equal(shopUse.status, 201);
  t.match(await use(2, { orderId: 'A' }), { status: 200, body: { orderId: 'A' } });
  t.match(await call(shop.url, `DELETE ${guarded}/issuances/1/redemptions/A`, { token: shop.seller }), {
    body: { state: 'used' },
  });
  t.match(await use(2), { status: 409, body: { code: 'already_used' } });

  for (const body of ['[]', '"x"', '7', '{"order":"A"}', '{"orderId":null}']) {
    t.match(await use(1, body), { status: 400, body: { code: 'invalid_input' } }, body);
  }
  t.match(await use(1, '{'), { status: 400, body: { code: 'invalid_json' } });
  const used = await use(1, '{}');
  t.match(used, { status: 200, body: { couponId: 1, usedAt: /Z$/, orderId: /^use:/ } });
  const { orderId } = used.body;
  t.strictSame((await use(1, { orderId })).body, used.body, 'the order that was answered may be repeated');
  t.match(await use(1), { status: 409, body: { code: 'already_used' } });
  t.match(
    await call(shop.url, `DELETE ${open}/issuances/1/redemptions/${String(orderId)}`, { token: shop.seller }),
    { status: 200, body: { state: 'usable' } },
    'and the shop can cancel it',
  );
});

t.test('validity: what is given, what is refused, and what may be changed', async (t) => {
  const shop = await openShop(t);
  const body = (validity: unknown) => ({ name: 'A', quantity: 2, validity });
  const refused = [
    { until: fromNow(1_000), hours: 2 },
    { hours: 0 },
    { hours: 87_601 },
    { hours: 1.5 },
    { days: 3 },
    { days: 0, zone: 'UTC' },
    { days: 3_651, zone: 'UTC' },
    { days: 1, zone: 'Mars/Base' },
    { days: 1, zone: '+09:00' },
    {},
    7,
    { until: 'tomorrow' },
  ];
  for (const validity of refused) {
    const answer = await call(shop.url, 'POST /v1/coupons', { token: shop.seller, body: body(validity) });
    t.match(answer, { status: 400, body: { code: 'invalid_input' } }, JSON.stringify(validity));
  }
  const path = await shop.coupon({ validity: { hours: 1 } });
  const change = (fields: object) => call(shop.url, `PATCH ${path}`, { token: shop.seller, body: fields });
  t.match((await call(shop.url, `GET ${path}`)).body, {
    validity: { hours: 1 },
    onCancel: 'restore',
    redeemBy: 'member',
  });
  const act = (what: string) => call(shop.url, `POST ${path}/${what}`, { token: shop.seller });
  const pauseFirst = { status: 409, body: { code: 'pause_first' } };
  t.match(
    await change({ validity: { until: '2030-01-01T00:00:00Z' } }),
    pauseFirst,
    'a member may get it now',
  );
  await act('pause');
  t.match(
    (await change({ validity: { until: '2030-01-01T00:00:00Z' } })).body,
    { validity: { until: '2030-01-01T00:00:00.000Z' } },
    'nothing is issued yet',
  );
  t.match((await change({ validity: { hours: 2 }, onCancel: 'void', name: 'B' })).body, {
    name: 'B',
    validity: { hours: 2 },
    onCancel: 'void',
  });
  await change({ opensAt: fromNow(60_000) });
  await act('resume');
  t.match(
    await change({ validity: { hours: 1 }, opensAt: null }),
    pauseFirst,
    'it would open with the change',
  );
  t.match(await change({ opensAt: fromNow(4_000) }), { status: 200 });
  t.match(await change({ validity: { hours: 1 } }), pauseFirst, 'it opens in a moment');
  t.match(await change({ opensAt: null }), { status: 200 });
  await shop.request(path, 'm-1');
  t.match(await change({ validity: { hours: 1 }, name: 'C' }), {
    status: 409,
    body: { code: 'validity_shortened' },
  });
  t.match((await call(shop.url, `GET ${path}`)).body, { name: 'B' }, 'a refused change changes nothing');
  t.match((await change({ validity: { hours: 3 }, redeemBy: 'seller' })).body, {
    validity: { hours: 3 },
    onCancel: 'void',
    redeemBy: 'seller',
  });
  t.match((await change({ validity: null })).body, { validity: null });
  t.match(await change({ validity: { hours: 87_600 } }), {
    status: 409,
    body: { code: 'validity_shortened' },
  });
  t.strictSame((await call(shop.url, `GET ${path}`)).body, (await change({ quantity: 10 })).body);
});

t.test('If-Match guards the rules of redemption, alone and beside the terms', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ validity: { hours: 1 }, quantity: 5 });
  const read = (): Promise<Answer> => call(shop.url, `GET ${path}`);
  const change = (body: object, etag?: Answer['headers'][string]): Promise<Answer> =>
    call(shop.url, `PATCH ${path}`, {
      ...{ token: shop.seller, body },
      ...(etag === undefined ? {} : { headers: { 'if-match': String(etag) } }),
    });
  let { etag } = (await read()).headers;
  for (const fields of [
    { validity: { hours: 2 } },
    { onCancel: 'void' },
    { redeemBy: 'seller' },
    { validity: { days: 2, zone: 'Asia/Seoul' }, quantity: 6 },
    { validity: null },
  ]) {
    const about = JSON.stringify(fields);
    const changed = await change(fields, etag);
    t.match(changed, { status: 200, body: fields }, about);
    t.not(changed.headers.etag, etag, about);
    const now = await read();
    t.strictSame([now.headers.etag, now.body], [changed.headers.etag, changed.body], about);
    const stale = { onCancel: 'restore', redeemBy: 'member', validity: { hours: 9 } };
    for (const late of [stale, { ...stale, quantity: 9 }]) {
      t.match(await change(late, etag), { status: 412, body: { code: 'changed_meanwhile' } }, about);
    }
    t.strictSame((await read()).body, now.body, about);
    t.equal((await change(fields)).headers.etag, now.headers.etag, `the same again: ${about}`);
    etag = now.headers.etag;
  }
  await shop.request(path, 'm-1');
  await shop.request(path, 'm-2');
  const before = (await read()).body;
  t.match(await change({ onCancel: 'restore', quantity: 1 }), {
    status: 409,
    body: { code: 'quantity_below_issued' },
  });
  t.strictSame((await read()).body, before, 'terms that are refused take the rules with them');
});

t.test(
  'an expired coupon is refused with its expiry, and a wallet shows names, states and orders',
  async (t) => {
    const shop = await openShop(t);
    const discount = { type: 'percent', value: 10 };
    const paths = [
      await shop.coupon({ name: 'Old', validity: { until: '2020-01-01T00:00:00Z' } }),
      await shop.coupon({ name: 'New', discount }),
      await shop.coupon({ name: 'Third' }),
    ];
    for (const path of paths) await shop.request(path, 'm-1');
    const token = await shop.token('m-1');
    t.match(await call(shop.url, 'POST /v1/me/coupons/1/use', { token, body: { orderId: 'A' } }), {
      status: 409,
      body: { code: 'coupon_expired', expiresAt: '2020-01-01T00:00:00.000Z' },
    });
    await call(shop.url, 'POST /v1/me/coupons/2/use', { token, body: { orderId: 'A' } });
    const wallet = async (query = '') => (await call(shop.url, `GET /v1/me/coupons${query}`, { token })).body;
    const { items, next } = await wallet();
    t.match(items, [
      {
        couponId: 1,
        name: 'Old',
        discount: null,
        expiresAt: '2020-01-01T00:00:00.000Z',
        state: 'expired',
        orderId: null,
      },
      { couponId: 2, name: 'New', discount, expiresAt: null, state: 'used', orderId: 'A', usedAt: /Z$/ },
      { couponId: 3, state: 'usable' },
    ]);
    t.equal(next, null);
    const ids = (page: Answer['body']) =>
      (page.items as { couponId: number }[]).map(({ couponId }) => couponId);
    t.strictSame(ids(await wallet('?state=usable')), [3]);
    t.strictSame(ids(await wallet('?state=used')), [2]);
    const newest = await wallet('?order=newest&limit=2');
    t.strictSame(ids(newest), [3, 2]);
    t.match(newest.next, /^-\d+\.2$/);
    const older = await wallet(`?order=newest&limit=2&after=${String(newest.next)}`);
    t.strictSame([ids(older), older.next], [[1], null]);
    for (const query of [
      '?state=old',
      '?order=oldest',
      '?after=x',
      '?after=1.2.3',
      '?order=newest&after=5',
      '?order=newest&after=5.2',
      `?after=${String(newest.next)}`,
      '?after=01',
    ]) {
      t.match(
        await call(shop.url, `GET /v1/me/coupons${query}`, { token }),
        { status: 400, body: { code: 'invalid_input' } },
        query,
      );
    }
  },
);
