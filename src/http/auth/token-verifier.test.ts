import { createHmac, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { errors, jwtVerify, SignJWT } from 'jose';
import t from 'tap';
import type { Authentication } from '../wire/identity.js';
import { accessTokens, bearerToken } from './token-policy.js';
import { TokenVerifier } from './token-verifier.js';

const secret = Buffer.from('0123456789abcdef0123456789abcdef-of-this-test');
const policy = { issuer: 'seonchak', audiences: ['shop'] };
const nowMs = Date.parse('2026-11-22T12:00:00.500Z');
const nowSeconds = Math.floor(nowMs / 1_000);
const verifier = new TokenVerifier(secret, policy, accessTokens());

const header = { alg: 'HS256', typ: 'JWT' };
const claims = { sub: '7', role: 'member', iss: 'seonchak', aud: 'shop', exp: nowSeconds + 60 };

const base64url = (text: string | Buffer): string => Buffer.from(text).toString('base64url');
const hmac = (signed: string, key = secret): string =>
  createHmac('sha256', key).update(signed).digest('base64url');

/** Signs any text as header and payload with our secret: what only a holder of the secret could do, and therefore the hardest case. */
function signText(headerText: string, payloadText: string | Buffer): string {
  const signed = `${base64url(headerText)}.${base64url(payloadText)}`;
  return `${signed}.${hmac(signed)}`;
}

const sign = (payload: object, head: object = header): string =>
  signText(JSON.stringify(head), JSON.stringify(payload));

const without = (name: keyof typeof claims): object =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));

/** The verdict of jose on the same token under the same policy. */
async function joseSays(token: string): Promise<'good' | 'expired' | 'bad'> {
  try {
    await jwtVerify(token, secret, {
      issuer: policy.issuer,
      audience: policy.audiences,
      algorithms: ['HS256'],
      requiredClaims: ['sub', 'role', 'exp'],
      clockTolerance: 0,
      currentDate: new Date(nowMs),
    });
    return 'good';
  } catch (fault) {
    return fault instanceof errors.JWTExpired ? 'expired' : 'bad';
  }
}

function weSay(token: string): 'good' | 'expired' | 'bad' {
  const result: Authentication = verifier.verify(token, nowMs);
  if (result.kind === 'identity') return 'good';
  return result.reason === 'token_expired' ? 'expired' : 'bad';
}

t.test('a good token says who it is, in which role, until when', async (t) => {
  t.strictSame(verifier.verify(sign(claims), nowMs), {
    kind: 'identity',
    memberId: '7',
    role: 'member',
    expiresAtMs: claims.exp * 1_000,
  });
  t.match(verifier.verify(sign({ ...claims, role: 'seller' }), nowMs), { role: 'seller' });
});

const good = sign(claims);
const [goodHeader = '', goodPayload = '', goodSignature = ''] = good.split('.');
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const publicPem = publicKey.export({ type: 'spki', format: 'pem' });

const likeJose: Readonly<Record<string, string>> = {
  'a good token': good,
  'aud as a list': sign({ ...claims, aud: ['other', 'shop'] }),
  'nbf now': sign({ ...claims, nbf: nowSeconds }),
  'an unknown claim': sign({ ...claims, nonce: 'x' }),
  'a nested claim named like ours': sign({ ...claims, act: { sub: '8' } }),
  'a value that reads like a claim': sign({ ...claims, note: 'sub' }),
  'a fraction of a second left': sign({ ...claims, exp: nowSeconds + 0.25 }),
  'no typ': sign(claims, { alg: 'HS256' }),
  'an embedded key, which is not read': sign(claims, {
    ...header,
    jwk: { kty: 'oct', k: base64url('x') },
  }),
  'alg none, no signature': `${base64url(JSON.stringify({ alg: 'none' }))}.${goodPayload}.`,
  'alg none, signed': sign(claims, { alg: 'none' }),
  'alg in lower case': sign(claims, { alg: 'hs256' }),
  'alg HS384': sign(claims, { alg: 'HS384' }),
  'no alg': sign(claims, { typ: 'JWT' }),
  'alg a list': sign(claims, { alg: ['HS256'] }),
  'an unknown crit': sign(claims, { ...header, crit: ['b65'], b65: true }),
  'a crit that is no list': sign(claims, { ...header, crit: 'exp' }),
  'an empty crit': sign(claims, { ...header, crit: [] }),
  'an unencoded payload': sign(claims, { ...header, crit: ['b64'], b64: false }),
  'no exp': sign(without('exp')),
  'exp a string': sign({ ...claims, exp: String(claims.exp) }),
  'exp null': sign({ ...claims, exp: null }),
  'expired this second': sign({ ...claims, exp: nowSeconds }),
  'expired by a second': sign({ ...claims, exp: nowSeconds - 1 }),
  'expired and of another issuer': sign({ ...claims, exp: nowSeconds - 1, iss: 'other' }),
  'negative exp': sign({ ...claims, exp: -1 }),
  'nbf in a second': sign({ ...claims, nbf: nowSeconds + 1 }),
  'nbf a string': sign({ ...claims, nbf: '0' }),
  'no sub': sign(without('sub')),
  'no role': sign(without('role')),
  'no iss': sign(without('iss')),
  'no aud': sign(without('aud')),
  'another iss': sign({ ...claims, iss: 'Seonchak' }),
  'iss a list': sign({ ...claims, iss: ['seonchak'] }),
  'another aud': sign({ ...claims, aud: 'shops' }),
  'aud an object': sign({ ...claims, aud: { shop: true } }),
  'aud an empty list': sign({ ...claims, aud: [] }),
  'sub only in __proto__': signText(JSON.stringify(header), `{"__proto__":${JSON.stringify(claims)}}`),
  'another secret': `${goodHeader}.${goodPayload}.${hmac(`${goodHeader}.${goodPayload}`, Buffer.alloc(32))}`,
  'a public key as secret': `${goodHeader}.${goodPayload}.${hmac(`${goodHeader}.${goodPayload}`, Buffer.from(publicPem))}`,
  'no signature': `${goodHeader}.${goodPayload}.`,
  'two parts': `${goodHeader}.${goodPayload}`,
  'four parts': `${good}.x`,
  'nothing at all': '',
  'dots only': '..',
  'the signature of another payload': `${goodHeader}.${base64url(JSON.stringify({ ...claims, sub: '8' }))}.${goodSignature}`,
  'a signature cut short': good.slice(0, -1),
  'a signature with a continuation': `${good}A`,
  'no JSON in the payload': signText(JSON.stringify(header), 'sub=7'),
  'a payload that is a list': signText(JSON.stringify(header), '[]'),
  'a payload that is null': signText(JSON.stringify(header), 'null'),
  'a payload that is not UTF-8': signText(JSON.stringify(header), Buffer.from([0x7b, 0xff, 0x7d])),
  'no JSON in the header': signText('alg', JSON.stringify(claims)),
};

for (const [name, token] of Object.entries(likeJose)) {
  t.test(`we say the same as jose: ${name}`, async (t) => t.equal(weSay(token), await joseSays(token)));
}

t.test('an RS256 token is not measured against our secret', async (t) => {
  const token = await new SignJWT({ role: 'member' })
    .setProtectedHeader({ alg: 'RS256' })
    .setSubject('7')
    .setIssuer('seonchak')
    .setAudience('shop')
    .setExpirationTime(claims.exp)
    .sign(privateKey);
  t.equal(weSay(token), 'bad');
  t.equal(await joseSays(token), 'bad');
});

/** Where we are stricter, on purpose: jose takes every one of these. */
const stricter: Readonly<Record<string, string>> = {
  'exp beyond the calendar': sign({ ...claims, exp: 1e308 }),
  'an extension that is critical, whichever': sign(claims, { ...header, crit: ['b64'], b64: true }),
  'sub empty': sign({ ...claims, sub: '' }),
  'sub a number': sign({ ...claims, sub: 7 }),
  'sub an object': sign({ ...claims, sub: { id: '7' } }),
  'sub of 256 characters': sign({ ...claims, sub: 'x'.repeat(256) }),
  'the id of an account': sign({ ...claims, sub: 'seonchak.account.7' }),
  'sub with a line break behind it': sign({ ...claims, sub: '7\n' }),
  'a role we do not have': sign({ ...claims, role: 'admin' }),
  'role a list without ours': sign({ ...claims, role: ['admin', 7] }),
  'two sub': signText(JSON.stringify(header), JSON.stringify(claims).replace('{', '{"sub":"8",')),
  'two sub, one in disguise': signText(
    JSON.stringify(header),
    JSON.stringify(claims).replace('{', '{"s\\u0075b":"8",'),
  ),
  'two alg': signText('{"alg":"none","alg":"HS256"}', JSON.stringify(claims)),
};

for (const [name, token] of Object.entries(stricter)) {
  t.test(`we refuse what jose takes: ${name}`, async (t) => {
    t.equal(weSay(token), 'bad');
    t.equal(await joseSays(token), 'good');
  });
}

t.test('one token has one spelling', async (t) => {
  const lastCharacter = goodSignature.slice(-1);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const unusedBits = alphabet[alphabet.indexOf(lastCharacter) + 1] ?? 'A';
  for (const spelling of [
    `${good}=`,
    `${good} `,
    `${good}\n`,
    ` ${good}`,
    `${good.slice(0, -1)}${unusedBits}`,
  ]) {
    t.equal(weSay(spelling), 'bad', JSON.stringify(spelling.slice(-3)));
  }
});

t.test('the scheme is accepted in any case, with one space behind it', async (t) => {
  for (const authorization of [`Bearer ${good}`, `bearer ${good}`, `BEARER ${good}`]) {
    t.equal(bearerToken(authorization), good);
  }
  for (const authorization of [
    '',
    'Bearer',
    good,
    `Basic ${good}`,
    `Bearer\t${good}`,
    `Bearer ${'x'.repeat(100_000)}`,
  ]) {
    t.equal(bearerToken(authorization), undefined, authorization.slice(0, 20));
  }
  t.equal(weSay(bearerToken(`Bearer  ${good}`) ?? ''), 'bad', 'two spaces');
});

t.test('random damage never makes us more generous than jose', async () => {
  const cut = fc.record({
    kind: fc.constant('cut' as const),
    at: fc.nat(),
    length: fc.integer({ min: 1, max: 40 }),
  });
  const put = fc.record({
    kind: fc.constant('put' as const),
    at: fc.nat(),
    text: fc.string({ minLength: 1, maxLength: 4 }),
  });
  const damaged = fc
    .tuple(
      fc.constantFrom(good, ...Object.values(likeJose)),
      fc.array(fc.oneof(cut, put), { minLength: 1, maxLength: 3 }),
    )
    .map(([token, damages]) =>
      damages.reduce((text, damage) => {
        const at = damage.at % (text.length + 1);
        return damage.kind === 'cut'
          ? text.slice(0, at) + text.slice(at + damage.length)
          : text.slice(0, at) + damage.text + text.slice(at);
      }, token),
    );
  await fc.assert(
    fc.asyncProperty(damaged, async (token) => weSay(token) !== 'good' || (await joseSays(token)) === 'good'),
    { numRuns: 3_000 },
  );
});

t.test('random claims, properly signed, are judged as jose judges them', async () => {
  const time = fc.oneof(
    fc.integer({ min: -2, max: 2 }).map((seconds) => nowSeconds + seconds),
    fc.double({ min: 0, max: 2e9, noNaN: true }),
    fc.constantFrom(null, '9', true),
  );
  const payload = fc.record(
    {
      sub: fc.constant('7'),
      role: fc.constantFrom('member', 'seller'),
      iss: fc.constantFrom('seonchak', 'seonchak ', 7, null),
      aud: fc.oneof(
        fc.constantFrom('shop', 'x', null),
        fc.array(fc.constantFrom('shop', 'x', 7), { maxLength: 3 }),
      ),
      exp: time,
      nbf: time,
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(payload, async (random) => {
      const token = sign(random);
      return weSay(token) === (await joseSays(token));
    }),
    { numRuns: 3_000 },
  );
});
