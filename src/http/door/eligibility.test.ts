/** Tests who may have a coupon, over a real server: claims, lists, holders of other coupons. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'libsql';
import t from 'tap';
import { AUDIENCE_MAX } from '../../accounts/audiences.js';
import { parseCouponId, parseMemberId } from '../../engine/domain/coupon.js';
import { TokenIssuer } from '../auth/token-issuer.js';
import { call } from '../testing/client.js';
import type { Answer } from '../testing/client.js';
import { fromNow, openShop } from '../testing/shop.js';

const PATIENCE_MS = 20_000;
const room = { issuer: 'waiting-room', audiences: ['drops'], secret: Buffer.alloc(32, 7) };

const memberClaims = ['grade', 'first_order', 'level'];
const shop = await openShop(t, {
  memberClaims,
  settings: { presence: { ...room, memberClaims } },
});
const token = shop.seller;
const idOf = (path: string): number => Number(path.split('/').at(-1));

async function request(path: string, member: string, claims: object = {}, headers = {}): Promise<Answer> {
  return call(shop.url, `POST ${path}/download`, {
    token: await shop.token(member, 'member', 60, { ...claims }),
    headers,
  });
}

/** Asks until the answer is another than "not ready": the copy in memory is being loaded. */
async function requestLoaded(path: string, member: string, claims: object = {}): Promise<Answer> {
  for (const untilMs = Date.now() + PATIENCE_MS; ;) {
    const answer = await request(path, member, claims);
    if (answer.body.code !== 'not_ready' || Date.now() > untilMs) return answer;
    await pause(20);
  }
}

async function until(ask: () => Promise<Answer>, wanted: (answer: Answer) => boolean): Promise<Answer> {
  for (const untilMs = Date.now() + PATIENCE_MS; ;) {
    const answer = await ask();
    if (wanted(answer) || Date.now() > untilMs) return answer;
    await pause(20);
  }
}

const patch = (path: string, body: object) => call(shop.url, `PATCH ${path}`, { token, body });
const act = (path: string, what: string) => call(shop.url, `POST ${path}/${what}`, { token });
const list = (path: string, body: object) => call(shop.url, `POST ${path}/audience`, { token, body });
const refusedBy = (rule: string) => ({ status: 403, body: { code: 'not_eligible', rule } });

t.test('claims of the token decide, and a winner who lost the grade keeps its coupon', async (t) => {
  const path = await shop.coupon({
    eligibility: { claims: { grade: ['gold', 'vip'], first_order: [true] } },
  });
  t.match(await call(shop.url, `GET ${path}`), {
    body: { eligibility: { claims: { grade: ['gold', 'vip'], first_order: [true] } } },
  });
  t.match(await request(path, 'm-1', { grade: 'gold', first_order: true }), { status: 201 });
  const refused = [
    {},
    { grade: 'gold' },
    { grade: 'Gold', first_order: true },
    { grade: 'gold', first_order: 'true' },
  ];
  for (const claims of refused) {
    const answer = await request(path, 'm-2', claims);
    t.match(answer, refusedBy('claims'));
    t.notMatch(answer.text, /gold|vip|first_order/, 'the answer names no value');
  }
  t.match(await request(path, 'm-1', { grade: 'silver' }), {
    status: 200,
    body: { outcome: 'already_issued' },
  });
  t.match((await call(shop.url, `GET ${path}`)).body, { issued: 1 });
  const { text } = await call(shop.url, 'GET /metrics');
  t.match(text, /seonchak_downloads_total\{outcome="not_eligible"\} [4-9]/);
});

t.test(
  'who is not eligible learns so before the opening, while paused and after the last unit',
  async (t) => {
    const eligibility = { claims: { level: [1, 2] } };
    const scheduled = await shop.coupon({ eligibility, opensAt: fromNow(3_600_000) });
    t.match(await request(scheduled, 'm-1', { level: 3 }), refusedBy('claims'));
    t.match(await request(scheduled, 'm-1', { level: 1 }), { body: { code: 'not_open' } });
    const path = await shop.coupon({ eligibility, quantity: 1 });
    t.match(await request(path, 'm-1', { level: 2 }), { status: 201 });
    t.match(await request(path, 'm-2', { level: 2 }), { body: { code: 'sold_out' } });
    t.match(await request(path, 'm-3', { level: '1' }), refusedBy('claims'), 'text is no number');
    await act(path, 'pause');
    t.match(await request(path, 'm-3'), refusedBy('claims'));
    t.match(await request(path, 'm-1'), { status: 200 });
  },
);

t.test('a presence ticket may carry the claims, and those of a key’s call count', async (t) => {
  const path = await shop.coupon({ eligibility: { claims: { grade: ['gold'] } } });
  const couponId = parseCouponId(String(idOf(path)));
  if (couponId === undefined) throw new Error('no coupon id');
  const ticket = (claims: Record<string, string>, seconds = 60) =>
    new TokenIssuer(room.secret, room).issueTicket('m-1', couponId, seconds, Date.now(), claims);
  const silver = { 'x-presence-ticket': await ticket({ grade: 'silver' }) };
  t.match(
    await request(path, 'm-1', { grade: 'gold' }, silver),
    refusedBy('claims'),
    'the ticket comes first',
  );
  t.match(await request(path, 'm-1', {}, { 'x-presence-ticket': `${await ticket({ grade: 'gold' })}x` }), {
    body: { code: 'presence_invalid' },
  });
  t.match(await request(path, 'm-1', {}, { 'x-presence-ticket': await ticket({ grade: 'gold' }) }), {
    status: 201,
  });
  const made = await call(shop.url, 'POST /v1/keys', { token, body: { name: 'till', scopes: ['issue'] } });
  const key = String(made.body.key);
  const forMember = (member: string, body: object) =>
    call(shop.url, `POST /v1/members/${member}/coupons/${couponId}/download`, { token: key, body });
  t.match(await forMember('m-2', {}), refusedBy('claims'));
  t.match(await forMember('m-2', { claims: { grade: 'gold' } }), { status: 201 });
  t.match(await forMember('m-2', {}), { status: 200 });
  t.match(await forMember('m-3', { claims: { grade: ['gold'] } }), { status: 400 });
  const grant = (body: object) => call(shop.url, `POST ${path}/grants`, { token: key, body });
  t.match(await grant({ memberIds: ['m-2', 'm-4'] }), {
    body: { results: [{ outcome: 'already_issued' }, { outcome: 'not_eligible' }] },
  });
  t.match(await grant({ memberIds: ['m-4'], claims: { grade: 'gold' } }), {
    body: { results: [{ outcome: 'issued' }] },
  });
});

t.test('a list admits its members and no other, and changes count at once', async (t) => {
  const path = await shop.coupon({ eligibility: { audience: true } });
  t.match(await requestLoaded(path, 'm-1'), refusedBy('audience'), 'an empty list is for no member');
  t.match(await list(path, { add: ['m-1', 'm-2', '한글'] }), { status: 200, body: { members: 3, added: 3 } });
  t.match(
    await until(
      () => request(path, 'm-1'),
      ({ status }) => status === 201,
    ),
    { status: 201 },
  );
  t.match(await request(path, 'm-3'), refusedBy('audience'));
  t.match(await list(path, { remove: ['m-1', 'm-2'] }), { body: { members: 1, removed: 2 } });
  // While it is paused nothing is issued to a member who is still on the copy.
  await act(path, 'pause');
  const removed = await until(
    () => request(path, 'm-2'),
    ({ status }) => status === 403,
  );
  t.match(removed, refusedBy('audience'));
  await act(path, 'resume');
  t.match(await request(path, 'm-1'), { status: 200 }, 'a holder keeps its coupon');
  t.match(await request(path, '한글'), { status: 201 });
  const show = (query: string) => call(shop.url, `GET ${path}/audience${query}`, { token });
  t.same((await show('')).body, { couponId: idOf(path), members: 1 });
  t.match((await show('?memberId=m-1')).body, { listed: false, memberId: 'm-1' });
  t.match((await show(`?memberId=${encodeURIComponent('한글')}`)).body, { listed: true });
  t.match(await list(path, { add: ['fine', '', 'a\u0000b'] }), {
    status: 400,
    body: { code: 'invalid_input', errors: [{ field: 'add.1' }, { field: 'add.2' }] },
  });
  t.match(await list(path, {}), { status: 400 });
  t.match(await list(path, { add: Array.from({ length: 1_001 }, (_, n) => `m-${n}`) }), { status: 400 });
  const { audiences } = shop.services;
  const couponId = parseCouponId(String(idOf(path)));
  const memberId = parseMemberId('one-more');
  if (couponId === undefined || memberId === undefined) throw new Error('no id');
  t.match(await audiences.change(couponId, { add: [memberId], remove: [] }, 1), { status: 'full' });
  const { text } = await call(shop.url, 'GET /metrics');
  t.match(text, /^seonchak_audience_members [1-9]/m);
  t.match(text, /^seonchak_audience_load_seconds_count [1-9]/m);
});

t.test('the member after the last place on a list is refused, and nothing changes', async (t) => {
  const path = await shop.coupon({ eligibility: { audience: true } });
  await list(path, { add: ['m-1'] });
  // As if all others had been added.
  const database = new Database(join(shop.dataDir, 'seonchak.db'));
  t.teardown(() => database.close());
  const set = database.prepare('update audience set members = ? where coupon_id = ?');
  set.run(AUDIENCE_MAX, idOf(path));
  t.match(await list(path, { add: ['m-2'] }), {
    status: 409,
    body: { code: 'audience_full', members: AUDIENCE_MAX },
  });
  t.match(await list(path, { add: ['m-1'] }), { status: 200, body: { added: 0 } }, 'one of them may repeat');
  t.match(await list(path, { add: ['m-2'], remove: ['m-1'] }), { body: { added: 1, removed: 1 } });
  set.run(1, idOf(path));
});

t.test('the list is read page by page, and removed a thousand members at once', async (t) => {
  const path = await shop.coupon({ eligibility: { audience: true } });
  const names = Array.from({ length: 1_003 }, (_, place) => `m-${String(place).padStart(4, '0')}`);
  await list(path, { add: names.slice(0, 1_000) });
  await list(path, { add: [...names.slice(1_000), '한글 이름'] });
  const members = (query: string) => call(shop.url, `GET ${path}/audience/members${query}`, { token });
  const seen: string[] = [];
  for (let after = ''; ;) {
    const { body } = await members(`?limit=400&after=${encodeURIComponent(after)}`);
    const page = body as { readonly items: readonly string[]; readonly next: string | null };
    seen.push(...page.items);
    if (page.next === null) break;
    after = page.next;
  }
  t.same(seen.sort(), [...names, '한글 이름'].sort(), 'each once');
  t.match(await members(`?after=${encodeURIComponent('a\u0000b')}`), { status: 400 });
  const clear = () => call(shop.url, `DELETE ${path}/audience`, { token });
  t.match(await clear(), { status: 200, body: { removed: 1_000, members: 4 } });
  t.match(await clear(), { body: { removed: 4, members: 0 } });
  t.match(await clear(), { body: { removed: 0, members: 0 } }, 'a repeat');
  t.same((await members('')).body, { items: [], next: null });
  const claims = await call(shop.url, 'GET /v1/member-claims', { token });
  t.same(claims.body, { items: memberClaims, presence: 'available' });
});

t.test('holders of a coupon that is over are excluded, until their unit is taken back', async (t) => {
  const first = await shop.coupon({ quantity: 5 });
  for (const member of ['m-1', 'm-2']) t.match(await request(first, member), { status: 201 });
  const eligibility = { notIssued: [idOf(first)] };
  const body = { name: 'Second', quantity: 5, eligibility };
  const register = (more: object = {}) =>
    call(shop.url, 'POST /v1/coupons', { token, body: { ...body, ...more } });
  const notExclusive = { status: 409, body: { code: 'not_exclusive', couponId: idOf(first) } };
  t.match(await register(), notExclusive);
  await patch(first, { closesAt: fromNow(100_000) });
  t.match(await register({ opensAt: fromNow(150_000) }), notExclusive, 'less than a minute between them');
  const later = await register({ opensAt: fromNow(200_000) });
  t.match(later, { status: 201 });
  t.match(await patch(first, { closesAt: fromNow(190_000) }), {
    status: 409,
    body: { code: 'not_exclusive', couponId: later.body.id },
  });
  t.match(await patch(String(later.headers.location), { opensAt: fromNow(1_000) }), notExclusive);
  t.match(await patch(String(later.headers.location), { name: 'Third' }), { status: 200 });
  t.match(await register({ eligibility: { notIssued: [999_999] } }), { body: { code: 'not_exclusive' } });
  await act(first, 'close');
  const path = String((await register()).headers.location);
  t.match(await requestLoaded(path, 'm-1'), refusedBy('not_issued'));
  t.match(await request(path, 'm-3'), { status: 201 });
  await call(shop.url, `DELETE ${first}/issuances/2`, { token });
  t.match(
    await until(
      () => request(path, 'm-2'),
      ({ status }) => status === 201,
    ),
    { status: 201 },
  );
  t.match(await request(path, 'm-1'), refusedBy('not_issued'));
  const itself = await patch(path, { eligibility: { notIssued: [idOf(path)] } });
  t.match(itself, { status: 409 });
});

t.test('while a coupon is open its rule is narrowed at once and widened only after a pause', async (t) => {
  const path = await shop.coupon({ eligibility: { claims: { grade: ['gold'] } } });
  const wide = { eligibility: { claims: { grade: ['gold', 'vip'] } } };
  for (const body of [wide, { eligibility: null }, { eligibility: { audience: true } }]) {
    t.match(await patch(path, body), { status: 409, body: { code: 'pause_first' } });
  }
  const narrow = { claims: { grade: ['gold'], level: [1] } };
  t.match(await patch(path, { eligibility: narrow }), { status: 200, body: { eligibility: narrow } });
  t.match(await request(path, 'm-1', { grade: 'gold' }), refusedBy('claims'), 'in force with the answer');
  await act(path, 'pause');
  t.match(await patch(path, wide), { status: 200 });
  const lifted = await patch(path, { eligibility: null });
  t.equal(lifted.status, 200);
  t.notOk('eligibility' in lifted.body);
  await act(path, 'resume');
  t.match(await request(path, 'm-1'), { status: 201 });
});

t.test('a rule is set before the coupon opens, not with the change that opens it', async (t) => {
  const opensAt = new Date(Date.now() + 86_400_000).toISOString();
  const eligibility = { claims: { grade: ['gold'] } };
  const first = { status: 409, body: { code: 'pause_first', detail: /Change the rule first/ } };
  const path = await shop.coupon({ opensAt });
  t.match(await patch(path, { opensAt: null, eligibility }), first);
  t.match(await request(path, 'm-1'), { status: 409, body: { code: 'not_open' } }, 'nothing was changed');
  t.match(await patch(path, { eligibility }), { status: 200 });
  t.match(await patch(path, { opensAt: null, eligibility: null }), {
    status: 409,
    body: { code: 'pause_first' },
  });
  t.match(await patch(path, { opensAt: null, eligibility }), { status: 200, body: { state: 'open' } });
  t.match(await request(path, 'm-1'), refusedBy('claims'));

  const units = await shop.coupon({ opensAt, perMember: 2 });
  t.match(await patch(units, { opensAt: null, perMember: 1 }), first);
  t.match(await patch(units, { opensAt: null, perMember: 3 }), { status: 200 });
});

t.test('rules that cannot be kept are refused', async (t) => {
  const register = (eligibility: unknown) =>
    call(shop.url, 'POST /v1/coupons', { token, body: { name: 'x', quantity: 1, eligibility } });
  t.match(await register({ claims: { age: [18] } }), {
    status: 409,
    body: { code: 'claim_unknown', claim: 'age' },
  });
  const grades = (count: number) => Array.from({ length: count }, (_, n) => `grade-${n}`);
  for (const eligibility of [
    {},
    { claims: {} },
    { claims: { grade: [] } },
    { claims: { grade: grades(17) } },
    { claims: { grade: ['x'.repeat(65)] } },
    { claims: { grade: 'gold' } },
    { claims: { a: [1], b: [1], c: [1], d: [1], e: [1] } },
    { audience: false },
    { notIssued: [] },
    { notIssued: [1, 1] },
    { more: true },
  ]) {
    t.match(
      await register(eligibility),
      { status: 400, body: { code: 'invalid_input' } },
      JSON.stringify(eligibility),
    );
  }
  t.match(await register({ claims: { grade: grades(16) }, audience: true }), { status: 201 });
  t.match(await register(null), { status: 201 });
});

t.test('a rule is tried with a member before the event', async (t) => {
  const path = await shop.coupon({
    eligibility: { claims: { grade: ['gold'], level: [3] }, audience: true },
    opensAt: fromNow(3_600_000),
  });
  await list(path, { add: ['m-1'] });
  const trial = async (query: string) =>
    (await call(shop.url, `GET ${path}/eligibility?${query}`, { token })).body;
  t.same(await trial('memberId=m-1&grade=gold&level=3'), {
    ...{ couponId: idOf(path), memberId: 'm-1', eligible: true, rule: null },
  });
  t.match(await trial('memberId=m-1&grade=silver&level=3'), { eligible: false, rule: 'claims' });
  t.match(await trial('memberId=m-2&grade=gold&level=3'), { eligible: false, rule: 'audience' });
  t.match(await trial('grade=gold'), { code: 'invalid_input' });
  const plain = await shop.coupon();
  t.match((await call(shop.url, `GET ${plain}/eligibility?memberId=m-1`, { token })).body, {
    eligible: true,
  });
});

t.test('the audit log has who changed a rule, with the rule before and after', async (t) => {
  const path = await shop.coupon();
  await patch(path, { eligibility: { claims: { grade: ['gold'] } } });
  await patch(path, { eligibility: { claims: { grade: ['gold'] }, audience: true } });
  await list(path, { add: ['m-1'] });
  const entries = await shop.auditLog.entries(Number.MAX_SAFE_INTEGER, 1_000);
  const ours = entries.filter(({ target }) => target === `coupon ${idOf(path)}`).slice(1);
  t.match(ours, [
    {
      action: 'eligibility_changed',
      detail: { eligibilityBefore: null, door: { eligibility: { claims: { grade: ['gold'] } } } },
    },
    {
      action: 'eligibility_changed',
      detail: {
        eligibilityBefore: { claims: { grade: ['gold'] } },
        door: { eligibility: { audience: true } },
      },
    },
    { action: 'audience_changed', detail: { added: 1, removed: 0, members: 1 } },
  ]);
});
