import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { ConfigError } from '../engine/domain/errors.js';
import { loadConfig } from './config.js';

const secret = 'kV3v0b6Zr8Q1yT5mWc9nXe2hLa7sPd4u';

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

t.test('a secret comes from a file, without the line break at its end', async (t) => {
  const dir = t.testdir({
    unix: `${secret}\n`,
    windows: `${secret}\r\n`,
    bare: secret,
    redis: 'redis://u:p@host:6379\n',
    mysql: 'mysql://u:p@host/db\n',
  });
  for (const name of ['unix', 'windows', 'bare']) {
    t.equal(loadConfig({ JWT_SECRET_FILE: join(dir, name) }).jwtSecret, secret, name);
  }
  const config = loadConfig({
    REDIS_URL_FILE: join(dir, 'redis'),
    MYSQL_URL_FILE: join(dir, 'mysql'),
    JWT_SECRET_FILE: join(dir, 'unix'),
  });
  t.match(config, {
    backEnd: 'distributed',
    redisUrls: ['redis://u:p@host:6379'],
    mysqlUrl: 'mysql://u:p@host/db',
    jwtSecret: secret,
  });
});

t.test('a secret that cannot be had is one line, which does not repeat it', async (t) => {
  const dir = t.testdir({ short: 'hunter2', empty: '\n', large: 'x'.repeat(1_048_577), folder: {} });
  const file = (name: string) => faultsOf({ JWT_SECRET_FILE: join(dir, name) });
  t.match(file('absent'), [/^JWT_SECRET_FILE cannot be read: .*absent \(ENOENT\)\.$/]);
  t.match(file('folder'), [/^JWT_SECRET_FILE cannot be read: .*folder \(EISDIR\)\.$/]);
  t.match(file('empty'), [/^JWT_SECRET_FILE names an empty file/]);
  t.match(file('large'), [/^JWT_SECRET_FILE names a file of more than 1048576 bytes\.$/]);
  t.strictSame(file('short'), ['JWT_SECRET must have at least 32 bytes.']);
  for (const name of ['JWT_SECRET', 'REDIS_URL', 'MYSQL_URL']) {
    t.strictSame(faultsOf({ [name]: 'hunter2', [`${name}_FILE`]: join(dir, 'short') }).slice(0, 1), [
      `${name} and ${name}_FILE exclude each other: set one.`,
    ]);
  }
});

t.test('a certificate that the listener could not use is refused with its variable named', async (t) => {
  const dir = t.testdir({ text: 'no certificate' });
  for (const name of ['one', 'two']) {
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'].concat(
        ['-subj', `/CN=${name}`, '-keyout', join(dir, `${name}.key`), '-out', join(dir, `${name}.pem`)],
      ),
      { stdio: 'ignore' },
    );
  }
  const pair = (cert: string, key: string) =>
    faultsOf({ TLS_CERT_FILE: join(dir, cert), TLS_KEY_FILE: join(dir, key) });
  t.strictSame(pair('one.pem', 'one.key'), []);
  t.strictSame(pair('one.pem', 'two.key'), ['TLS_KEY_FILE is not the key of TLS_CERT_FILE.']);
  t.match(pair('text', 'one.key'), [/^TLS_CERT_FILE has no certificate in PEM/]);
  t.match(pair('one.pem', 'text'), [/^TLS_KEY_FILE has no private key in PEM/]);
  t.match(pair('absent', 'one.key'), [/^TLS_CERT_FILE cannot be read/]);
  t.strictSame(faultsOf({ TLS_KEY_FILE: join(dir, 'one.key') }), [
    'TLS_CERT_FILE is missing: set both TLS_CERT_FILE and TLS_KEY_FILE, or neither.',
  ]);
});

t.test('half of an encrypted Redis is refused', async (t) => {
  const dir = t.testdir({ text: 'no certificate' });
  const stores = { MYSQL_URL: 'mysql://h/db', JWT_SECRET: secret };
  t.match(faultsOf({ ...stores, REDIS_URL: 'redis://a,rediss://b' }), [/^REDIS_URL mixes/]);
  t.match(faultsOf({ ...stores, REDIS_URL: 'rediss://a', REDIS_TLS_CA_FILE: join(dir, 'text') }), [
    /^REDIS_TLS_CA_FILE has no certificate in PEM/,
  ]);
});
