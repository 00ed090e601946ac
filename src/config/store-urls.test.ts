import t from 'tap';
import { makeCertificates } from '../../test/servers/certificates.js';
import { ConfigError } from '../engine/domain/errors.js';
import { loadConfig } from './config.js';

const distributed = {
  REDIS_URL: 'redis://cache.example:6379',
  MYSQL_URL: 'mysql://app@db.example:3306/seonchak',
  JWT_SECRET: 'kV3v0b6Zr8Q1yT5mWc9nXe2hLa7sPd4u',
};

const certificates = await makeCertificates();
t.teardown(() => certificates.remove());

/** What a pair of URLs means, or the only fault. */
function reading(env: NodeJS.ProcessEnv): Record<string, unknown> | string {
  try {
    const config = loadConfig({ ...distributed, ...env });
    if (config.backEnd === 'embedded') return 'embedded';
    const { redisUrls, redisTls, mysqlUrl, mysqlTls } = config;
    return { redis: redisUrls.join(), redisTls: redisTls?.check, mysql: mysqlUrl, mysqlTls: mysqlTls?.check };
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.join(' / ');
    throw error;
  }
}

const redis = (REDIS_URL: string) => reading({ REDIS_URL });
const mysql = (MYSQL_URL: string) => reading({ MYSQL_URL });

t.test('a database number of Redis is honoured in both spellings, and refused with a Cluster', (t) => {
  t.match(redis('redis://h/3'), { redis: 'redis://h/3' });
  t.match(redis('redis://h:6379?db=3'), { redis: 'redis://h:6379/3' });
  t.match(redis('redis://h/0'), { redis: 'redis://h' });
  t.match(redis('redis://h/3?db=4'), /^REDIS_URL names two database numbers/);
  t.match(redis('redis://h/abc'), /^REDIS_URL must end with a database number/);
  t.match(
    redis('redis://a/3,redis://b/3'),
    /^REDIS_URL names a database number, but a Redis Cluster has only/,
  );
  t.match(redis('redis://a/0,redis://b'), { redis: 'redis://a,redis://b' });
  t.end();
});

t.test('TLS options of Redis count in every spelling', (t) => {
  for (const [url, check] of [
    ['rediss://h', 'name'],
    ['redis://h?ssl=true', 'name'],
    ['redis://h?tls=true', 'name'],
    ['rediss://h?ssl_cert_reqs=none', 'nothing'],
    ['rediss://h?ssl_cert_reqs=required', 'name'],
    ['rediss://h?rejectUnauthorized=false', 'nothing'],
    ['rediss://h?ssl_check_hostname=false', 'authority'],
  ] as const) {
    t.match(redis(url), { redis: 'rediss://h', redisTls: check }, url);
  }
  t.match(redis('redis://h?ssl=false'), { redis: 'redis://h', redisTls: undefined });
  t.match(redis('rediss://h?ssl=false'), /^REDIS_URL has TLS options that contradict/);
  t.match(redis('redis://a?tls=true,redis://b'), /^REDIS_URL mixes nodes/);
  t.match(redis('rediss://h?ssl_ca_certs=/ca.pem'), /set REDIS_TLS_CA_FILE to the path/);
  t.match(redis('redis://h?family=0'), { redis: 'redis://h' });
  t.match(redis('redis://h?socket_timeout=5'), /^REDIS_URL has the option socket_timeout, which/);
  t.end();
});

t.test('TLS options of the database count in every spelling', (t) => {
  for (const [options, check] of [
    ['ssl=true', 'name'],
    ['tls=true', 'name'],
    ['useSSL=true', 'name'],
    ['ssl-mode=REQUIRED', 'nothing'],
    ['sslmode=require', 'nothing'],
    ['sslMode=VERIFY_CA', 'authority'],
    ['ssl_mode=VERIFY_IDENTITY', 'name'],
    ['sslmode=verify-full', 'name'],
    ['ssl={"rejectUnauthorized":true}', 'name'],
    ['ssl=%7B%22rejectUnauthorized%22%3Afalse%7D', 'nothing'],
    ['sslaccept=strict', 'name'],
    ['tls=skip-verify', 'nothing'],
    ['useSSL=true&requireSSL=true&verifyServerCertificate=false', 'nothing'],
    ['ssl-mode=DISABLED', undefined],
    ['useSSL=false', undefined],
    ['charset=utf8mb4', undefined],
  ] as const) {
    t.match(mysql(`mysql://h/d?${options}`), { mysql: 'mysql://h/d', mysqlTls: check }, options);
  }
  for (const [options, sentence] of [
    ['ssl-mode=PREFERRED', /option ssl-mode with a value that is not supported; use DISABLED, .*REQUIRED/],
    ['ssl=Amazon RDS', /option ssl with a value/],
    ['ssl={"ca":"x"}', /option ssl with a value/],
    ['ssl=true&useSSL=false', /contradict/],
    ['ssl_ca=/etc/ssl/ca.pem', /set MYSQL_TLS_CA_FILE to the path/],
    ['sslcert=/c.pem', /client certificates are not supported/],
    ['connectionLimit=5', /option connectionLimit, which Seonchak does not know/],
    ['multipleStatements=true', /option multipleStatements, which/],
    ['charset=latin1', /charset/],
  ] as const) {
    t.match(mysql(`mysql://h/d?${options}`), sentence, options);
  }
  t.end();
});

t.test('the file of an authority turns verification on, and contradicts a URL without TLS', (t) => {
  const MYSQL_TLS_CA_FILE = certificates.ca;
  for (const [options, check] of [
    ['', 'name'],
    ['?ssl-mode=REQUIRED', 'name'],
    ['?ssl-mode=VERIFY_CA', 'authority'],
  ] as const) {
    t.match(reading({ MYSQL_TLS_CA_FILE, MYSQL_URL: `mysql://h/d${options}` }), { mysqlTls: check }, options);
  }
  t.match(
    reading({ MYSQL_TLS_CA_FILE, MYSQL_URL: 'mysql://h/d?ssl-mode=DISABLED' }),
    /^MYSQL_TLS_CA_FILE turns TLS on/,
  );
  for (const REDIS_URL of ['redis://h', 'redis://h?ssl=false']) {
    t.match(reading({ REDIS_TLS_CA_FILE: certificates.ca, REDIS_URL }), /^REDIS_TLS_CA_FILE needs rediss/);
  }
  t.end();
});

t.test('user names and passwords: decoded, or refused with how to write them, and never repeated', (t) => {
  for (const password of ['a%2Fb', 'a@b', 'a:b', 'a%25', '%ED%95%9C']) {
    t.match(redis(`redis://:${password}@h`), { redis: /^redis:/ }, password);
    t.match(mysql(`mysql://u:${password}@h/d`), { mysql: /^mysql:/ }, password);
  }
  for (const password of ['se/cret', 'se#cret', 'se?cret', '12/34', '100%', '%zzsecret', 'se cret', '%FF']) {
    for (const fault of [redis(`redis://u:${password}@h`), mysql(`mysql://u:${password}@h/d`)]) {
      t.match(
        fault,
        /^\w+_URL has a user name or password with a character that must be percent-encoded/,
        password,
      );
      t.notMatch(fault, password);
    }
  }
  t.match(redis('redis://:a,b@h'), /comma in a password is written %2C/);
  t.match(redis('redis://:a@h,redis://:b@g'), /^REDIS_URL names several users or passwords/);
  t.match(redis('redis://:a@h,redis://g'), { redis: 'redis://:a@h,redis://g' });
  t.end();
});

t.test('hosts, paths and fragments', (t) => {
  t.match(redis('redis://[::1]:6380'), { redis: 'redis://[::1]:6380' });
  t.match(mysql('mysql://[fd00::1]:3307/d'), { mysql: 'mysql://[fd00::1]:3307/d' });
  t.match(redis('redis://%2Fvar%2Frun%2Fredis.sock'), /^REDIS_URL must be a URL starting with/);
  t.match(redis('redis://h#x'), /^REDIS_URL has a #/);
  for (const url of ['mysql://h', 'mysql://h/', 'mysql://h/a/b']) {
    t.match(mysql(url), /^MYSQL_URL must name one database as its path/, url);
  }
  t.end();
});

t.test('HOST: an IPv6 address with or without brackets, and no port', (t) => {
  t.equal(loadConfig({ HOST: '[::1]' }).host, '::1');
  t.equal(loadConfig({ HOST: '::' }).host, '::');
  t.equal(loadConfig({ HOST: 'api.internal' }).host, 'api.internal');
  for (const HOST of ['0.0.0.0:80', 'http://localhost', '[::1', 'a b']) {
    t.match(reading({ HOST }), /^HOST must be an address or a host name without a port/, HOST);
  }
  t.end();
});

t.test('Sentinels: servers, master, database, TLS and passwords of both kinds', (t) => {
  const sentinel = (REDIS_URL: string) => {
    const config = loadConfig({ ...distributed, REDIS_URL });
    if (config.backEnd === 'embedded') throw new Error('embedded');
    const { redisUrls, redisSentinel, redisTls } = config;
    return { urls: redisUrls, redisTls, ...redisSentinel };
  };
  t.same(sentinel('redis+sentinel://app:a%40b@s1:26380,s2,[::1]/drops/3?sentinel_password=p%26q'), {
    urls: ['redis://app:a%40b@s1:26380/3'],
    redisTls: undefined,
    masterName: 'drops',
    addresses: [
      { host: 's1', port: 26_380 },
      { host: 's2', port: 26_379 },
      { host: '::1', port: 26_379 },
    ],
    username: undefined,
    password: 'p&q',
    isEncrypted: false,
  });
  t.match(sentinel('rediss+sentinel://s1/drops?db=2&sentinelUsername=u&sentinelPassword=p&sslmode=require'), {
    urls: ['rediss://s1/2'],
    redisTls: { check: 'nothing' },
    ...{ username: 'u', password: 'p', isEncrypted: true },
  });
  t.match(sentinel('rediss+sentinel://s1/drops?sentinel_tls=false'), { isEncrypted: false });
  for (const wrong of ['redis+sentinel://s1', 'redis+sentinel://s1/', 'redis+sentinel://s1:x/drops']) {
    t.match(redis(wrong), /^REDIS_URL must be redis\+sentinel:\/\/.*mastername/, wrong);
  }
  t.match(redis('redis+sentinel://s1/drops/x'), /^REDIS_URL must be redis\+sentinel/);
  t.match(redis('redis+sentinel://s1/drops?sentinel_tls=maybe'), /sentinel_tls .*use true or false/);
  t.match(redis('redis+sentinel://s1/drops?retries=3'), /option retries/);
  t.match(redis('redis+sentinel://a/b@s1/drops'), /percent-encoded/);
  t.end();
});

t.test('REDIS_NAT_MAP and REDIS_PREFIX', (t) => {
  const config = loadConfig({
    ...distributed,
    REDIS_NAT_MAP: '10.0.0.1:6379=r.example:7001, [::1]:1=[::2]:2',
  });
  t.match(config, {
    redisNatMap: {
      '10.0.0.1:6379': { host: 'r.example', port: 7_001 },
      '::1:1': { host: '::2', port: 2 },
    },
  });
  for (const REDIS_NAT_MAP of ['a=b', 'a:1', 'a:1=b:2=c:3', 'a:1=b:99999']) {
    t.match(
      reading({ REDIS_NAT_MAP }),
      /^REDIS_NAT_MAP must be advertised:port=reachable:port/,
      REDIS_NAT_MAP,
    );
  }
  t.match(reading({ REDIS_PREFIX: 'a{b}' }), /^REDIS_PREFIX must be .*no braces/);
  t.match(loadConfig({ ...distributed, REDIS_PREFIX: 'shop:' }), { redisPrefix: 'shop:' });
  t.end();
});
