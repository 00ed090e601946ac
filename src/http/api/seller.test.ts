import t from 'tap';
import { call, exchangeBytes } from '../testing/client.js';
import { fromNow, openShop } from '../testing/shop.js';

t.test('a coupon shows what was registered, by the list and by its id', async (t) => {
  const shop = await openShop(t);
  const opensAt = '2030-01-01T09:00:00+09:00';
  const { status, body, headers } = await call(shop.url, 'POST /v1/coupons', {
    token: shop.seller,
    body: { name: '  치킨 50% ', quantity: 5, opensAt, discount: { type: 'percent', value: 50 } },
  });
  t.equal(status, 201);
  t.equal(headers.location, '/v1/coupons/1');
  const { createdAt, ...rest } = body;
  t.strictSame(rest, {
    id: 1,
    sellerId: 900,
    name: '치킨 50%',
    quantity: 5,
    remaining: 5,
    issued: 0,
    state: 'scheduled',
    discount: { type: 'percent', value: 50 },
    opensAt: '2030-01-01T00:00:00.000Z',
    closesAt: null,
    validity: null,
    onCancel: 'restore',
    redeemBy: 'member',
    holdSeconds: null,
    image: null,
    description: null,
  });
  t.ok(Math.abs(Date.parse(String(createdAt)) - Date.now()) < 60_000);
  t.strictSame((await call(shop.url, 'GET /v1/coupons/1')).body, body);
  t.strictSame((await call(shop.url, 'GET /v1/coupons')).body, { items: [body], next: null });
});

t.test('a seller of an outside identity provider keeps their id as it is', async (t) => {
  const shop = await openShop(t);
  for (const [sellerId, shown] of [
    ['shop-7', 'shop-7'],
    ['007', '007'],
    ['1234567890123456', '1234567890123456'],
    ['123456789012345', 123_456_789_012_345],
  ] as const) {
    const token = await shop.token(sellerId, 'seller');
    const { body } = await call(shop.url, 'POST /v1/coupons', { token, body: { name: 'x', quantity: 1 } });
    t.equal(body.sellerId, shown);
  }
});

t.test('a coupon that cannot be is refused with the field named', async (t) => {
  const shop = await openShop(t);
  const register = (body: object | string) =>
    call(shop.url, 'POST /v1/coupons', { token: shop.seller, body });
  const good = { name: 'x', quantity: 1 };
  const faults: readonly (readonly [field: string, body: object | string])[] = [
    ['quantity', { ...good, quantity: 0 }],
    ['quantity', { ...good, quantity: -1 }],
    ['quantity', { ...good, quantity: 1.5 }],
    ['quantity', '{"name":"x","quantity":1e21}'],
    ['quantity', { ...good, quantity: 1_000_000_001 }],
    ['quantity', { ...good, quantity: '10' }],
    ['quantity', { ...good, quantity: null }],
    ['quantity', { name: 'x' }],
    ['name', { ...good, name: '   ' }],
    ['name', { ...good, name: 'x'.repeat(201) }],
    ['name', { ...good, name: 'a\u0000b' }],
    ['opensAt', { ...good, opensAt: '2030-01-01T00:00:00' }],
    ['opensAt', { ...good, opensAt: '2030-02-30T00:00:00Z' }],
    ['opensAt', { ...good, opensAt: 1_893_456_000 }],
    ['opensAt', { ...good, opensAt: '1969-12-31T23:59:59Z' }],
    ['closesAt', { ...good, closesAt: 'tomorrow' }],
    ['discount.type', { ...good, discount: { type: 'half', value: 1 } }],
    ['discount.value', { ...good, discount: { type: 'percent', value: 101 } }],
    ['discount.value', { ...good, discount: { type: 'amount', value: 0.5 } }],
    ['discount.per', { ...good, discount: { type: 'amount', value: 5, per: 'day' } }],
    ['qantity', { ...good, qantity: 1 }],
    ['__proto__', '{"name":"x","quantity":1,"__proto__":{"quantity":5}}'],
    ['', '[]'],
    ['', 'null'],
  ];
  for (const [field, body] of faults) {
    const answer = await register(body);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    t.match(answer, { status: 400, body: { code: 'invalid_input' } }, text.slice(0, 70));
    const errors = answer.body.errors as { field: string }[];
    t.ok(
      errors.some((error) => error.field === field),
      `${field} is named in ${JSON.stringify(errors)}`,
    );
  }
  for (const closesAt of [fromNow(60_000), fromNow(30_000)]) {
    const answer = await register({ ...good, opensAt: fromNow(60_000), closesAt });
    t.match(answer, { status: 400, body: { code: 'window_invalid' } });
  }
  t.strictSame(
    (await call(shop.url, 'GET /v1/coupons')).body,
    { items: [], next: null },
    'none of them exists',
  );
});

t.test('JSON that two readers could understand differently is refused', async (t) => {
  const shop = await openShop(t);
  const register = (body: string | Buffer, type?: string) =>
    call(shop.url, 'POST /v1/coupons', {
      token: shop.seller,
      body,
      headers: type === undefined ? {} : { 'content-type': type },
    });
  for (const body of [
    '',
    '{',
    'name=x&quantity=1',
    '{"name":"x","quantity":1,"quantity":5}',
    '{"name":"x","quantity":1,"quant\\u0069ty":5}',
    '{"name":"x","quantity":1,"discount":{"type":"amount","value":1,"value":2}}',
    `{"name":"x","quantity":1,"discount":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
    Buffer.from([...Buffer.from('{"name":"'), 0xc3, 0x28, ...Buffer.from('","quantity":1}')]),
    '{"name":"x","quantity":NaN}',
    "{'name':'x','quantity':1}",
  ]) {
    t.match(await register(body), { status: 400, body: { code: 'invalid_json' } }, String(body).slice(0, 60));
  }
  const good = '{"name":"x: \\"y\\", {","quantity":1}';
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    t.match(await register(good, type), { status: 415, body: { code: 'unsupported_media_type' } });
  }
  for (const type of [undefined, 'application/json', 'application/json; charset=utf-8', 'Application/JSON']) {
    t.match(await register(good, type), { status: 201, body: { name: 'x: "y", {' } });
  }
});

const sellerRoutes = (path: string): [line: string, body?: object][] => [
  [`PATCH ${path}`, { name: 'mine now' }],
  [`POST ${path}/pause`],
  [`POST ${path}/resume`],
  [`POST ${path}/close`],
  [`GET ${path}/stats`],
  [`GET ${path}/issuances`],
  [`DELETE ${path}/issuances/1`],
];

t.test("another seller's coupon is seen by all and touched by none", async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  await shop.request(path, 'm-1');
  const before = (await call(shop.url, `GET ${path}`)).text;
  const other = await shop.token('901', 'seller');
  const member = await shop.token('900');
  for (const [line, body] of sellerRoutes(path)) {
    const options = body === undefined ? {} : { body };
    t.match(
      await call(shop.url, line, { ...options, token: other }),
      { status: 403, body: { code: 'forbidden' } },
      line,
    );
    t.match(
      await call(shop.url, line, { ...options, token: member }),
      { status: 403, body: { code: 'wrong_role' } },
      line,
    );
    t.match(await call(shop.url, line, options), { status: 401, body: { reason: 'token_missing' } }, line);
    const nowhere = line.replace(path, '/v1/coupons/77');
    t.match(
      await call(shop.url, nowhere, { ...options, token: shop.seller }),
      { status: 404, body: { code: 'unknown_coupon' } },
      nowhere,
    );
  }
  t.equal((await call(shop.url, `GET ${path}`)).text, before);
});

t.test('statistics add up', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ quantity: 5 });
  for (const member of ['a', 'b', 'c']) await shop.request(path, member);
  t.strictSame((await call(shop.url, `GET ${path}/stats`, { token: shop.seller })).body, {
    quantity: 5,
    issued: 3,
    remaining: 2,
    queued: 0,
    claimed: 0,
    recorded: 3,
    redeemed: 0,
    deadLettered: 0,
  });
});

t.test('a registration whose answer was lost is repeated with its key and found, not doubled', async (t) => {
  const shop = await openShop(t);
  const body = JSON.stringify({ name: 'Registered once', quantity: 3 });
  const send = (key: string | undefined, text = body, token = shop.seller) =>
    call(shop.url, 'POST /v1/coupons', {
      token,
      body: text,
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });

  // Its answer is thrown away with the connection.
  const head = [
    'POST /v1/coupons HTTP/1.1',
    'Host: shop',
    `Authorization: Bearer ${shop.seller}`,
    'Idempotency-Key: drop-7',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
  await exchangeBytes(Number(new URL(shop.url).port), [head], () => true);

  const repeats = await Promise.all(Array.from({ length: 5 }, () => send('drop-7')));
  const ids = new Set(repeats.map(({ body: coupon }) => coupon['id']));
  t.equal(ids.size, 1, 'every repeat names one coupon');
  t.same(new Set(repeats.map(({ status }) => status)), new Set([200]));
  const again = await send('drop-7');
  t.equal(again.status, 200);
  t.equal(again.headers.location, `/v1/coupons/${String(again.body['id'])}`);
  t.match((await call(shop.url, 'GET /v1/coupons?limit=1000')).body['items'], { length: 1 });

  await shop.request(String(again.headers.location), 'someone');
  t.match(await send('drop-7'), { status: 200, body: { issued: 1, remaining: 2 } }, 'as it is now');
  const other = body.replace('3', '4');
  t.match(await send('drop-7', other), { status: 422, body: { code: 'key_reused' } });
  t.match(await send('two words'), { status: 400, body: { code: 'invalid_input' } });
  t.match(
    await send('drop-7', body, await shop.token('901', 'seller')),
    { status: 201 },
    'a key of each seller',
  );
  t.equal((await send(undefined)).status, 201);
  t.equal((await send(undefined)).status, 201, 'without a key every request is a new coupon');
});
