import t from 'tap';
import type { Clock } from '../../engine/domain/clock.js';
import { call } from '../testing/client.js';
import { startEmbeddedServer } from '../testing/embedded-server.js';
import { PROVIDER_POLICY as policy, startProvider } from '../testing/key-provider.js';
import { ProviderTokenVerifier } from './provider-token-verifier.js';
import { ATTEMPT_EVERY_MS, FIRST_ATTEMPT_EVERY_MS, KEYS_AGE_MAX_MS } from './provider-keys.js';
import { accessTokens } from './token-policy.js';

/** Time that passes when the test advances it. */
class TestClock implements Clock {
  aheadMs = 0;
  nowMs(): number {
    return Date.now();
  }
  monotonicMs(): number {
    return performance.now() + this.aheadMs;
  }
}

t.test('members of an outside provider download; sessions of our own are not offered', async (t) => {
  const provider = await startProvider(t);
  const server = await startEmbeddedServer(t, { settings: { tokens: { ...policy, jwksUrl: provider.url } } });
  const seller = await provider.sign('first', { role: 'seller', sub: 'shop-7' });
  const coupon = await call(server.url, 'POST /v1/coupons', {
    token: seller,
    body: { name: 'x', quantity: 5 },
  });
  t.match(coupon, { status: 201, body: { sellerId: 'shop-7' } });
  const token = await provider.sign('first');
  const requests = await Promise.all(
    Array.from({ length: 50 }, () => call(server.url, 'POST /v1/coupons/1/download', { token })),
  );
  t.strictSame(new Set(requests.map(({ body }) => body.issueNo)), new Set([1]));
  t.equal(provider.state.fetches, 1);
  const forged = await call(server.url, 'POST /v1/coupons/1/download', { token: await server.token('m-9') });
  t.match(forged, { status: 401, body: { reason: 'token_invalid' } }, 'HS256 is not among the algorithms');
  for (const line of ['POST /v1/sessions', 'POST /v1/accounts']) {
    t.match(await call(server.url, line, { body: {} }), { status: 403, body: { code: 'sessions_disabled' } });
  }
});

t.test('claims are judged as strictly as those of our own tokens', async (t) => {
  const provider = await startProvider(t);
  const verifier = new ProviderTokenVerifier(provider.url, policy, accessTokens(), new TestClock());
  t.match(await verifier.verify(await provider.sign('first')), {
    kind: 'identity',
    memberId: 'm-1',
    role: 'member',
  });
  for (const claims of [
    { sub: 'a\n' },
    { sub: 7 },
    { sub: 'seonchak.account.7' },
    { role: 'admin' },
    { role: undefined },
    { aud: 'x' },
    { iss: 'x' },
  ]) {
    t.match(
      await verifier.verify(await provider.sign('first', claims)),
      { reason: 'token_invalid' },
      JSON.stringify(claims),
    );
  }
});

t.test(
  'a new key is fetched when its first token comes, a flood of unknown keys is not passed on',
  async (t) => {
    const provider = await startProvider(t);
    const clock = new TestClock();
    const verifier = new ProviderTokenVerifier(provider.url, policy, accessTokens(), clock);
    await verifier.verify(await provider.sign('first'));
    await provider.publish('second');
    clock.aheadMs += ATTEMPT_EVERY_MS;
    t.match(await verifier.verify(await provider.sign('second')), { kind: 'identity' });
    t.equal(provider.state.fetches, 2);
    const unknown = await provider.sign('nobody-knows', {}, 'first');
    const flood = await Promise.all(Array.from({ length: 500 }, () => verifier.verify(unknown)));
    t.ok(flood.every((result) => result?.kind === 'refused' && result.reason === 'token_invalid'));
    t.equal(provider.state.fetches, 2);
  },
);

t.test('while the provider is down the last good keys go on', async (t) => {
  const provider = await startProvider(t);
  const clock = new TestClock();
  const verifier = new ProviderTokenVerifier(provider.url, policy, accessTokens(), clock);
  const token = await provider.sign('first');
  await verifier.verify(token);
  provider.state.down = true;
  clock.aheadMs += KEYS_AGE_MAX_MS + ATTEMPT_EVERY_MS;
  for (let round = 0; round < 20; round++) t.match(await verifier.verify(token), { kind: 'identity' });
  t.ok(provider.state.fetches <= 2, `${provider.state.fetches} fetches`);
});

t.test('before the first keys have come no token is refused as invalid: we cannot know', async (t) => {
  const provider = await startProvider(t);
  provider.state.down = true;
  const clock = new TestClock();
  const verifier = new ProviderTokenVerifier(provider.url, policy, accessTokens(), clock);
  const token = await provider.sign('first');
  const crowd = await Promise.all(Array.from({ length: 100 }, () => verifier.verify(token)));
  t.ok(crowd.every((result) => result?.kind === 'refused' && result.reason === 'keys_unavailable'));
  t.equal(provider.state.fetches, 1);
  provider.state.down = false;
  clock.aheadMs += FIRST_ATTEMPT_EVERY_MS;
  t.match(await verifier.verify(token), { kind: 'identity' });
});
