/**
 * Tests every parser of untrusted input: it accepts or refuses explicitly, and preserves the meaning of accepted input.
 */
import { createHmac } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import fc from 'fast-check';
import t from 'tap';
import { couponId, durationMs, wholeNumber } from '../../src/cli/option-values.js';
import { ConfigError } from '../../src/engine/domain/errors.js';
import { loadConfig } from '../../src/config/config.js';
import { parseCouponId, parseMemberId } from '../../src/engine/domain/coupon.js';
import { StoreCorruptError } from '../../src/engine/domain/errors.js';
import { accessTokens, bearerToken } from '../../src/http/auth/token-policy.js';
import { TokenVerifier } from '../../src/http/auth/token-verifier.js';
import { couponNumber } from '../../src/engine/testing/simulation/staged-world.js';
import { isNetwork } from '../../src/config/network.js';
import { JSON_DEPTH_MAX, parseStrictJson } from '../../src/http/wire/strict-json.js';
import {
  parseAdmitReplies,
  parseClaimed,
  parseQueued,
  parseWinner,
} from '../../src/persist/redis/replies.js';
import { efforts } from './effort.js';

/** The content of the reply to one batch; a fault of the batch is thrown like one of the whole reply. */
function admitted(reply: unknown): void {
  const batch = { couponId: couponNumber(1), epoch: 1, holders: [], notAfterMs: 1 };
  for (const answer of parseAdmitReplies(reply, [batch])) if (answer.status === 'fault') throw answer.fault;
}

const RUNS = 2_000;
const SHARE = 0.05;

/** Numbers as people and programs write them, right and nearly right. */
const numeral = fc.oneof(
  fc.integer().map(String),
  fc.double().map(String),
  fc.constantFrom('042', '1e3', '+1', ' 1', '1 ', '0x10', '1_0', '٣', '', '9'.repeat(16), '1\n', 'NaN'),
  fc.string(),
);
const anyText = fc.oneof(fc.string({ unit: 'binary' }), numeral);

t.test('JSON: nothing throws, and what passes is what JSON.parse reads', async (t) => {
  for (const run of efforts(t, RUNS, SHARE))
    fc.assert(
      fc.property(fc.oneof(fc.json(), anyText), (text) => {
        const result = parseStrictJson(Buffer.from(text));
        if (result.status !== 'parsed') return true;
        return JSON.stringify(result.value) === JSON.stringify(JSON.parse(Buffer.from(text).toString()));
      }),
      run,
    );
});

t.test('JSON: bytes that are no text never throw; a duplicate key is always seen', async (t) => {
  for (const run of efforts(t, RUNS, SHARE))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), fc.jsonValue(), (bytes, key, value) => {
        parseStrictJson(Buffer.from(bytes));
        const member = `${JSON.stringify(key)}:${JSON.stringify(value)}`;
        const { status } = parseStrictJson(Buffer.from(`{${member},"x":[],${member}}`));
        return status === 'duplicate_key' || status === 'too_deep';
      }),
      run,
    );
  const deep = JSON_DEPTH_MAX + 1;
  t.same(parseStrictJson(Buffer.from('['.repeat(deep) + ']'.repeat(deep))), { status: 'too_deep' });
});

t.test('ids: what passes is written in the one way there is', async (t) => {
  for (const run of efforts(t, RUNS, SHARE))
    fc.assert(
      fc.property(anyText, (text) => {
        const id = parseCouponId(text);
        const member = parseMemberId(text);
        return (id === undefined || String(id) === text) && (member === undefined || member === text);
      }),
      run,
    );
});

t.test('tokens: a good one that was changed in any way opens no door', async (t) => {
  const secret = Buffer.from('a-secret-of-this-test-5f0c9d7e3b1a8246');
  const verifier = new TokenVerifier(secret, { issuer: 'i', audiences: ['a'] }, accessTokens());
  const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: '7', role: 'member', iss: 'i', aud: 'a', exp: 4_000_000_000 };
  const signed = `${segment({ alg: 'HS256' })}.${segment(claims)}`;
  const good = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  t.equal(verifier.verify(good, 0).kind, 'identity');
  const place = fc.integer({ min: 0, max: good.length });
  for (const run of efforts(t, RUNS, SHARE))
    fc.assert(
      fc.property(place, place, anyText, (from, to, text) => {
        const changed = good.slice(0, from) + text + good.slice(to);
        bearerToken(changed);
        return changed === good || verifier.verify(changed, 0).kind === 'refused';
      }),
      run,
    );
});

const onlyCorrupt = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch (fault) {
    return fault instanceof StoreCorruptError;
  }
};

t.test('replies of Redis: read, or refused as corrupt; a number is what was written', async (t) => {
  const field = fc.oneof(anyText, fc.integer(), fc.constantFrom('decided', 'expired', 'sold_out', '', null));
  for (const run of efforts(t, RUNS, SHARE))
    fc.assert(
      fc.property(
        fc.array(field, { maxLength: 10 }),
        anyText,
        numeral,
        numeral,
        (fields, text, first, second) => {
          const winner = `${first}:${second}`;
          return (
            onlyCorrupt(() => admitted(fields)) &&
            onlyCorrupt(() => admitted([1, ...fields])) &&
            onlyCorrupt(() => admitted([1, ['decided', 1, 1, 0, '', ...fields]])) &&
            onlyCorrupt(() => parseClaimed(text)) &&
            onlyCorrupt(() => parseQueued(1, text)) &&
            onlyCorrupt(() => {
              const { issueNo, issuedAtMs } = parseWinner(winner);
              if (Number(first) !== issueNo || !/^\d+:\d+$/.test(winner))
                throw new Error(`${winner} was read as ${issueNo}`);
              return issuedAtMs;
            })
          );
        },
      ),
      run,
    );
});

t.test('configuration: read whole, or refused with the variables named', async (t) => {
  const names = [
    ...[
      'HOST',
      'PORT',
      'REDIS_URL',
      'MYSQL_URL',
      'DATA_DIR',
      'JWT_SECRET',
      'JWT_JWKS_URL',
      'DURABILITY',
      'ROLES',
    ],
    ...[
      'PROCESSES',
      'BATCH_MAX',
      'LEASE_MS',
      'MEMBER_RATE',
      'ADDRESS_RATE',
      'TRUSTED_PROXIES',
      'SELLER_SIGNUP',
    ],
  ];
  const nearly = fc.constantFrom(
    'redis://',
    'mysql://x',
    'http://[',
    'api,api',
    '::1/64',
    '1.2.3.4/0',
    'fsync',
    'open',
  );
  const environment = fc.dictionary(fc.constantFrom(...names), fc.oneof(anyText, nearly), { maxKeys: 6 });
  for (const run of efforts(t, RUNS, SHARE))
    fc.assert(
      fc.property(environment, (env) => {
        try {
          return Object.isFrozen(loadConfig(env));
        } catch (fault) {
          return (
            fault instanceof ConfigError &&
            fault.faults.every((line) => names.some((name) => line.includes(name)))
          );
        }
      }),
      run,
    );
});

t.test(
  'values of the command line, networks of proxies: read as written, or refused as wrong usage',
  async (t) => {
    const readers = [durationMs, couponId, wholeNumber(1, 1_000)];
    for (const run of efforts(t, RUNS, SHARE))
      fc.assert(
        fc.property(
          fc.oneof(
            anyText,
            numeral.map((text) => `${text}h`),
          ),
          (text) => {
            isNetwork(text);
            return readers.every((read) => {
              try {
                return Number.isSafeInteger(read(text)) && /^\d+[smhd]?$/.test(text);
              } catch (fault) {
                return fault instanceof InvalidArgumentError;
              }
            });
          },
        ),
        run,
      );
  },
);
