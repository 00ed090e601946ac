/**
 * Tests arguments and settings that cannot work with the real command.
 *
 * Each ends with 2 (wrong usage) or 1 (wrong surroundings), one line a cause with a stable code, and never
 * a stack trace.
 */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { emptyFolder, runSeonchak, STACK_TRACE } from '../clients/seonchak-command.js';
import { freePort } from '../servers/free-port.js';
import { startMariadb } from '../servers/mariadb.js';
import { startRedis } from '../servers/redis.js';
import { startSeonchak } from '../servers/seonchak.js';
import { startBackEnd } from '../system/back-ends.js';

const SECRET = 'kV3v0b6Zr8Q1yT5mWc9nXe2hLa7sPd4u';
const UNKNOWN_ADDRESS = {
  REDIS_URL: 'redis://127.0.0.1:1',
  MYSQL_URL: 'mysql://a:b@127.0.0.1:1/c',
  JWT_SECRET: SECRET,
};

const folder = await emptyFolder();
t.teardown(() => folder.remove());

interface Expected {
  readonly exitCode: 1 | 2;
  readonly code: string;
  /** Text that the line must have. */
  readonly says: RegExp;
}

type Settings = Readonly<Record<string, string>>;

async function refused(
  t: Test,
  words: readonly string[],
  settings: Settings,
  expected: Expected,
): Promise<void> {
  const { exitCode, stdout, stderr } = await runSeonchak(words, {
    DATA_DIR: join(folder.path, 'data'),
    LOG_LEVEL: 'silent',
    ...settings,
  });
  t.equal(exitCode, expected.exitCode);
  t.equal(stdout, '');
  t.match(stderr, expected.says);
  t.match(stderr, new RegExp(`^(?:seonchak: .+ \\[${expected.code}\\]\\n)+$`), 'one line a cause');
  t.notMatch(stderr, STACK_TRACE);
}

const misused: readonly (readonly [name: string, words: string, says: RegExp])[] = [
  ['an unknown flag', 'serve --nonsense', /Unknown option '--nonsense'/],
  ['an unknown command', 'launch', /Unknown command 'launch'/],
  ['a word too many', 'serve now', /Too many arguments/],
  ['a coupon that is no number', 'status first', /first/],
  ['nothing to warm', 'warm', /ID|--all/],
  ['an unknown role', 'tokens --role admin', /admin/],
  ['no tokens at all', 'tokens --count 0', /whole number from 1/],
];
for (const [name, words, says] of misused) {
  t.test(name, (t) => refused(t, words.split(' '), {}, { exitCode: 2, code: 'usage_invalid', says }));
}

const misconfigured: readonly (readonly [name: string, settings: Settings, says: RegExp])[] = [
  ['port 0', { PORT: '0' }, /PORT must be a whole number from 1 to 65535/],
  ['port 70000', { PORT: '70000' }, /PORT must be a whole number from 1 to 65535/],
  [
    'a Redis without a database',
    { REDIS_URL: UNKNOWN_ADDRESS.REDIS_URL },
    /MYSQL_URL is missing while REDIS_URL is set/,
  ],
  [
    'a database without a Redis',
    { MYSQL_URL: UNKNOWN_ADDRESS.MYSQL_URL },
    /REDIS_URL is missing while MYSQL_URL is set/,
  ],
  [
    'a Redis by HTTP',
    { ...UNKNOWN_ADDRESS, REDIS_URL: 'http://127.0.0.1' },
    /REDIS_URL must be a URL starting with redis:/,
  ],
  ['a list of no Redis', { ...UNKNOWN_ADDRESS, REDIS_URL: ',' }, /REDIS_URL must name at least one redis:/],
  [
    'another kind of database',
    { ...UNKNOWN_ADDRESS, MYSQL_URL: 'postgres://a/b' },
    /MYSQL_URL must be a URL starting with mysql:/,
  ],
  [
    'a lease shorter than the database timeout',
    { LEASE_MS: '5000' },
    /LEASE_MS must be greater than the database timeout/,
  ],
  ['no secret', { ...UNKNOWN_ADDRESS, JWT_SECRET: '' }, /JWT_SECRET .* or JWT_JWKS_URL is required/],
  ['a secret from a manual', { JWT_SECRET: 'change-me-'.repeat(4) }, /JWT_SECRET is a known placeholder/],
  ['a secret of 16 bytes', { JWT_SECRET: SECRET.slice(16) }, /JWT_SECRET must have at least 32 bytes/],
  [
    'a secret with a blank at its end',
    { JWT_SECRET: `${SECRET} ` },
    /JWT_SECRET begins or ends with white space/,
  ],
  ['a folder with a blank at its end', { DATA_DIR: './data ' }, /DATA_DIR begins or ends with white space/],
  ['a port with a blank', { PORT: '8080 ' }, /PORT begins or ends with white space/],
  [
    'two ways to check tokens',
    { JWT_SECRET: SECRET, JWT_JWKS_URL: 'https://id.example' },
    /exclude each other/,
  ],
  ['a secret in a file that is not there', { JWT_SECRET_FILE: '/nowhere' }, /JWT_SECRET_FILE cannot be read/],
  ['an unknown durability', { DURABILITY: 'eternal' }, /DURABILITY must be one of memory, fsync, replica/],
  ['replicas without Redis', { DURABILITY: 'replica' }, /DURABILITY replica needs the distributed back end/],
  ['more replicas than can be', { REPLICA_ACKS: '17' }, /REPLICA_ACKS must be a whole number from 1 to 16/],
  [
    'processes of the embedded back end',
    { PROCESSES: '2' },
    /PROCESSES above 1 needs the distributed back end/,
  ],
  ['no role', { ROLES: ',' }, /ROLES must be a list of api, recorder, relay/],
  ['an unknown role', { ROLES: 'api,web' }, /ROLES must be a list of api, recorder/],
  [
    'one role of the embedded back end',
    { ROLES: 'api' },
    /ROLES must contain api and recorder with the embedded back end/,
  ],
  ['an unknown level', { LOG_LEVEL: 'loud' }, /LOG_LEVEL must be/],
  ['a proxy by name', { TRUSTED_PROXIES: 'proxy' }, /TRUSTED_PROXIES must be a list of addresses/],
  ['half of TLS', { TLS_CERT_FILE: '/nowhere' }, /TLS_KEY_FILE is missing/],
  ['a number that is none', { BATCH_MAX: '1e3' }, /BATCH_MAX must be a whole number/],
];
for (const [name, settings, says] of misconfigured) {
  t.test(name, (t) => refused(t, ['serve'], settings, { exitCode: 2, code: 'config_invalid', says }));
}

t.test('several faults are several lines, each with the code', async (t) => {
  const { exitCode, stderr } = await runSeonchak(['serve'], { PORT: '0', LEASE_MS: '1', ROLES: 'x' });
  t.equal(exitCode, 2);
  t.match(stderr, /^(?:seonchak: (?:PORT|LEASE_MS|ROLES) .+ \[config_invalid\]\n){3}$/);
});

t.test('a folder that cannot be written', async (t) => {
  // Root may write everywhere; below a file no user can.
  const file = join(folder.path, 'file');
  await writeFile(file, '');
  const says = /The data folder .*file\/data cannot be written \(DATA_DIR\)/;
  await refused(
    t,
    ['serve'],
    { DATA_DIR: join(file, 'data') },
    { exitCode: 2, code: 'data_dir_unwritable', says },
  );
});

t.test('a secret in the folder that is damaged', async (t) => {
  const dataDir = join(folder.path, 'damaged');
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'jwt-secret'), 'x');
  const says = /secret/;
  await refused(t, ['serve'], { DATA_DIR: dataDir }, { exitCode: 2, code: 'secret_unusable', says });
});

t.test('a second server on the same folder', async (t) => {
  const dataDir = join(folder.path, 'shared');
  const server = await startSeonchak({ DATA_DIR: dataDir });
  t.teardown(() => server.stop());
  const says = /Another server is using the data folder/;
  const settings = { DATA_DIR: dataDir, PORT: String(await freePort()) };
  await refused(t, ['serve'], settings, { exitCode: 2, code: 'data_dir_in_use', says });
});

for (const backEnd of ['embedded', 'distributed']) {
  t.test(`a port in use, ${backEnd} back end`, (t) => portInUse(t, backEnd === 'distributed'));
}

/** The distributed back end has started its recorder's threads by then. They must end without taking the message with them. */
async function portInUse(t: Test, distributed: boolean): Promise<void> {
  const stores = distributed ? await startBackEnd('redis') : undefined;
  if (stores !== undefined) t.teardown(() => stores.stop());
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const address = other.address();
  const port = String(typeof address === 'object' ? address?.port : 0);
  const says = new RegExp(`Port ${port} on 127.0.0.1 is in use by another program`);
  const settings = { ...stores?.settings, JWT_SECRET: SECRET, PORT: port };
  await refused(t, ['serve'], settings, { exitCode: 2, code: 'port_in_use', says });
}

t.test('an address of another machine', (t) =>
  refused(
    t,
    ['serve'],
    { HOST: '192.0.2.1' },
    { exitCode: 2, code: 'listen_failed', says: /Cannot listen on 192\.0\.2\.1/ },
  ),
);

t.test('stores that are unreachable, or refuse our credentials', async (t) => {
  const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
  t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
  const there = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: SECRET };
  const wrongPassword = new URL(mariadb.url);
  wrongPassword.password = 'wrong';
  const otherDatabase = new URL(mariadb.url);
  otherDatabase.pathname = '/elsewhere';
  const cases: readonly (readonly [name: string, settings: Settings, says: RegExp])[] = [
    ['no Redis', { ...there, REDIS_URL: UNKNOWN_ADDRESS.REDIS_URL }, /Redis .*127\.0\.0\.1:1/],
    ['no such host', { ...there, REDIS_URL: 'redis://nowhere.invalid' }, /Redis .*nowhere\.invalid/],
    [
      'a password for a Redis without one',
      { ...there, REDIS_URL: redis.url.replace('//', '//user:secret@') },
      /Redis .*WRONGPASS/,
    ],
    ['no database server', { ...there, MYSQL_URL: UNKNOWN_ADDRESS.MYSQL_URL }, /database .*127\.0\.0\.1:1/],
    ['a wrong password', { ...there, MYSQL_URL: wrongPassword.href }, /database .*[Aa]ccess denied/],
    ['no such database', { ...there, MYSQL_URL: otherDatabase.href }, /database .*elsewhere/],
  ];
  for (const [name, settings, says] of cases) {
    const own = { ...settings, PORT: String(await freePort()) };
    const expected = { exitCode: 1, code: 'store_unavailable', says } as const;
    await t.test(name, (t) => refused(t, ['serve'], own, expected));
  }
  await t.test('for a command as for the server', (t) =>
    refused(t, ['status'], UNKNOWN_ADDRESS, {
      exitCode: 1,
      code: 'store_unavailable',
      says: /127\.0\.0\.1:1/,
    }),
  );
  for (const [url, says] of [
    [new URL(mariadb.url), /Run `seonchak migrate`/],
    [wrongPassword, /user name or password, or this user requires TLS. Check MYSQL_URL/],
    [otherDatabase, /has no access to this database/],
  ] as const) {
    await t.test(String(says), (t) =>
      refused(
        t,
        ['status'],
        { ...there, MYSQL_URL: url.href },
        { exitCode: 1, code: 'store_unavailable', says },
      ),
    );
  }
});
