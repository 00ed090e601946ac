import { chmod, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';
import t from 'tap';
import { emptyFolder, runSeonchak, STACK_TRACE } from '../../test/clients/seonchak-command.js';
import { startSeonchak } from '../../test/servers/seonchak.js';
import { signToken } from '../../test/clients/tokens.js';

t.test('in a folder without data of a server no command makes any, except the one for that', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const dataDir = join(folder.path, 'data');
  const settings = { DATA_DIR: dataDir };
  for (const words of [
    ...[['status'], ['tokens'], ['warm', '--all'], ['reconcile', '--all'], ['audit'], ['account', 'list']],
    ['account', 'create', '--email', 'a@example.test', '--role', 'seller'],
    ['account', 'lock', 'm-1'],
    ['key', 'create', '--seller', '7', '--scopes', 'read'],
  ]) {
    const { exitCode, stdout, stderr } = await runSeonchak(words, settings);
    t.equal(exitCode, 2, words.join(' '));
    t.equal(stdout, '', 'no token that no server would accept');
    t.match(
      stderr,
      /^seonchak: There is no data of a server in \S+\/data \(DATA_DIR\)\. .*\[data_dir_missing\]\n$/,
    );
  }
  t.notOk(existsSync(dataDir));

  t.equal((await runSeonchak(['migrate'], settings)).exitCode, 0);
  const status = await runSeonchak(['status'], settings);
  t.equal(status.exitCode, 0);
  t.match(status.stderr, 'No coupons yet.');
  t.same(JSON.parse((await runSeonchak(['status', '--json'], settings)).stdout), {
    coupons: [],
    more: false,
  });
  const warm = await runSeonchak(['warm', '--all', '--json'], settings);
  t.equal(warm.exitCode, 0);
  t.same(JSON.parse(warm.stdout), { warmed: [], present: [], unknown: [] });
  t.match(await runSeonchak(['warm', '--all'], settings), {
    stdout: 'nothing to warm: the embedded server loads its coupons automatically\n',
    stderr: '',
  });
});

t.test('migrate names what it applied, once', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const first = await runSeonchak(['migrate'], { DATA_DIR: folder.path });
  t.equal(first.exitCode, 0);
  t.match(first.stdout, /^applied \S+$/m);
  t.match((await runSeonchak(['migrate'], { DATA_DIR: folder.path })).stdout, /^nothing to apply/);
});

t.test('what there is not ends with 1', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  for (const words of [
    ['status', '42'],
    ['warm', '42'],
  ]) {
    await runSeonchak(['migrate'], { DATA_DIR: folder.path });
    const { exitCode, stdout, stderr } = await runSeonchak(words, { DATA_DIR: folder.path });
    t.equal(exitCode, 1);
    t.match(stderr, /^seonchak: Coupon 42 does not exist\..* \[unknown_coupon\]$/m);
    t.equal(stdout, '', 'one thing is said');
    t.notMatch(stderr, STACK_TRACE);
  }
});

t.test('beside a running server status shows where every unit is, and an account can be made', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const server = await startSeonchak({ DATA_DIR: folder.path });
  t.teardown(() => server.stop());
  const settings = { DATA_DIR: folder.path };

  const created = await fetch(`${server.origin}/v1/coupons`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await signToken('9', 'seller')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ name: 'First drop', quantity: 100 }),
  });
  t.equal(created.status, 201);
  const downloaded = await fetch(`${server.origin}/v1/coupons/1/download`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await signToken('7', 'member')}` },
  });
  t.equal(downloaded.status, 201);

  const one = await runSeonchak(['status', '1', '--json'], settings);
  t.equal(one.exitCode, 0);
  t.same(JSON.parse(one.stdout), {
    id: 1,
    name: 'First drop',
    state: 'open',
    quantity: 100,
    issued: 1,
    remaining: 99,
    queued: 0,
    claimed: 0,
    recorded: 1,
    held: 0,
    deadLettered: 0,
    perMember: 1,
    holdSeconds: null,
    eligibility: null,
  });
  const all = await runSeonchak(['status'], settings);
  t.match(all.stdout, /^coupon +state +quantity +issued +remaining .*\n1 +open +100 +1 +99 .*First drop\n$/);

  const words = ['account', 'create', '--email', 'Shop@Example.test', '--role', 'seller', '--json'];
  const account = await runSeonchak([...words, '--password-stdin'], settings, 'a good password\n');
  t.equal(account.exitCode, 0);
  t.match(JSON.parse(account.stdout), { email: 'shop@example.test', role: 'seller' });
  const session = await fetch(`${server.origin}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'shop@example.test', password: 'a good password' }),
  });
  t.equal(session.status, 200, 'its owner can sign in');
});

t.test('reconcile finds the number of a deleted row, and does not make one up', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const settings = { DATA_DIR: folder.path };
  const server = await startSeonchak(settings);
  t.teardown(() => server.stop());
  const post = async (path: string, token: string, body?: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    await fetch(server.origin + path, { method: 'POST', headers, body: body ? JSON.stringify(body) : null });
  };
  await post('/v1/coupons', await signToken('9', 'seller'), { name: 'Whole', quantity: 5 });
  for (const name of ['a', 'b', 'c']) await post('/v1/coupons/1/download', await signToken(name, 'member'));

  const clean = await runSeonchak(['reconcile', '--all'], settings);
  t.match([clean.exitCode, clean.stdout], [0, '1 of 1 coupons are consistent']);

  const database = new Libsql(join(folder.path, 'seonchak.db'));
  database.prepare('delete from member_coupon where issue_no = 2').run();
  database.close();
  for (const words of [
    ['reconcile', '1', '--json'],
    ['reconcile', '1', '--repair', '--json'],
  ]) {
    const { exitCode, stdout, stderr } = await runSeonchak(words, settings);
    t.equal(exitCode, 1, words.join(' '));
    t.match(JSON.parse(stdout), { clean: false, coupons: [{ recorded: 2, gaps: { count: 1, first: [2] } }] });
    t.notMatch(stderr, STACK_TRACE);
  }
});

t.test('a generated password is printed once and works', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const settings = { DATA_DIR: folder.path };
  await runSeonchak(['migrate'], settings);
  const words = ['account', 'create', '--email', 'a@example.test', '--role', 'member'];
  const { exitCode, stdout } = await runSeonchak(words, settings);
  t.equal(exitCode, 0);
  t.match(
    stdout,
    /^account seonchak\.account\.1: a@example\.test, member\npassword: [\w-]{24} {3}\(shown only now\)\n$/,
  );

  const again = await runSeonchak(words, settings);
  t.equal(again.exitCode, 1);
  t.equal(again.stdout, '');
  t.match(again.stderr, /^seonchak: An account for a@example\.test already exists\..*\n$/);
});

t.test('a password in a pipe without the option for it is refused', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const settings = { DATA_DIR: folder.path };
  await runSeonchak(['migrate'], settings);
  const words = ['account', 'create', '--email', 'a@example.test', '--role', 'member'];
  const { exitCode, stdout, stderr } = await runSeonchak(words, settings, 'a good password\n');
  t.equal(exitCode, 2);
  t.equal(stdout, '');
  t.match(
    stderr,
    /^seonchak: Standard input is a pipe or a file\. .+--password-stdin.+ \[usage_invalid\]\n$/,
  );
  const asked = await runSeonchak([...words, '--password-stdin'], settings, 'a good password\n');
  t.equal(asked.stdout, 'account seonchak.account.1: a@example.test, member\n', 'no account was made before');
});

t.test('an account that HTTP would refuse is refused here too', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const cases: readonly (readonly [email: string, password: string, message: RegExp])[] = [
    ['nobody', 'a good password', /email must be an e-mail address/],
    ['a@example.test', 'short', /password must have 8 to 128 characters/],
    ['a@example.test', '', /Standard input has no password\./],
  ];
  for (const [email, password, message] of cases) {
    const words = ['account', 'create', '--email', email, '--role', 'seller', '--password-stdin'];
    const { exitCode, stderr } = await runSeonchak(words, { DATA_DIR: folder.path }, password);
    t.equal(exitCode, 2);
    t.match(stderr, message);
    t.notMatch(stderr, STACK_TRACE);
  }
});

t.test('a data folder that cannot be one ends with 2', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const file = join(folder.path, 'file');
  await writeFile(file, '');
  await chmod(file, 0o600);
  for (const words of [['serve'], ['status'], ['tokens']]) {
    const { exitCode, stderr } = await runSeonchak(words, { DATA_DIR: file });
    t.equal(exitCode, 2, words.join(' '));
    t.match(stderr, /^seonchak: The data folder .* cannot be written \(DATA_DIR\).*\n$/);
  }
});
