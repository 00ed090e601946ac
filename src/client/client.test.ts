/** Tests the typed client against a running server, as an external program uses it. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { downloadUntilDefinite } from '../../examples/download.js';
import { fromNow, openShop } from '../http/testing/shop.js';
import { createSeonchakClient } from './client.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const shop = await openShop(t);
const seller = createSeonchakClient({ baseUrl: shop.url, token: shop.seller });

function member(name: string) {
  return createSeonchakClient({ baseUrl: shop.url, token: () => shop.token(name) });
}

async function register(fields: { quantity: number; opensAt?: string }): Promise<number> {
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
  const stranger = createSeonchakClient({ baseUrl: shop.url, token: 'no token' });
  t.equal(await downloadUntilDefinite(stranger, couponId), 'A valid access token is required.');
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
