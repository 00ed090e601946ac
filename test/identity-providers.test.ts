/**
 * Tokens as nine identity providers make them, shapes from their documentation, signed with keys of this test and checked by a real server
 * over a real JWKS address. docs/identity-providers.md has the same settings.
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

type Claims = Readonly<Record<string, unknown>>;
type Serve = (request: IncomingMessage, response: ServerResponse) => void;

// Each test has a server of its own, and mostly waits for its provider's keys.
t.jobs = 3;

const now = Math.floor(Date.now() / 1_000);
const uuid = '0e3a7f1c-99b4-4d60-8f0e-3b6f6f1f6c55';

interface Provider {
  readonly alg: 'RS256' | 'ES256';
  readonly settings: Readonly<Record<string, string>>;
  readonly member: Claims;
  /** Absent where the provider has no roles: such a shop makes sellers' tokens otherwise. */
  readonly seller?: Claims;
  /** What the member is called everywhere outside. */
  readonly memberId: string;
}

const providers: Readonly<Record<string, Provider>> = {
  Auth0: {
    alg: 'RS256',
    settings: {
      JWT_ISSUER: 'https://shop.eu.auth0.com/',
      JWT_AUDIENCE: 'https://coupons.shop.example',
      JWT_ROLE_CLAIM: 'https://shop.example/role',
    },
    member: {
      iss: 'https://shop.eu.auth0.com/',
      sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
      aud: ['https://coupons.shop.example', 'https://shop.eu.auth0.com/userinfo'],
      azp: 'my_client_id',
      scope: 'openid profile email',
    },
    seller: { sub: 'google-oauth2|103547991597142817347', 'https://shop.example/role': 'seller' },
    memberId: 'auth0|5f7c8ec7c33c6c004bbafe82',
  },
  'Keycloak with federation': {
    alg: 'RS256',
    settings: {
      JWT_ISSUER: 'https://id.shop.example/realms/shop',
      JWT_AUDIENCE: 'coupons,account',
      JWT_ROLE_CLAIM: 'realm_access.roles',
      JWT_SELLER_VALUES: 'coupon-seller',
    },
    member: {
      iss: 'https://id.shop.example/realms/shop',
      sub: `f:${uuid}:kim`,
      aud: 'account',
      typ: 'Bearer',
      azp: 'shop-web',
      realm_access: {
        roles: [
          'offline_access',
          'uma_authorization',
          ...Array.from({ length: 120 }, (_, n) => `department-${n}`),
        ],
      },
      resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
    },
    seller: { realm_access: { roles: ['offline_access', 'coupon-seller'] } },
    memberId: `f:${uuid}:kim`,
  },
  'Amazon Cognito': {
    alg: 'RS256',
    settings: {
      JWT_ISSUER: 'https://cognito-idp.ap-northeast-2.amazonaws.com/ap-northeast-2_example',
      JWT_AUDIENCE: '1example23456789',
      JWT_ROLE_CLAIM: 'cognito:groups',
      JWT_SELLER_VALUES: 'sellers',
    },
    member: {
      iss: 'https://cognito-idp.ap-northeast-2.amazonaws.com/ap-northeast-2_example',
      sub: uuid,
      client_id: '1example23456789',
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      username: uuid,
    },
    seller: { 'cognito:groups': ['staff', 'sellers'] },
    memberId: uuid,
  },
  Firebase: {
    alg: 'RS256',
    settings: { JWT_ISSUER: 'https://securetoken.google.com/shop-project', JWT_AUDIENCE: 'shop-project' },
    member: {
      iss: 'https://securetoken.google.com/shop-project',
      aud: 'shop-project',
      sub: 'P4x2V7bqQjXwYd0mT8sKc3nLr5u1',
      user_id: 'P4x2V7bqQjXwYd0mT8sKc3nLr5u1',
      auth_time: now,
      firebase: { identities: { 'google.com': ['103547991597142817347'] }, sign_in_provider: 'google.com' },
    },
    seller: { role: 'seller' },
    memberId: 'P4x2V7bqQjXwYd0mT8sKc3nLr5u1',
  },
  'Microsoft Entra': {
    alg: 'RS256',
    settings: {
      JWT_ISSUER: `https://login.microsoftonline.com/${uuid}/v2.0`,
      JWT_AUDIENCE: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
      JWT_MEMBER_CLAIM: 'oid',
      JWT_ROLE_CLAIM: 'roles',
      JWT_SELLER_VALUES: 'Coupons.Sell',
    },
    member: {
      iss: `https://login.microsoftonline.com/${uuid}/v2.0`,
      aud: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
      sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
      oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
      scp: 'access_as_user',
      ver: '2.0',
    },
    seller: { oid: '790222be-ff1a-4d56-abd1-7e4f7d38e474', roles: ['Coupons.Sell'] },
    memberId: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
  },
  Okta: {
    alg: 'RS256',
    settings: {
      JWT_ISSUER: 'https://shop.okta.com/oauth2/default',
      JWT_AUDIENCE: 'api://default',
      JWT_ROLE_CLAIM: 'scp',
      JWT_SELLER_VALUES: 'coupons.sell',
    },
    member: {
      iss: 'https://shop.okta.com/oauth2/default',
      aud: 'api://default',
      sub: 'Kim.Member@Shop.Example',
      cid: '0oabucvyc38HLL1ef0h7',
      uid: '00ub0oNGTSWTBKOLGLNR',
      scp: ['openid', 'profile'],
    },
    seller: { scp: ['openid', 'coupons.sell'] },
    memberId: 'Kim.Member@Shop.Example',
  },
  Supabase: {
    alg: 'ES256',
    settings: {
      JWT_ISSUER: 'https://abcdefghijklmnop.supabase.co/auth/v1',
      JWT_AUDIENCE: 'authenticated',
      JWT_ROLE_CLAIM: 'app_metadata.role',
      JWT_MEMBER_VALUES: 'customer',
    },
    member: {
      iss: 'https://abcdefghijklmnop.supabase.co/auth/v1',
      aud: 'authenticated',
      sub: uuid,
      role: 'authenticated',
      aal: 'aal1',
      is_anonymous: false,
      app_metadata: { provider: 'email', providers: ['email'], role: 'customer' },
    },
    seller: { app_metadata: { provider: 'email', role: 'seller' } },
    memberId: uuid,
  },
  Kakao: {
    alg: 'RS256',
    settings: {
      JWT_ISSUER: 'https://kauth.kakao.com',
      JWT_AUDIENCE: 'kakao-rest-api-key,kakao-native-app-key',
    },
    member: {
      iss: 'https://kauth.kakao.com',
      aud: 'kakao-native-app-key',
      sub: '2632890179',
      auth_time: now,
      nickname: '선착순',
      nonce: 'a-nonce',
    },
    memberId: '2632890179',
  },
  Naver: {
    alg: 'RS256',
    settings: { JWT_ISSUER: 'https://nid.naver.com', JWT_AUDIENCE: 'naver-client-id' },
    member: {
      iss: 'https://nid.naver.com',
      aud: 'naver-client-id',
      sub: 'Zm9vYmFyLW5hdmVyLWlkLTEyMzQ1Njc4OTAtYWJjZGVmZw==',
      nonce: 'a-nonce',
    },
    memberId: 'Zm9vYmFyLW5hdmVyLWlkLTEyMzQ1Njc4OTAtYWJjZGVmZw==',
  },
};

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

    const stranger = (await generateKeyPair(provider.alg)).privateKey;
    const wrong: readonly (readonly [string, Promise<string>])[] = [
      ['issuer', issuer.sign({ ...provider.member, iss: 'https://elsewhere.example/' })],
      ['audience', issuer.sign({ ...provider.member, aud: 'another-app', client_id: 'another-app' })],
      ['signature', issuer.sign(provider.member, stranger)],
      ['unknown_key', issuer.sign(provider.member, stranger, 'b')],
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
    sentence: /no JSON Web Key Set/,
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
