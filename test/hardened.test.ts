/**
 * Tests the installation that docs/security.md describes: TLS on every connection, secrets in files, a Redis user with nothing
 * but our commands, and database users with nothing but our statements. The rules are read from the document itself.
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { runSeonchak } from './clients/seonchak-command.js';
import { signToken } from './clients/tokens.js';
import { makeCertificates } from './servers/certificates.js';
import { freePort } from './servers/free-port.js';
import { startMariadb } from './servers/mariadb.js';
import { redisClient, startRedis } from './servers/redis.js';
import { startSeonchak, TEST_SECRET } from './servers/seonchak.js';

const PATIENCE_MS = 30_000;
const manual = readFileSync(new URL('../docs/security.md', import.meta.url), 'utf8');

/** The code block behind a heading, with its placeholder password replaced. */
function block(heading: string): string {
  const [, behind = ''] = manual.split(`\n### ${heading}\n`);
  const text = /```\w*\n([^]*?)```/.exec(behind)?.[1];
  if (text === undefined) throw new Error(`docs/security.md has no block under ${heading}`);
  return text.replaceAll('PASSWORD', 'only-here');
}
const statements = (heading: string): string[] =>
  block(heading)
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');

const certificates = await makeCertificates();
t.teardown(() => certificates.remove());
const { ca, cert, key } = certificates;
const tlsPort = await freePort();
const [redis, mariadb] = await Promise.all([
  startRedis({
    args: ['--tls-port', String(tlsPort), '--tls-cert-file', cert, '--tls-key-file', key].concat([
      ...['--tls-ca-cert-file', ca, '--tls-auth-clients', 'no'],
    ]),
  }),
  startMariadb([`--ssl-ca=${ca}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`]),
]);
t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));

const redisAdmin = redisClient(redis);
t.teardown(() => redisAdmin.disconnect());
const aclRules = block('Redis user').trim().split(/\s+/);
const [, aclUser = '', ...aclWords] = aclRules;
await redisAdmin.acl('SETUSER', aclUser, ...aclWords);
async function asRoot(heading: string): Promise<void> {
  const root = await createConnection({ host: '127.0.0.1', port: mariadb.port, user: 'root' });
  for (const statement of statements(heading)) await root.query(statement);
  await root.end();
}
await asRoot('Database users');

const urls = {
  redis: `rediss://${aclUser}:only-here@127.0.0.1:${tlsPort}`,
  mysql: (user: string) => `mysql://${user}:only-here@127.0.0.1:${mariadb.port}/seonchak`,
};
const files = t.testdir();
const fileWith = async (name: string, content: string): Promise<string> => {
  await writeFile(join(files, name), `${content}\n`, { mode: 0o600 });
  return join(files, name);
};
const settings = {
  REDIS_URL_FILE: await fileWith('redis', urls.redis),
  REDIS_TLS_CA_FILE: ca,
  MYSQL_URL_FILE: await fileWith('mysql', urls.mysql('seonchak_server')),
  MYSQL_TLS_CA_FILE: ca,
  JWT_SECRET_FILE: await fileWith('jwt', TEST_SECRET),
};
const asOperator = { ...settings, MYSQL_URL_FILE: await fileWith('op', urls.mysql('seonchak_operator')) };
const asMigrator = { ...settings, MYSQL_URL_FILE: await fileWith('mig', urls.mysql('seonchak_migrate')) };

const migrated = await runSeonchak(['migrate'], asMigrator);
// Not an assertion: tap would take the file for finished.
if (migrated.exitCode !== 0) throw new Error(`the tables were not made: ${migrated.stderr}`);
await asRoot('Database grants');

const server = await startSeonchak({
  ...settings,
  JWT_SECRET: '',
  TLS_CERT_FILE: cert,
  TLS_KEY_FILE: key,
});
t.teardown(() => server.stop());

const agent = new Agent({ ca: readFileSync(ca), keepAlive: true });
t.teardown(() => agent.destroy());
interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}
function call(line: string, token?: string, body?: object): Promise<Answer> {
  const [method = '', path = ''] = line.split(' ');
  return new Promise((resolve, reject) => {
    const sent = request({ agent, host: '127.0.0.1', port: server.port, method, path }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] }),
      );
    });
    if (token !== undefined) sent.setHeader('Authorization', `Bearer ${token}`);
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
async function until(line: string, token: string, isSo: (answer: Answer) => boolean): Promise<Answer> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await call(line, token);
    if (isSo(answer) || performance.now() > giveUpAt) return answer;
    await pause(50);
  }
}

const seller = await signToken('shop', 'seller');
const coupon = '/v1/coupons/1';
const download = async (member: string) => call(`POST ${coupon}/download`, await signToken(member, 'member'));

t.test('everything works with these rights and no others', async (t) => {
  t.equal((await call('POST /v1/coupons', seller, { name: 'Hardened', quantity: 2 })).status, 201);
  for (const [member, status] of [
    ['m-1', 201],
    ['m-2', 201],
    ['m-2', 200],
    ['m-3', 409],
  ] as const) {
    t.equal((await download(member)).status, status, member);
  }
  t.equal((await call(`PATCH ${coupon}`, seller, { quantity: 4 })).status, 200);
  t.equal(
    (await until(`GET ${coupon}/stats`, seller, ({ body }) => body['recorded'] === 2)).body['recorded'],
    2,
  );
  t.equal((await call(`DELETE ${coupon}/issuances/1`, seller)).status, 200);
  const member = await signToken('m-2', 'member');
  t.match(await call(`GET ${coupon}/issuance`, member), { status: 200, body: { issueNo: 2 } });
  t.equal((await call('POST /v1/me/coupons/1/use', member)).status, 200);
  t.equal((await call(`POST ${coupon}/pause`, seller)).status, 200);
  t.equal((await call(`POST ${coupon}/resume`, seller)).status, 200);
  const account = { email: 'a@shop.test', password: 'correct horse battery' };
  t.equal((await call('POST /v1/accounts', undefined, { ...account, role: 'member' })).status, 201);
  t.equal((await call('POST /v1/sessions', undefined, account)).status, 200);

  for (const words of [
    ['status'],
    ['warm', '--all'],
    ['reconcile', '--all'],
    ['account', 'lock', 'm-9'],
    ['account', 'unlock', 'm-9'],
    ['account', 'create', '--email', 'b@shop.test', '--role', 'seller'],
    ['audit'],
  ]) {
    const { exitCode, stderr } = await runSeonchak(words, asOperator);
    t.equal(exitCode, 0, `${words.join(' ')}: ${stderr}`);
  }
  t.strictSame(await redisAdmin.acl('LOG'), [], 'Redis refused nothing');
});

t.test('the users of the database can do no more than their work', async (t) => {
  const as = async (user: string, sql: string): Promise<unknown> => {
    const connection = await createConnection({
      uri: urls.mysql(user),
      ssl: { ca: readFileSync(ca), verifyIdentity: false },
    });
    try {
      return await connection.query(sql);
    } finally {
      connection.destroy();
    }
  };
  const denied = { code: /^ER_(TABLEACCESS|DBACCESS|COLUMNACCESS)_DENIED/ };
  for (const [user, sql] of [
    ['seonchak_server', 'drop table coupon'],
    ['seonchak_server', 'delete from audit_log'],
    ['seonchak_server', 'select * from audit_log'],
    ['seonchak_server', "update access_lock set locked = 0 where subject = 'm-9'"],
    ['seonchak_server', 'delete from revocation'],
    ['seonchak_operator', 'delete from audit_log'],
    ['seonchak_operator', 'alter table coupon drop column name'],
  ] as const) {
    await t.rejects(as(user, sql), denied, `${user}: ${sql}`);
  }
});

t.test('no connection is made in plain, nor to another server', async (t) => {
  const plainMysql = { ...settings, MYSQL_TLS_CA_FILE: '' };
  const otherName = urls.mysql('seonchak_server').replace('127.0.0.1', 'localhost');
  for (const [name, env] of [
    ['the database user needs TLS', plainMysql],
    [
      'the certificate of the database is for another name',
      { ...settings, MYSQL_URL_FILE: await fileWith('other', otherName) },
    ],
  ] as const) {
    const { exitCode, stderr } = await runSeonchak(['status'], env);
    t.equal(exitCode, 1, name);
    t.match(stderr, /^seonchak: .+\n$/, name);
    t.notMatch(stderr, /only-here/, name);
  }
});
