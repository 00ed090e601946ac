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

t.test('what is not changed stays, and null takes a bound away', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ opensAt: fromNow(-60_000), closesAt: fromNow(60_000) });
  const before = (await call(shop.url, `GET ${path}`)).body;
  const amend = (body: object) => call(shop.url, `PATCH ${path}`, { token: shop.seller, body });

  t.strictSame((await amend({ name: 'Renamed' })).body, { ...before, name: 'Renamed' });
  t.match(await amend({ quantity: 20, closesAt: null }), {
    status: 200,
    body: { quantity: 20, remaining: 20, closesAt: null, opensAt: before.opensAt },
  });
  t.match(await amend({ opensAt: null }), { status: 200, body: { opensAt: null, state: 'open' } });
  t.match(await amend({}), { status: 400, body: { code: 'invalid_input' } });
  t.match(await amend({ quantity: null }), { status: 400, body: { code: 'invalid_input' } });
  t.match(await amend({ state: 'open' }), { status: 400, body: { errors: [{ field: 'state' }] } });
  t.match(await amend({ opensAt: fromNow(10_000) }), { status: 200, body: { state: 'scheduled' } });
  t.match(
    await amend({ closesAt: fromNow(5_000) }),
    { status: 400, body: { code: 'window_invalid' } },
    'against the stored bound',
  );
});

t.test('a quantity below what is issued is refused, and says how many are', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ quantity: 3 });
  for (const member of ['a', 'b']) await shop.press(path, member);
  const cut = await call(shop.url, `PATCH ${path}`, { token: shop.seller, body: { quantity: 1 } });
  t.match(cut, { status: 409, body: { code: 'quantity_below_issued', issued: 2 } });
  const exact = await call(shop.url, `PATCH ${path}`, { token: shop.seller, body: { quantity: 2 } });
  t.match(exact, { status: 200, body: { state: 'sold_out', remaining: 0 } });
  t.match(await shop.press(path, 'c'), { body: { code: 'sold_out' } });
  await call(shop.url, `PATCH ${path}`, { token: shop.seller, body: { quantity: 3 } });
  t.match(await shop.press(path, 'c'), { status: 201, body: { issueNo: 3 } }, 'a top-up counts at once');
});

t.test('a closed coupon takes no change but closing again', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  t.match(await call(shop.url, `POST ${path}/close`, { token: shop.seller }), {
    status: 200,
    body: { state: 'closed' },
  });
  t.match(await call(shop.url, `POST ${path}/close`, { token: shop.seller }), { status: 200 });
  t.match(await call(shop.url, `POST ${path}/resume`, { token: shop.seller }), {
    status: 409,
    body: { code: 'closed' },
  });
  const topUp = await call(shop.url, `PATCH ${path}`, { token: shop.seller, body: { quantity: 50 } });
  t.match(topUp, { status: 409, body: { code: 'closed' } });
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
  await shop.press(path, 'm-1');
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
  for (const member of ['a', 'b', 'c']) await shop.press(path, member);
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

t.test('the list is searched by name and dates, and sorted by opening', async (t) => {
  const shop = await openShop(t);
  const opening = (hours: number) => fromNow(hours * 3_600_000);
  await shop.coupon({ name: 'Summer SALE', opensAt: opening(5) });
  await shop.coupon({ name: '여름 세일' });
  await shop.coupon({ name: 'Winter sale', opensAt: opening(2) });
  await shop.coupon({ name: '100% off_now', opensAt: opening(9) });
  const list = async (query: string) => {
    const { body } = await call(shop.url, `GET /v1/coupons?${query}`);
    return {
      ids: (body.items as { id: number }[]).map(({ id }) => id),
      next: body.next as number | string | null,
    };
  };
  t.strictSame((await list('q=sale')).ids, [1, 3]);
  t.strictSame((await list(`q=${encodeURIComponent('세일')}`)).ids, [2]);
  t.strictSame((await list('q=%25')).ids, [4], 'a percent sign is a character');
  t.strictSame((await list('q=_')).ids, [4]);
  t.strictSame((await list('q=sale&sort=-id&limit=1')).ids, [3]);
  t.strictSame(await list('q=nothing'), { ids: [], next: null });
  t.strictSame((await list('sort=-id')).ids, [4, 3, 2, 1]);
  for (const [sort, ids] of [
    ['opensAt', [2, 3, 1, 4]],
    ['-opensAt', [4, 1, 3, 2]],
  ] as const) {
    const read: number[] = [];
    for (let after: number | string | null = 0; after !== null;) {
      const page = await list(`sort=${sort}&limit=1&after=${after}`);
      read.push(...page.ids);
      after = page.next;
    }
    t.strictSame(read, ids, sort);
  }
  const bounds = `opensFrom=${opening(1)}&opensBefore=${opening(6)}`;
  t.strictSame((await list(bounds)).ids, [1, 3]);
  t.strictSame((await list(`createdFrom=${opening(-1)}`)).ids, [1, 2, 3, 4]);
  t.strictSame((await list(`createdBefore=${opening(-1)}`)).ids, []);
  for (const query of [
    'q=',
    'q=%00',
    'sort=name',
    'sort=',
    'opensFrom=today',
    'createdBefore=2026-11-22',
    'after=.1',
    'after=5.1',
    'after=1&sort=opensAt',
    'after=x&sort=opensAt',
    'after=-5.1&sort=opensAt',
    'after=5.1&sort=-opensAt',
    'after=-1&sort=id',
    'after=1&sort=-id',
    'after=.1&sort=-opensAt',
  ]) {
    const answer = await call(shop.url, `GET /v1/coupons?${query}`);
    t.match(
      answer,
      { status: 400, body: { code: 'invalid_input', errors: [{ field: query.split('=')[0] }] } },
      query,
    );
  }
});

t.test('the list goes in pages, and by state', async (t) => {
  const shop = await openShop(t);
  for (let n = 0; n < 5; n++) await shop.coupon({ quantity: 1 });
  await shop.press('/v1/coupons/2', 'm-1');
  await shop.press('/v1/coupons/4', 'm-1');
  const list = async (query: string) => {
    const { body } = await call(shop.url, `GET /v1/coupons?${query}`);
    return { ids: (body.items as { id: number }[]).map(({ id }) => id), next: body.next };
  };
  t.strictSame(await list('limit=2'), { ids: [1, 2], next: 2 });
  t.strictSame(await list('limit=2&after=2'), { ids: [3, 4], next: 4 });
  t.strictSame(await list('limit=2&after=4'), { ids: [5], next: null });
  t.strictSame(await list('state=sold_out'), { ids: [2, 4], next: null });
  const open = await list('state=open&limit=1');
  t.strictSame(open.ids, [1]);
  t.strictSame((await list(`state=open&limit=1&after=${String(open.next)}`)).ids, [3]);
  for (const query of [
    'limit=0',
    'limit=1000000000',
    'limit=1001',
    'limit=ten',
    'limit=-1',
    'limit=1e2',
    'limit=',
    'limit=5&limit=6',
    'after=-1',
    'after=x',
    'state=gone',
    'page=2',
    '__proto__=1',
  ]) {
    const answer = await call(shop.url, `GET /v1/coupons?${query}`);
    t.match(
      answer,
      { status: 400, body: { code: 'invalid_input', errors: [{ field: query.split('=')[0] }] } },
      query,
    );
  }
});

t.test(
  'ten sessions that change a coupon as they read it: one is in time, the others learn it',
  async (t) => {
    const shop = await openShop(t);
    const path = await shop.coupon({ quantity: 100 });
    const read = await call(shop.url, `GET ${path}`);
    const etag = String(read.headers.etag);
    const changes = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        call(shop.url, `PATCH ${path}`, {
          token: shop.seller,
          body: { quantity: 110 + index },
          headers: { 'if-match': etag },
        }),
      ),
    );
    const [made, ...others] = changes.filter(({ status }) => status === 200);
    t.same(others, []);
    t.same(
      changes.filter(({ status }) => status !== 200).map(({ body }) => body['code']),
      Array.from({ length: 9 }, () => 'changed_meanwhile'),
    );
    const after = await call(shop.url, `GET ${path}`);
    t.equal(after.body['quantity'], made?.body['quantity']);
    t.not(after.headers.etag, etag);
    t.equal(after.headers.etag, made?.headers.etag, 'the answer has the new tag');

    for (const command of ['pause', 'resume', 'close']) {
      const send = (tag: string) =>
        call(shop.url, `POST ${path}/${command}`, { token: shop.seller, headers: { 'if-match': tag } });
      t.match(await send(etag), { status: 412, body: { code: 'changed_meanwhile' } }, command);
      const now = await call(shop.url, `GET ${path}`);
      t.equal((await send(String(now.headers.etag))).status, 200, command);
    }
  },
);

t.test('a press does not change the tag, and any revision matches a star', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ quantity: 5 });
  const before = (await call(shop.url, `GET ${path}`)).headers.etag;
  await shop.press(path, 'someone');
  t.equal((await call(shop.url, `GET ${path}`)).headers.etag, before);
  const headers = { 'if-match': '*' };
  t.equal((await call(shop.url, `POST ${path}/pause`, { token: shop.seller, headers })).status, 200);
  const weak = { 'if-match': `W/${String(before)}` };
  t.equal((await call(shop.url, `POST ${path}/pause`, { token: shop.seller, headers: weak })).status, 412);
});

t.test('ten top-ups at once all count, and one that is repeated counts once', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ quantity: 100 });
  const topUp = (by: unknown, key?: string) =>
    call(shop.url, `POST ${path}/top-up`, {
      token: shop.seller,
      body: { by },
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });
  await Promise.all(Array.from({ length: 10 }, () => topUp(10)));
  t.equal((await call(shop.url, `GET ${path}`)).body['quantity'], 200);
  const keyed = await Promise.all(Array.from({ length: 10 }, () => topUp(10, 'delivery-7')));
  t.same(
    keyed.map(({ status, body }) => [status, body['quantity']]),
    keyed.map(() => [200, 210]),
    'every repeat is answered the same',
  );
  t.match(await topUp(11, 'delivery-7'), { status: 422, body: { code: 'key_reused' } });
  t.match(await topUp(10, 'a b'), { status: 400, body: { code: 'invalid_input' } });
  for (const by of [0, -1, 1.5, '10', null, 1e21, 1_000_000_000]) {
    t.match(await topUp(by), { status: 400, body: { code: 'invalid_input' } }, String(by));
  }
  t.equal((await call(shop.url, `GET ${path}`)).body['quantity'], 210);
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

  await shop.press(String(again.headers.location), 'someone');
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
