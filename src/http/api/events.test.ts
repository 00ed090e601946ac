import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { FEED_PLACE_EVERY_MS } from '../../engine/domain/limits.js';
import { eventAnswer } from '../openapi/feed-answers.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { call } from '../testing/client.js';
import { openShop } from '../testing/shop.js';

const shop = await openShop(t);
const as = (line: string, token = shop.seller, body?: object) =>
  call(shop.url, line, { token, ...(body === undefined ? {} : { body }) });

t.test('a seller follows its coupons from a cursor, page by page', async (t) => {
  const path = await shop.coupon({ quantity: 2 });
  for (const member of ['m1', 'm2', 'm3']) await shop.request(path, member);
  await as(`POST ${path}/issuances/1/redemptions`, shop.seller, { orderId: 'A-1' });
  await as(`DELETE ${path}/issuances/1/redemptions/A-1`);
  await as(`DELETE ${path}/issuances/2`);
  await as(`POST ${path}/close`);

  const types: unknown[] = [];
  let cursor = '0';
  for (let more = true; more;) {
    const { status, body } = await as(`GET /v1/events?limit=2&after=${cursor}`);
    t.equal(status, 200);
    for (const item of body['items'] as { type: string }[]) types.push(item.type);
    more = body['next'] !== null;
    t.ok(!more || body['next'] === body['cursor'], 'while there is more, the next page begins at the cursor');
    cursor = String(body['cursor']);
  }
  t.same(types, [
    'issuance.recorded',
    'issuance.recorded',
    'coupon.closed',
    'redemption.made',
    'redemption.cancelled',
    'issuance.revoked',
  ]);
  const couponId = Number(path.split('/').at(-1));
  const { body } = await as('GET /v1/events?kinds=redemption.cancelled,issuance.recorded&limit=1000');
  t.match(body, {
    items: [
      {
        id: `iss_${couponId}_1`,
        type: 'issuance.recorded',
        couponId,
        issueNo: 1,
        memberId: 'm1',
        issuedAt: /Z$/,
      },
      { issueNo: 2 },
      { type: 'redemption.cancelled', issueNo: 1, orderId: 'A-1', cancelledAt: /Z$/, restored: true },
    ],
    next: null,
  });
});

t.test('every field of an event is described, so generated clients have it', async (t) => {
  const path = await shop.coupon({ quantity: 3, holdSeconds: 600 });
  for (const member of ['h1', 'h2', 'h3']) await shop.request(path, member);
  await as(`DELETE ${path}/issuances/1/hold`);
  const couponId = Number(path.split('/').at(-1)) as CouponId;
  const [record] = await shop.services.catalogue.find([couponId]);
  const rows = await shop.services.ledger.rows(couponId, 1, 1);
  await shop.services.holdLedger.revokeMany(couponId, record?.epoch ?? 0, rows, 'hold_expired');
  // The events of a seller get their places this often.
  await pause(FEED_PLACE_EVERY_MS + 50);
  const { body } = await as('GET /v1/events?limit=1000');
  const items = body['items'] as readonly { readonly type: string; readonly couponId: number }[];
  t.same(
    items.filter((item) => item.couponId === couponId).map(({ type }) => type),
    [...Array<string>(3).fill('issuance.recorded'), 'issuance.revoked', 'hold.expired'],
  );
  for (const item of items) t.same(eventAnswer.strict().parse(item), item);
});

t.test('only sellers, keys with the scope read, and input of the described form', async (t) => {
  const { body } = await as('POST /v1/keys', shop.seller, { name: 'reader', scopes: ['read'] });
  t.match(await as('GET /v1/events', String(body['key'])), { status: 200 });
  const { body: till } = await as('POST /v1/keys', shop.seller, { name: 'till', scopes: ['redeem'] });
  t.match(await as('GET /v1/events', String(till['key'])), { status: 403, body: { code: 'scope_missing' } });
  t.match(await as('GET /v1/events', await shop.token('m1')), { status: 403, body: { code: 'wrong_role' } });
  t.match(await as('GET /v1/events', await shop.token('901', 'seller')), { body: { items: [], next: null } });
  for (const query of ['after=x', 'after=01', 'after=1.0', 'after=-1', 'kinds=all', 'kinds=', 'limit=0']) {
    t.match(await as(`GET /v1/events?${query}`), { status: 400, body: { code: 'invalid_input' } }, query);
  }
});
