import t from 'tap';
import { call } from '../testing/client.js';
import { PASSWORD_COST } from '../auth/password.js';
import { startEmbeddedServer } from '../testing/embedded-server.js';

const account = { email: 'Mina@Shop.Test', password: 'correct horse', role: 'member' };

t.test('sign up, sign in, and the token opens the doors of its role', async (t) => {
  const { url } = await startEmbeddedServer(t);
  const signedUp = await call(url, 'POST /v1/accounts', { body: account });
  t.equal(signedUp.status, 201);
  t.strictSame(signedUp.body, { id: 'seonchak.account.1', email: 'mina@shop.test', role: 'member' });
  const session = await call(url, 'POST /v1/sessions', {
    body: { email: 'MINA@shop.test', password: account.password },
  });
  t.equal(session.status, 200);
  t.match(session.headers, { 'cache-control': 'no-store' });
  t.match(session.body, { tokenType: 'Bearer', expiresIn: 43_200 });
  const token = String(session.body.accessToken);
  t.match(await call(url, 'GET /v1/me/coupons', { token }), { status: 200 });
  t.match(await call(url, 'POST /v1/coupons', { token, body: {} }), {
    status: 403,
    body: { code: 'wrong_role' },
  });

  await call(url, 'POST /v1/accounts', { body: { ...account, email: 'seller@shop.test', role: 'seller' } });
  const selling = await call(url, 'POST /v1/sessions', {
    body: { email: 'seller@shop.test', password: account.password },
  });
  const coupon = await call(url, 'POST /v1/coupons', {
    token: String(selling.body.accessToken),
    body: { name: 'x', quantity: 1 },
  });
  t.match(coupon, { status: 201, body: { sellerId: 'seonchak.account.2' } });
});

t.test('an address is taken once, however it is written', async (t) => {
  const { url } = await startEmbeddedServer(t);
  const attempts = await Promise.all(
    ['a@b.test', 'A@B.test', 'a@B.TEST'].map((email) =>
      call(url, 'POST /v1/accounts', { body: { ...account, email } }),
    ),
  );
  t.strictSame(attempts.map(({ status }) => status).sort(), [201, 409, 409]);
  t.ok(attempts.every(({ status, body }) => status === 201 || body.code === 'email_taken'));
});

t.test('an account that cannot be is refused with the field named', async (t) => {
  const { url } = await startEmbeddedServer(t);
  for (const [field, change] of [
    ['email', { email: 'nobody' }],
    ['email', { email: `${'x'.repeat(250)}@b.test` }],
    ['password', { password: 'short' }],
    ['password', { password: 'x'.repeat(129) }],
    ['password', { password: 12_345_678 }],
    ['role', { role: 'admin' }],
    ['admin', { admin: true }],
  ] as const) {
    const answer = await call(url, 'POST /v1/accounts', { body: { ...account, ...change } });
    t.match(answer, { status: 400, body: { code: 'invalid_input', errors: [{ field }] } });
  }
});

t.test('a wrong password and an unknown address get the same answer after the same time', async (t) => {
  // The product's cost: a cheap hash takes less than what else differs between two requests.
  const { url } = await startEmbeddedServer(t, { settings: { passwordCost: PASSWORD_COST } });
  await call(url, 'POST /v1/accounts', { body: account });
  const timed = async (body: object) => {
    const startMs = performance.now();
    const { status, headers, text } = await call(url, 'POST /v1/sessions', { body });
    return { status, headers, text, ms: performance.now() - startMs };
  };
  const wrong = [];
  const unknown = [];
  for (let round = 0; round < 3; round++) {
    wrong.push(await timed({ email: account.email, password: 'wrong horse' }));
    unknown.push(await timed({ email: 'nobody@shop.test', password: 'wrong horse' }));
  }
  t.strictSame(new Set([...wrong, ...unknown].map(({ text }) => text)).size, 1);
  t.ok([...wrong, ...unknown].every(({ status }) => status === 401));
  t.match(JSON.parse(wrong[0]?.text ?? ''), { code: 'invalid_credentials' });
  t.match(wrong[0]?.headers, { 'www-authenticate': 'Bearer' }, 'as every 401');
  const fastest = (answers: { ms: number }[]) => Math.min(...answers.map(({ ms }) => ms));
  const ratio = fastest(unknown) / fastest(wrong);
  t.ok(ratio > 0.5 && ratio < 2, `unknown takes ${ratio.toFixed(2)} of the time of wrong`);
});

t.test(
  'a thousand wrong passwords: few are checked, the others must retry later, and other callers are served',
  async (t) => {
    const { url, http } = await startEmbeddedServer(t);
    await call(url, 'POST /v1/accounts', { body: account });
    const guesses = Array.from({ length: 1_000 }, (_, guess) =>
      call(url, 'POST /v1/sessions', { body: { email: account.email, password: `guess-${guess}` } }),
    );
    const meanwhile = await call(url, 'GET /healthz');
    t.equal(meanwhile.status, 200);
    const answers = await Promise.all(guesses);
    const statuses = new Set(answers.map(({ status }) => status));
    t.strictSame([...statuses].sort(), [401, 429]);
    t.equal(answers.filter(({ status }) => status === 401).length, 10);
    t.ok(answers.every(({ status, headers }) => status === 401 || headers['retry-after'] !== undefined));
    t.equal(http.pendingCount, 0);
  },
);

t.test('an address that only resembles another one is no address', async (t) => {
  const { url } = await startEmbeddedServer(t);
  await call(url, 'POST /v1/accounts', { body: { ...account, email: 'kim@shop.test' } });
  for (const email of [
    '\u212aim@shop.test',
    'ｋｉｍ@shop.test',
    'kim＠shop.test',
    'kim@ｓｈｏｐ.test',
    'kim@\u017fhop.test',
  ]) {
    for (const line of ['POST /v1/accounts', 'POST /v1/sessions']) {
      const body = line.endsWith('accounts') ? { ...account, email } : { email, password: account.password };
      t.match(
        await call(url, line, { body }),
        { status: 400, body: { errors: [{ field: 'email' }] } },
        email,
      );
    }
  }
});

t.test('members cannot sign up where that is closed', async (t) => {
  const { url } = await startEmbeddedServer(t, { settings: { memberSignup: 'closed' } });
  const member = await call(url, 'POST /v1/accounts', { body: account });
  t.match(member, { status: 403, body: { code: 'member_signup_closed' } });
});

t.test('sellers cannot sign up where that is closed', async (t) => {
  const { url } = await startEmbeddedServer(t, { settings: { sellerSignup: 'closed' } });
  const seller = await call(url, 'POST /v1/accounts', { body: { ...account, role: 'seller' } });
  t.match(seller, { status: 403, body: { code: 'seller_signup_closed' } });
  t.match(await call(url, 'POST /v1/accounts', { body: account }), { status: 201 });
});
