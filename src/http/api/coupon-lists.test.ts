import t from 'tap';
import { call } from '../testing/client.js';
import { fromNow, openShop } from '../testing/shop.js';

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
  await shop.request('/v1/coupons/2', 'm-1');
  await shop.request('/v1/coupons/4', 'm-1');
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
