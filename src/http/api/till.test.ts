/** Tests passes and tills over HTTP: show, check, redeem, repeat, and their refusals. */
import t from 'tap';
import type { CouponId } from '../../engine/domain/coupon.js';
import { holder } from '../../engine/testing/contracts/ids.js';
import { call } from '../testing/client.js';
import type { Answer } from '../testing/client.js';
import { fromNow, openShop } from '../testing/shop.js';
import { CouponPasses } from '../till/coupon-pass.js';

const shop = await openShop(t);
const token = await shop.token('m-1');

const idOf = (path: string): number => Number(path.split('/').at(-1));
const showPass = (path: string, as = token, query = ''): Promise<Answer> =>
  call(shop.url, `GET /v1/me/coupons/${idOf(path)}/pass${query}`, { token: as });
const check = (code: unknown, as = shop.seller): Promise<Answer> =>
  call(shop.url, 'POST /v1/till/check', { token: as, body: { code } });
const redeem = (code: unknown, orderId: string, as = shop.seller): Promise<Answer> =>
  call(shop.url, 'POST /v1/till/redemptions', { token: as, body: { code, orderId } });
const refused = (status: number, code: string) => ({ status, body: { code } });

/** As another process of the installation would have signed it, so long ago. */
async function signedBefore(ms: number, couponId: number, issueNo: number, name = 'm-1'): Promise<string> {
  const clock = { nowMs: () => Date.now() - ms, monotonicMs: () => 0 };
  const passes = new CouponPasses(await shop.services.signingKeys.passKey(), clock);
  return passes.sign({ couponId: couponId as CouponId, issueNo, holder: holder(name) }).text;
}

t.test('a member shows a pass, the till checks and redeems it, once', async (t) => {
  const path = await shop.coupon({ name: 'Half price', discount: { type: 'percent', value: 50 } });
  await shop.request(path, 'm-1');
  const { status, body } = await showPass(path);
  t.equal(status, 200);
  t.match(body, { couponId: idOf(path), issueNo: 1, number: `${idOf(path)}-1`, pass: /^SP1\./ });
  const leftMs = Date.parse(String(body['expiresAt'])) - Date.now();
  t.ok(leftMs > 55_000 && leftMs <= 60_000, `ends in ${leftMs} ms`);

  const about = { couponId: idOf(path), issueNo: 1, memberId: 'm-1', name: 'Half price' };
  t.match(await check(body['pass']), { status: 200, body: { ...about, state: 'usable', proof: 'pass' } });
  t.match(await check(body['number']), { status: 200, body: { ...about, proof: 'number' } });
  const first = await redeem(body['pass'], 'till-1');
  t.match(first, { status: 201, body: { issueNo: 1, memberId: 'm-1', orderId: 'till-1' } });
  const again = await redeem(body['pass'], 'till-1');
  t.strictSame([again.status, again.body], [200, first.body]);
  t.match(await redeem(body['pass'], 'till-2'), refused(409, 'already_used'));
  t.match(await check(body['pass']), { body: { state: 'used', orderId: 'till-1', usedAt: /Z$/ } });
  t.match(await showPass(path), refused(409, 'already_used'));
  const undone = await call(shop.url, `DELETE ${path}/issuances/1/redemptions/till-1`, {
    token: shop.seller,
  });
  t.equal(undone.status, 200);
  t.match(await redeem(body['pass'], 'till-1'), refused(409, 'redemption_cancelled'));
  t.equal((await redeem(body['number'], 'till-3')).status, 201, 'by the number that was read out');
});

t.test('a pass that has run out redeems nothing, but a till that lost its answer may repeat', async (t) => {
  const path = await shop.coupon();
  await shop.request(path, 'm-1');
  const behind = await signedBefore(63_000, idOf(path), 1);
  t.match(await check(behind), { status: 200 }, 'the clock of its signer may be a little behind');
  const over = await signedBefore(66_000, idOf(path), 1);
  t.match(await check(over), { ...refused(410, 'pass_expired'), body: { expiredAt: /Z$/ } });
  t.match(await redeem(over, 'A-1'), refused(410, 'pass_expired'));
  const { body } = await showPass(path);
  t.equal((await redeem(body['pass'], 'A-1')).status, 201);
  t.equal((await redeem(over, 'A-1')).status, 200, 'the order is known');
  t.match(await redeem(over, 'A-2'), refused(410, 'pass_expired'));
});

t.test('a pass of another holder of the number is not valid', async (t) => {
  const path = await shop.coupon();
  await shop.request(path, 'm-1');
  const other = await signedBefore(0, idOf(path), 1, 'm-2');
  t.match(await check(other), refused(400, 'pass_invalid'));
  t.match(await redeem(other, 'A-1'), refused(400, 'pass_invalid'));
  const { pass } = (await showPass(path)).body;
  const forged = String(pass).replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'));
  t.match(await redeem(forged, 'A-1'), refused(400, 'pass_invalid'));
});

t.test('each unit has a pass of its own', async (t) => {
  const path = await shop.coupon({ perMember: 2 });
  await shop.request(path, 'm-1');
  await call(shop.url, `POST ${path}/units/2/download`, { token });
  const second = await showPass(path, token, '?unit=2');
  t.match(second.body, { issueNo: 2, unit: 2, number: `${idOf(path)}-2` });
  t.match((await redeem(second.body['pass'], 'A-1')).body, { issueNo: 2, unit: 2 });
  t.match(await showPass(path, token, '?unit=2'), refused(409, 'already_used'));
  t.match(await showPass(path), { status: 200, body: { issueNo: 1 } });
  t.match(await showPass(path, token, '?unit=0'), refused(400, 'invalid_input'));
  t.match(await showPass(path, token, '?unit=3'), refused(404, 'not_issued'));
});

t.test('there is no pass for what no till would take', async (t) => {
  t.match(await showPass('/v1/coupons/999'), refused(404, 'unknown_coupon'));
  t.match(await showPass('/v1/coupons/0'), refused(404, 'unknown_coupon'));
  const path = await shop.coupon({ holdSeconds: 600 });
  t.match(await showPass(path), refused(404, 'not_issued'));
  await shop.request(path, 'm-1');
  t.match(await showPass(path), refused(409, 'not_confirmed'));
  const held = await signedBefore(0, idOf(path), 1);
  t.match((await check(held)).body, { state: 'held', confirmBy: /Z$/ });
  t.match(await redeem(held, 'A-1'), refused(409, 'not_confirmed'));

  const short = await shop.coupon({ validity: { until: fromNow(2_000) } });
  await shop.request(short, 'm-1');
  const pass = await showPass(short);
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  t.match(await showPass(short), refused(409, 'coupon_expired'));
  t.match((await check(pass.body['pass'])).body, { state: 'expired' });
  t.match(await redeem(pass.body['pass'], 'A-1'), refused(409, 'coupon_expired'));
});

t.test('a revoked issuance has no pass, and its last one redeems nothing', async (t) => {
  const path = await shop.coupon();
  await shop.request(path, 'm-1');
  const { pass } = (await showPass(path)).body;
  await call(shop.url, `DELETE ${path}/issuances/1`, { token: shop.seller });
  t.match(await showPass(path), refused(404, 'not_issued'));
  t.match(await check(pass), refused(404, 'not_issued'));
  t.match(await redeem(pass, 'A-1'), refused(404, 'not_issued'));
});

t.test('a till takes the coupons of its own seller, and a server key may be the till', async (t) => {
  const path = await shop.coupon();
  await shop.request(path, 'm-1');
  const { pass, number } = (await showPass(path)).body;
  const outsider = await shop.token('901', 'seller');
  for (const code of [pass, number]) {
    t.match(await check(code, outsider), refused(403, 'forbidden'));
    t.match(await redeem(code, 'A-1', outsider), refused(403, 'forbidden'));
  }
  t.match(await check(pass, token), refused(403, 'wrong_role'));
  t.match(await showPass(path, shop.seller), refused(403, 'wrong_role'));
  const key = async (scope: string): Promise<string> => {
    const made = await call(shop.url, 'POST /v1/keys', {
      token: shop.seller,
      body: { name: 'till', scopes: [scope] },
    });
    return String(made.body['key']);
  };
  t.match(await check(pass, await key('read')), refused(403, 'scope_missing'));
  const till = await key('redeem');
  t.equal((await check(pass, till)).status, 200);
  t.equal((await redeem(pass, 'A-1', till)).status, 201);
  const { items } = (await call(shop.url, `GET ${path}/issuances/1/redemptions`, { token: shop.seller }))
    .body;
  t.match(items, [{ orderId: 'A-1', by: { kind: 'key' } }]);
});

t.test('what is no code is refused, and changes nothing', async (t) => {
  for (const code of [
    ' ',
    'SP1',
    'SP1.1.1.A.B.C',
    '1-0',
    '01-1',
    '1-1-1',
    '٤٢-١٧',
    'x'.repeat(128),
    '\u0000',
  ]) {
    t.match(await check(code), refused(400, 'pass_invalid'), JSON.stringify(code));
    t.match(await redeem(code, 'A-1'), refused(400, 'pass_invalid'));
  }
  for (const code of [undefined, null, 7, '', 'x'.repeat(129), ['1-1'], { text: '1-1' }]) {
    t.match(await check(code), refused(400, 'invalid_input'), JSON.stringify(code));
  }
  t.match(await redeem('1-1', 'a b'), refused(400, 'invalid_input'));
  t.match(await check('999-1'), refused(404, 'unknown_coupon'));
  t.match(await check(`${idOf(await shop.coupon())}-9999999999`), refused(404, 'not_issued'));
});

t.test('the key of the passes is one for the installation, and no answer has it', async (t) => {
  const { signingKeys } = shop.services;
  const key = await signingKeys.passKey();
  t.equal(key.length, 32);
  t.same(await signingKeys.passKey(), key);
  const document = await call(shop.url, 'GET /openapi.json');
  t.notMatch(document.text, key.toString('base64url'));
});
