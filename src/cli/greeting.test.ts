import t from 'tap';
import { loadConfig } from '../config/config.js';
import { greeting } from './greeting.js';

const secret = 'kV3v0b6Zr8Q1yT5mWc9nXe2hLa7sPd4u';
const stores = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  MYSQL_URL: 'mysql://root:hidden-password@127.0.0.1:3306/seonchak',
};
const distributed = { ...stores, JWT_SECRET: secret };

t.test('a newcomer gets the address and four commands', (t) => {
  const lines = greeting(loadConfig({}), 8080);
  t.match(
    lines[0],
    /^Seonchak is ready on http:\/\/127\.0\.0\.1:8080 \(embedded back end, data in \.\/data\)$/,
  );
  t.match(lines[1], 'http://127.0.0.1:8080/reference', 'and the address of the console');
  t.equal(lines.filter((line) => line.startsWith('  ')).length, 4);
  t.end();
});

t.test('the commands find the data of a server that was started with a folder of its own', (t) => {
  t.notMatch(greeting(loadConfig({}), 8080).join('\n'), 'DATA_DIR');
  const lines = greeting(loadConfig({ DATA_DIR: "/srv/kim's shop" }), 8080);
  const folder = String.raw`DATA_DIR='/srv/kim'\''s shop' npm run`;
  t.equal(lines.filter((line) => line.includes(`$(${folder}`)).length, 2, 'both commands that sign tokens');
  t.end();
});

t.test('an address that means "all" is shown as one that can be connected to', (t) => {
  t.match(greeting(loadConfig({ HOST: '0.0.0.0' }), 80)[0], 'http://localhost:80 ');
  t.match(greeting(loadConfig({ HOST: '::1' }), 80)[0], 'http://[::1]:80 ');
  t.end();
});

t.test('no password or secret is printed', (t) => {
  const text = greeting(loadConfig(distributed), 8080).join('\n');
  t.match(text, 'distributed back end');
  t.notMatch(text, 'hidden-password');
  t.notMatch(text, secret);
  t.end();
});

t.test('with an outside identity provider there are no tokens to suggest', (t) => {
  const config = loadConfig({ ...stores, JWT_JWKS_URL: 'https://id.example/keys' });
  t.equal(greeting(config, 8080).length, 2);
  t.end();
});

t.test('a process that only records says so', (t) => {
  t.match(greeting(loadConfig({ ...distributed, ROLES: 'recorder' }), 8080), [/ready to record.*:8080/]);
  t.end();
});
