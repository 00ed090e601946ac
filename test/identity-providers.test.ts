/**
 * Tests tokens in the shapes of nine identity providers, from their documentation, against a real JWKS address.
 * The keys are made here. docs/identity-providers.md has the same settings.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import t, { type Test } from 'tap';
import { HttpClient } from './clients/http-client.js';
import { type SeonchakServer, startSeonchak } from './servers/seonchak.js';
import { startEmbedded } from './system/embedded-back-end.js';
import { now, providers } from './clients/identity-providers.js';
import type { Claims, Provider } from './clients/identity-providers.js';

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

// Each test has a server of its own, and mostly waits for its provider's keys.
t.jobs = 3;

/** Keys and the address under which a server finds them. */
async function openProvider(t: Test, alg: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'a', alg, use: 'sig' };
  const keys: object[] = [jwk];
  const state: { serve: Serve } = {
    serve: (_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    },
  };
  const server = createServer((request, response) => state.serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    state,
    keys,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    sign: (claims: Claims, key: CryptoKey = privateKey, kid = 'a') =>
      new SignJWT({ exp: now + 3_600, iat: now + 2, ...claims })
        .setProtectedHeader({ alg, kid, typ: 'JWT' })
        .sign(key),
  };
}

async function openServer(t: Test, settings: Readonly<Record<string, string>>) {
  const backEnd = await startEmbedded();
  t.teardown(() => backEnd.stop());
  const server = await startSeonchak({
    ...backEnd.settings,
    JWT_SECRET: '',
    LOG_LEVEL: 'debug',
    ...settings,
  });
  t.teardown(() => server.stop());
  const client = new HttpClient(server.origin, 4);
  t.teardown(() => client.close());
  return { server, client };
}

/** A line is written a moment after the answer that it is about. */
async function logHas(server: SeonchakServer, pattern: RegExp): Promise<boolean> {
  const deadlineMs = performance.now() + 5_000;
  while (!pattern.test(server.log()) && performance.now() < deadlineMs) await pause(10);
  return pattern.test(server.log());
}

/** What the operator reads: the debug log, and the counter of that reason. */
async function reasonFound(
  { server, client }: { readonly server: SeonchakServer; readonly client: HttpClient },
  reason: string,
): Promise<boolean> {
  const metrics = String((await client.call('/metrics')).body['text']);
  return (
    new RegExp(`^seonchak_tokens_refused_total\\{reason="${reason}"\\} [1-9]`, 'm').test(metrics) &&
    (await logHas(server, new RegExp(`"reason":"${reason}"`)))
  );
}

for (const [name, provider] of Object.entries(providers)) {
  t.test(name, async (t) => {
    const issuer = await openProvider(t, provider.alg);
    const running = await openServer(t, { JWT_JWKS_URL: issuer.url, ...provider.settings });
    const { client } = running;
    const token = await issuer.sign(provider.member);

    t.match(await client.call('/v1/me/coupons', { token }), { status: 200 }, 'a member comes in');
    const body = { name: 'x', quantity: 5 };
    t.match(
      await client.call('/v1/coupons', { method: 'POST', token, body }),
      { status: 403, body: { code: 'wrong_role' } },
      'and is no seller',
    );
    if (provider.seller !== undefined) {
      const seller = await issuer.sign({ ...provider.member, ...provider.seller });
      const coupon = await client.call('/v1/coupons', { method: 'POST', token: seller, body });
      t.equal(coupon.status, 201, 'a seller registers a coupon');
      const path = `/v1/coupons/${Number(coupon.body['id'])}`;
      const { memberId } = provider;
      t.match(await client.call(`${path}/download`, { method: 'POST', token }), {
        status: 201,
        body: { memberId },
      });
      t.match(await client.call(`${path}/issuances`, { token: seller }), {
        status: 200,
        body: { items: [{ memberId }] },
      });
    }

    const outsider = (await generateKeyPair(provider.alg)).privateKey;
    const wrong: readonly (readonly [string, Promise<string>])[] = [
      ['issuer', issuer.sign({ ...provider.member, iss: 'https://elsewhere.example/' })],
      ['audience', issuer.sign({ ...provider.member, aud: 'another-app', client_id: 'another-app' })],
      ['signature', issuer.sign(provider.member, outsider)],
      ['unknown_key', issuer.sign(provider.member, outsider, 'b')],
      ['expired', issuer.sign({ ...provider.member, exp: now - 1 })],
      ['not_yet_valid', issuer.sign({ ...provider.member, nbf: now + 120 })],
      ['expiry', issuer.sign({ ...provider.member, exp: undefined })],
      [
        'member_claim',
        issuer.sign({ ...provider.member, [provider.settings['JWT_MEMBER_CLAIM'] ?? 'sub']: 7 }),
      ],
    ];
    for (const [reason, signed] of wrong) {
      const answer = await client.call('/v1/me/coupons', { token: await signed });
      t.match(answer, { status: 401, body: { code: 'unauthenticated' } }, reason);
      t.ok(await reasonFound(running, reason), `the operator finds ${reason}`);
    }
    const soon = await issuer.sign({ ...provider.member, nbf: now + 3 });
    t.match(
      await client.call('/v1/me/coupons', { token: soon }),
      { status: 200 },
      'a clock ahead by seconds',
    );
  });
}

t.test('named members only: a token with neither role is refused', async (t) => {
  const issuer = await openProvider(t, 'ES256');
  const { settings, member } = providers['Supabase'] as Provider;
  const running = await openServer(t, { JWT_JWKS_URL: issuer.url, ...settings });
  const token = await issuer.sign({ ...member, app_metadata: { role: 'driver' } });
  t.match(await running.client.call('/v1/me/coupons', { token }), { status: 401 });
  t.ok(await reasonFound(running, 'role_claim'));
  t.ok(await logHas(running.server, /role_claim.*driver/), 'with what was found instead');
});

t.test('the id of an account opens nothing, whichever key signs it', async (t) => {
  const issuer = await openProvider(t, 'ES256');
  const { settings, member } = providers['Naver'] as Provider;
  const running = await openServer(t, { JWT_JWKS_URL: issuer.url, ...settings });
  const token = await issuer.sign({ ...member, sub: 'seonchak.account.1' });
  t.match(await running.client.call('/v1/me/coupons', { token }), { status: 401 });
  t.ok(await reasonFound(running, 'reserved_id'));
});

const answers: Readonly<
  Record<string, { readonly serve: Serve; readonly reason: string; readonly sentence: RegExp }>
> = {
  'a redirect': {
    serve: (_request, response) =>
      response.writeHead(302, { location: 'https://elsewhere.example/keys' }).end(),
    reason: 'redirect',
    sentence: /redirects to https:\/\/elsewhere\.example\/keys/,
  },
  'a page': {
    serve: (_request, response) =>
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Sign in'),
    reason: 'not_json',
    sentence: /HTML page/,
  },
  'a fault of the provider': {
    serve: (_request, response) => response.writeHead(500).end('{}'),
    reason: 'status',
    sentence: /status 500/,
  },
  'JSON that is no key set': {
    serve: (_request, response) => response.end('{"issuer":"https://shop.example"}'),
    reason: 'not_keys',
    sentence: /not a JSON Web Key Set/,
  },
  silence: { serve: () => undefined, reason: 'timeout', sentence: /did not reply within 5 s/ },
  'a cut connection': {
    serve: (_request, response) => response.destroy(),
    reason: 'unreachable',
    sentence: /cannot be reached/,
  },
};

for (const [name, { serve, reason, sentence }] of Object.entries(answers)) {
  t.test(`keys that cannot be fetched: ${name}`, async (t) => {
    const issuer = await openProvider(t, 'ES256');
    const { settings, member } = providers['Naver'] as Provider;
    const whole = issuer.state.serve;
    issuer.state.serve = serve;
    const { server, client } = await openServer(t, {
      JWT_JWKS_URL: issuer.url,
      ...settings,
      LOG_LEVEL: 'warn',
    });
    const token = await issuer.sign(member);
    t.match(await client.call('/v1/me/coupons', { token }), {
      status: 503,
      body: { code: 'keys_unavailable' },
    });
    const ready = await client.call('/readyz');
    t.equal(ready.status, 503);
    t.match(String((ready.body['reasons'] as readonly unknown[])[0]), sentence, '/readyz names it');
    t.ok(await logHas(server, sentence), 'so does a warning');
    const metrics = String((await client.call('/metrics')).body['text']);
    t.match(metrics, `seonchak_jwks_faults_total{of="access",reason="${reason}"} `);
    t.match(metrics, /^seonchak_jwks_usable\{of="access"\} 0$/m);

    issuer.state.serve = whole;
    let status = 0;
    const deadlineMs = performance.now() + 15_000;
    while (status !== 200 && performance.now() < deadlineMs) {
      ({ status } = await client.call('/readyz'));
    }
    t.equal(status, 200, 'once the provider is back, service resumes automatically');
    t.match(await client.call('/v1/me/coupons', { token }), { status: 200 });
  });
}

t.test('two keys of one id: both work, and the log warns the operator', async (t) => {
  const issuer = await openProvider(t, 'ES256');
  const second = await generateKeyPair('ES256', { extractable: true });
  issuer.keys.push({ ...(await exportJWK(second.publicKey)), kid: 'a', alg: 'ES256', use: 'sig' });
  const { settings, member } = providers['Naver'] as Provider;
  const { server, client } = await openServer(t, {
    JWT_JWKS_URL: issuer.url,
    ...settings,
    LOG_LEVEL: 'warn',
  });
  for (const token of [await issuer.sign(member), await issuer.sign(member, second.privateKey)]) {
    t.match(await client.call('/v1/me/coupons', { token }), { status: 200 });
  }
  t.match(await client.call('/readyz'), { status: 200, body: { warnings: [/two keys with the kid "a"/] } });
  t.ok(await logHas(server, /two keys with the kid/));
});
