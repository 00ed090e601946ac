import t from 'tap';
import { call } from '../testing/client.js';
import { fromNow, openShop } from '../testing/shop.js';

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
  for (const member of ['a', 'b']) await shop.request(path, member);
  const cut = await call(shop.url, `PATCH ${path}`, { token: shop.seller, body: { quantity: 1 } });
  t.match(cut, { status: 409, body: { code: 'quantity_below_issued', issued: 2 } });
  const exact = await call(shop.url, `PATCH ${path}`, { token: shop.seller, body: { quantity: 2 } });
  t.match(exact, { status: 200, body: { state: 'sold_out', remaining: 0 } });
  t.match(await shop.request(path, 'c'), { body: { code: 'sold_out' } });
  await call(shop.url, `PATCH ${path}`, { token: shop.seller, body: { quantity: 3 } });
  t.match(await shop.request(path, 'c'), { status: 201, body: { issueNo: 3 } }, 'a top-up counts at once');
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
  await shop.request(path, 'someone');
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
