import t from 'tap';
import { ConfigError } from '../engine/domain/errors.js';
import { DATABASE_TIMEOUT_MS } from '../engine/domain/limits.js';
import { loadConfig } from './config.js';

const secret = 'kV3v0b6Zr8Q1yT5mWc9nXe2hLa7sPd4u';
const distributed = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  MYSQL_URL: 'mysql://root@127.0.0.1:3306/seonchak',
  JWT_SECRET: secret,
};

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

t.test('with nothing set there is an embedded server on this machine only', (t) => {
  const config = loadConfig({});
  t.equal(config.backEnd, 'embedded');
  t.equal(config.host, '127.0.0.1');
  t.equal(config.port, 8080);
  t.equal(config.dataDir, './data');
  t.equal(config.jwtSecret, undefined, 'it is generated in the data folder');
  t.equal(config.sellerSignup, 'open');
  t.equal(config.memberSignup, 'open');
  t.equal(config.shutdownDelayMs, 0, 'no balancer has to notice');
  t.same(config.roles, ['api', 'recorder', 'relay']);
  t.end();
});

t.test('an empty variable counts as absent', (t) => {
  t.same(loadConfig({ PORT: '', REDIS_URL: '', MYSQL_URL: '', JWT_SECRET: '' }), loadConfig({}));
  t.end();
});

t.test('both store addresses choose the distributed back end, closed to sign-ups and slow to stop', (t) => {
  const config = loadConfig(distributed);
  t.match(config, {
    backEnd: 'distributed',
    redisUrls: [distributed.REDIS_URL],
    mysqlUrl: distributed.MYSQL_URL,
    jwtSecret: secret,
    sellerSignup: 'closed',
    memberSignup: 'closed',
    shutdownDelayMs: 5000,
  });
  t.end();
});

t.test('several Redis addresses are the seeds of a Cluster', (t) => {
  const config = loadConfig({ ...distributed, REDIS_URL: 'redis://a:1, redis://b:2,' });
  t.match(config, { redisUrls: ['redis://a:1', 'redis://b:2'] });
  t.end();
});

t.test('the configuration cannot be changed afterwards', (t) => {
  for (const config of [loadConfig({}), loadConfig(distributed)]) {
    t.ok(Object.isFrozen(config));
    t.ok(Object.isFrozen(config.roles));
  }
  t.end();
});

t.test('one store address alone is refused and the other one is named', (t) => {
  t.same(faultsOf({ REDIS_URL: distributed.REDIS_URL }), [
    'MYSQL_URL is missing while REDIS_URL is set: set both (distributed) or neither (embedded).',
  ]);
  t.same(faultsOf({ MYSQL_URL: distributed.MYSQL_URL }), [
    'REDIS_URL is missing while MYSQL_URL is set: set both (distributed) or neither (embedded).',
  ]);
  t.end();
});

t.test('every value that cannot be used is refused under the name of its variable', (t) => {
  const refused: readonly (readonly [name: string, ...values: string[]])[] = [
    ['PORT', '0', '65536', '70000', '-1', '80.5', 'http', ' 80', '1e3', '0x50'],
    ['REDIS_URL', 'localhost:6379', 'http://localhost', 'redis://', ',', 'redis://a,http://b'],
    ['MYSQL_URL', 'localhost', 'postgres://localhost/a', 'mysql:'],
    ['JWT_SECRET', 'short', 'a'.repeat(31), 'é'.repeat(15)],
    ['JWT_JWKS_URL', 'keys.json', 'ftp://keys'],
    ['PRESENCE_SECRET', 'short', 'a'.repeat(40), 'change-me-change-me-change-me-change-me'],
    ['PRESENCE_JWKS_URL', 'keys.json', 'ftp://keys'],
    ['DURABILITY', 'strong', 'FSYNC'],
    ['REPLICA_ACKS', '0', '17'],
    ['ROLES', 'web', 'api,web', ','],
    ['PROCESSES', '0', '65'],
    ['BATCH_MAX', '0', '3001'],
    ['MAILBOX_MAX', '0', '1000001'],
    ['ADMIT_DEADLINE_MS', '49', '60001'],
    ['LEASE_MS', '999', '600001'],
    ['RECORD_BATCH_MAX', '0', '3001'],
    ['RECORD_THREADS', '0', '17'],
    ['LOG_LEVEL', 'loud'],
    ['SELLER_SIGNUP', 'yes'],
    ['MEMBER_SIGNUP', 'yes'],
    ['SHUTDOWN_DELAY_MS', '-1', '600001', '5s'],
    [
      'CORS_ORIGINS',
      'shop.example',
      'https://shop.example/',
      'https://SHOP.example',
      'https://shop.example:443',
      'null',
    ],
  ];
  for (const [name, ...values] of refused) {
    for (const value of values) {
      const faults = faultsOf({ ...distributed, [name]: value });
      t.ok(faults.length > 0, `${name}=${value} is refused`);
      t.ok(
        faults.every((fault) => fault.startsWith(`${name} `)),
        `${name}=${value}: ${faults.join(' / ')}`,
      );
    }
  }
  t.end();
});

t.test('a secret that was copied from a manual is refused', (t) => {
  for (const placeholder of [
    'a'.repeat(40),
    'change-me-change-me-change-me-change-me',
    'please_CHANGE_ME_to_something_random_1234',
    'this-is-an-example-of-a-long-secret-value',
    'secret-secret-secret-secret-secret-secret',
    'your-secret-goes-here-and-is-long-enough',
    'placeholder-placeholder-placeholder-1234',
  ]) {
    t.match(faultsOf({ JWT_SECRET: placeholder }), [/^JWT_SECRET is a known placeholder/], placeholder);
  }
  t.same(faultsOf({ JWT_SECRET: secret }), []);
  t.end();
});

t.test('no fault repeats a secret or a password', (t) => {
  const faults = faultsOf({
    REDIS_URL: 'http://:redis-password@host',
    MYSQL_URL: 'postgres://root:mysql-password@host/db',
    JWT_SECRET: 'change-me-jwt-password',
  });
  t.ok(faults.length >= 3);
  t.notMatch(faults.join('\n'), /password/);
  t.end();
});

t.test('all faults are reported together, one line each', (t) => {
  const faults = faultsOf({ PORT: '70000', LOG_LEVEL: 'loud', ROLES: 'web', JWT_SECRET: 'short' });
  t.same(
    faults.map((fault) => fault.split(' ')[0]),
    ['PORT', 'JWT_SECRET', 'ROLES', 'LOG_LEVEL'],
  );
  const error = new ConfigError(faults);
  t.equal(error.code, 'config_invalid');
  for (const fault of faults) t.ok(error.message.includes(`  - ${fault}`));
  t.end();
});

t.test('faults between variables are reported together too', (t) => {
  const faults = faultsOf({
    REDIS_URL: distributed.REDIS_URL,
    JWT_SECRET: secret,
    JWT_JWKS_URL: 'https://id.example/keys',
    PROCESSES: '4',
    DURABILITY: 'replica',
    ROLES: 'api',
    LEASE_MS: String(DATABASE_TIMEOUT_MS),
  });
  t.same(
    faults.map((fault) => fault.split(' ')[0]),
    ['MYSQL_URL', 'JWT_SECRET', 'PROCESSES', 'DURABILITY', 'ROLES', 'LEASE_MS'],
  );
  t.end();
});

t.test('the distributed back end needs a key for tokens, and either kind will do', (t) => {
  const { JWT_SECRET, ...keyless } = distributed;
  t.match(faultsOf(keyless), [/^JWT_SECRET .* or JWT_JWKS_URL is required/]);
  t.same(faultsOf({ ...keyless, JWT_SECRET }), []);
  t.same(faultsOf({ ...keyless, JWT_JWKS_URL: 'https://id.example/keys' }), []);
  t.end();
});

t.test('presence tickets: none by default, one secret of its own or the keys of a service', (t) => {
  t.match(loadConfig({}), { presenceSecret: undefined, presenceJwksUrl: undefined });
  const PRESENCE_SECRET = `${secret}-of-the-waiting-room`;
  t.match(loadConfig({ PRESENCE_SECRET, PRESENCE_ISSUER: 'room', PRESENCE_AUDIENCE: 'drops' }), {
    presenceSecret: PRESENCE_SECRET,
    presenceIssuer: 'room',
    presenceAudience: 'drops',
  });
  const PRESENCE_JWKS_URL = 'https://room.example/keys';
  t.match(loadConfig({ PRESENCE_JWKS_URL }), { presenceJwksUrl: PRESENCE_JWKS_URL });
  t.match(faultsOf({ PRESENCE_SECRET, PRESENCE_JWKS_URL }), [
    /^PRESENCE_SECRET and PRESENCE_JWKS_URL exclude/,
  ]);
  t.match(faultsOf({ JWT_SECRET: secret, PRESENCE_SECRET: secret }), [
    /^PRESENCE_SECRET must differ from JWT_SECRET/,
  ]);
  t.end();
});

t.test('a lease has to outlast a statement in the database', (t) => {
  t.match(faultsOf({ LEASE_MS: String(DATABASE_TIMEOUT_MS) }), [/^LEASE_MS must be greater/]);
  t.same(faultsOf({ LEASE_MS: String(DATABASE_TIMEOUT_MS + 1) }), []);
  t.end();
});

t.test('the roles of a process may be divided with the distributed back end', (t) => {
  t.same(loadConfig({ ...distributed, ROLES: 'recorder' }).roles, ['recorder']);
  t.same(loadConfig({ ...distributed, ROLES: 'api, api' }).roles, ['api'], 'named twice counts once');
  t.end();
});

t.test(
  'limits of callers: none by default but for wrong passwords, whole numbers, and proxies that are addresses',
  (t) => {
    t.same(loadConfig({}).limits, {
      member: { rate: 0, burst: 2_000 },
      address: { rate: 0, burst: 10_000 },
      key: { rate: 0, burst: 2 },
      signInFailuresMax: 10,
      trustedProxies: [],
    });
    const { limits } = loadConfig({ MEMBER_RATE: '100', TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,fd00::/8' });
    t.match(limits, { member: { rate: 100 }, trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'] });
    for (const proxies of ['proxy.internal', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '*']) {
      t.match(faultsOf({ TRUSTED_PROXIES: proxies }), [/TRUSTED_PROXIES/], proxies);
    }
    t.match(faultsOf({ MEMBER_RATE: '-1', MEMBER_BURST: '0', ADDRESS_RATE: '1.5' }), [
      /MEMBER_RATE/,
      /MEMBER_BURST/,
      /ADDRESS_RATE/,
    ]);
    t.end();
  },
);
