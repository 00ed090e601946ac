import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import t from 'tap';
import type { MemberId } from '../../engine/domain/coupon.js';
import { parseCouponId, parseMemberId } from '../../engine/domain/coupon.js';
import { call } from '../testing/client.js';
import { fromNow, openShop } from '../testing/shop.js';

t.test('the seller reads who holds the coupon, page by page', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  for (const member of ['a', 'b', 'c']) await shop.request(path, member);
  const page = async (query: string) => {
    const { body } = await call(shop.url, `GET ${path}/issuances?${query}`, { token: shop.seller });
    return { numbers: (body.items as { issueNo: number }[]).map(({ issueNo }) => issueNo), next: body.next };
  };
  t.strictSame(await page('limit=2'), { numbers: [1, 2], next: 2 });
  t.strictSame(await page('limit=2&after=2'), { numbers: [3], next: null });
  const { body } = await call(shop.url, `GET ${path}/issuances?limit=1`, { token: shop.seller });
  t.match(body.items, [{ couponId: 1, memberId: 'a', issueNo: 1, issuedAt: /Z$/, usedAt: null }]);
  for (const limit of ['0', '1000000000']) {
    const answer = await call(shop.url, `GET ${path}/issuances?limit=${limit}`, { token: shop.seller });
    t.match(answer, { status: 400, body: { code: 'invalid_input', errors: [{ field: 'limit' }] } });
  }
});

t.test('the seller finds issuances by member, date and use, and the latest first', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  for (const member of ['a', 'b', 'c']) await shop.request(path, member);
  await call(shop.url, 'POST /v1/me/coupons/1/use', { token: await shop.token('b') });
  const ask = (query: string, accept = 'application/json') =>
    call(shop.url, `GET ${path}/issuances?${query}`, { token: shop.seller, headers: { accept } });
  const members = async (query: string) =>
    ((await ask(query)).body.items as { memberId: string }[]).map(({ memberId }) => memberId).join('');
  t.equal(await members('memberId=b'), 'b');
  t.equal(await members('memberId=b&used=false'), '');
  t.equal(await members('memberId=x'), '');
  t.equal(await members('used=true'), 'b');
  t.equal(await members('used=false'), 'ac');
  t.equal(await members('sort=-issueNo'), 'cba');
  const latest = await ask('sort=-issueNo&limit=1');
  t.equal(latest.body.next, -3, 'a minus in the cursors of the descending order');
  t.equal(await members('sort=-issueNo&after=-3'), 'ba');
  t.equal(await members('sort=-issueNo&memberId=b&after=-3'), 'b');
  t.equal(await members(`issuedFrom=${fromNow(-60_000)}&issuedBefore=${fromNow(60_000)}`), 'abc');
  t.equal(await members(`issuedBefore=${fromNow(-60_000)}`), '');
  const csv = await ask('sort=-issueNo&used=false', 'text/csv');
  t.match(csv.text, /^issue_no[^]*\r\n3,c,[^]*\r\n1,a,[^]*$/);
  t.notMatch(csv.text, /,b,/);
  for (const query of [
    'used=yes',
    'sort=issuedAt',
    'issuedFrom=1',
    'memberId=',
    'q=b',
    'after=3&sort=-issueNo',
    'after=-3',
    'after=-3&used=true',
    'settled=true&used=true',
    'settled=true&memberId=b',
    'settled=true&sort=-issueNo',
  ]) {
    const field = query.split('=')[0];
    t.match(await ask(query), { status: 400, body: { code: 'invalid_input', errors: [{ field }] } }, query);
  }
});

t.test('a revoked unit returns to stock, its number does not', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ quantity: 2 });
  for (const member of ['a', 'b']) await shop.request(path, member);
  const revoke = (number: string) =>
    call(shop.url, `DELETE ${path}/issuances/${number}`, { token: shop.seller });
  const answer = { couponId: 1, issueNo: 1, memberId: 'a', revoked: true, remaining: 1 };
  t.strictSame((await revoke('1')).body, answer);
  t.strictSame((await revoke('1')).body, answer, 'repeating it changes nothing');
  t.match(await shop.request(path, 'a'), { status: 201, body: { issueNo: 3 } });
  for (const number of ['9', '0', '-1', '1e0', 'x', '%00']) {
    t.match(await revoke(number), { status: 404, body: { code: 'not_issued' } }, number);
  }
  await call(shop.url, 'POST /v1/me/coupons/1/use', { token: await shop.token('b') });
  t.match(await revoke('2'), { status: 409, body: { code: 'already_used' } });
});

/** Recorded straight into the ledger: the same number of downloads would test something else. */
async function record(shop: Awaited<ReturnType<typeof openShop>>, count: number): Promise<void> {
  const couponId = parseCouponId('1');
  if (couponId === undefined) throw new Error('1 is a coupon id');
  for (let first = 1; first <= count; first += 1_000) {
    const issuances = Array.from({ length: Math.min(1_000, count - first + 1) }, (_, place) => ({
      holder: parseMemberId(`member-${first + place}`) as MemberId,
      issueNo: first + place,
      issuedAtMs: 1_795_348_800_000 + place,
    }));
    await shop.services.ledger.record({ couponId, epoch: 1, issuances });
  }
}

t.test('all of them come as CSV or as NDJSON', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ quantity: 5_000 });
  await record(shop, 2_500);
  const read = (accept: string, query = '') =>
    call(shop.url, `GET ${path}/issuances${query}`, { token: shop.seller, headers: { accept } });

  const csv = await read('text/csv');
  t.match(csv.headers, { 'content-type': /^text\/csv/, 'transfer-encoding': 'chunked' });
  const lines = csv.text.split('\r\n');
  t.equal(lines.length, 2_502);
  t.equal(lines[0], 'issue_no,member_id,issued_at,used_at');
  t.equal(lines[1], '1,member-1,2026-11-22T12:00:00.000Z,');
  t.equal(lines[2_500], '2500,member-2500,2026-11-22T12:00:00.499Z,');

  const ndjson = await read('application/x-ndjson', '?after=2400');
  t.match(ndjson.headers, { 'content-type': 'application/x-ndjson' });
  const rows = ndjson.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  t.equal(rows.length, 100);
  t.match(rows[0], { couponId: 1, memberId: 'member-2401', issueNo: 2_401, usedAt: null });

  const page = await read('application/json, text/csv;q=0.5');
  t.match(page.headers, { 'content-type': 'application/json' }, 'who would rather have a page gets one');
});

t.test('a reader who does not keep up holds the list back, and then gets all of it', async (t) => {
  const shop = await openShop(t);
  const rows = 120_000;
  const path = await shop.coupon({ quantity: rows });
  await record(shop, rows);
  const before = process.memoryUsage().external + process.memoryUsage().heapUsed;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${shop.seller}`, accept: 'text/csv' };
    get(`${shop.url}${path}/issuances`, { headers }, resolve).on('error', reject);
  });
  response.pause();
  // Nothing is read: what the server has sent stays in the sockets, and it waits there.
  const answer = await call(shop.url, `GET ${path}`);
  t.equal(answer.status, 200, 'others are served meanwhile');
  t.equal(shop.http.pendingCount, 1);
  const held = process.memoryUsage().external + process.memoryUsage().heapUsed - before;
  t.ok(held < 60_000_000, `${Math.round(held / 1e6)} MB are held`);
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += String(chunk);
  t.equal(text.split('\r\n').length, rows + 2);
  t.equal(shop.http.pendingCount, 0);
});

t.test('the settled list ends at its frontier, as a page and as a stream', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ quantity: 5_000 });
  await record(shop, 2_500);
  const read = (query: string, accept = 'application/json') =>
    call(shop.url, `GET ${path}/issuances?settled=true${query}`, { token: shop.seller, headers: { accept } });

  const first = await read('&limit=1000');
  t.match(first.body, { next: 1_000, frontier: 1_000 });
  const last = await read('&after=2000&limit=1000');
  t.match(last.body, { next: null, frontier: 2_500 });
  t.equal((last.body.items as unknown[]).length, 500);
  t.strictSame((await read('&after=2500')).body, { items: [], next: null, frontier: 2_500 });
  t.equal((await read('', 'text/csv')).text.split('\r\n').length, 2_502);
  t.equal((await read('&after=2400', 'application/x-ndjson')).text.trimEnd().split('\n').length, 100);

  const plain = await call(shop.url, `GET ${path}/issuances?settled=false`, { token: shop.seller });
  t.notOk('frontier' in plain.body, 'a list that is not settled has no frontier');
  for (const settled of ['', '1', 'yes', 'TRUE']) {
    const refused = await call(shop.url, `GET ${path}/issuances?settled=${settled}`, { token: shop.seller });
    t.match(refused, { status: 400, body: { code: 'invalid_input', errors: [{ field: 'settled' }] } });
  }
});
