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
    const { exitCode, stderr } = await runSeonchak(words, { DATA_DIR: folder.path });
    t.equal(exitCode, 1);
    t.match(stderr, /^seonchak: unknown coupon 42$/m);
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
  t.match(again.stderr, /^seonchak: an account for a@example\.test already exists\n$/);
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
  t.match(stderr, /^seonchak: standard input is a pipe or a file: .+--password-stdin.+ \[usage_invalid\]\n$/);
  const asked = await runSeonchak([...words, '--password-stdin'], settings, 'a good password\n');
  t.equal(asked.stdout, 'account seonchak.account.1: a@example.test, member\n', 'no account was made before');
});

t.test('an account that HTTP would refuse is refused here too', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const cases: readonly (readonly [email: string, password: string, message: RegExp])[] = [
    ['nobody', 'a good password', /email: must be an e-mail address/],
    ['a@example.test', 'short', /password: must have 8 to 128 characters/],
    ['a@example.test', '', /standard input has no password/],
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

t.test('an operator lists the orders of an issuance and cancels one', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const server = await startSeonchak({ DATA_DIR: folder.path });
  t.teardown(() => server.stop());
  const settings = { DATA_DIR: folder.path };
  const send = async (path: string, role: 'seller' | 'member', body: object = {}): Promise<void> => {
    const authorization = `Bearer ${await signToken('9', role)}`;
    const headers = { authorization, 'content-type': 'application/json' };
    await fetch(server.origin + path, { method: 'POST', headers, body: JSON.stringify(body) });
  };
  await send('/v1/coupons', 'seller', { name: 'A', quantity: 1 });
  await send('/v1/coupons/1/download', 'member');
  await send('/v1/coupons/1/issuances/1/redemptions', 'seller', { orderId: 'A-1' });

  t.match((await runSeonchak(['redemption', 'list', '1', '1'], settings)).stdout, /^A-1 .*seller 9$/m);
  const cancelled = await runSeonchak(['redemption', 'cancel', '1', '1', 'A-1'], settings);
  t.equal(cancelled.stdout, 'order A-1 is cancelled; number 1 is usable now\n');
  t.match(JSON.parse((await runSeonchak(['redemption', 'list', '1', '1', '--json'], settings)).stdout), {
    ...{ couponId: 1, issueNo: 1 },
    redemptions: [{ orderId: 'A-1', cancelledAt: /Z$/ }],
  });
  t.match((await runSeonchak(['audit'], settings)).stdout, /operator .*redemption_cancelled +coupon 1/);
  for (const [words, exitCode] of [
    [['list', '1', '2'], 1],
    [['cancel', '1', '1', 'A-2'], 1],
    [['cancel', '1', '1', 'a b'], 2],
    [['list', '1', '0'], 2],
  ] as const) {
    t.equal((await runSeonchak(['redemption', ...words], settings)).exitCode, exitCode, words.join(' '));
  }
});

t.test('an operator loads the list of a coupon from a file, and replaces it', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const server = await startSeonchak({ DATA_DIR: folder.path });
  t.teardown(() => server.stop());
  const settings = { DATA_DIR: folder.path };
  await fetch(`${server.origin}/v1/coupons`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await signToken('9', 'seller')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ name: 'A', quantity: 9, eligibility: { audience: true } }),
  });
  const file = join(folder.path, 'members.csv');
  const audience = (...words: string[]) => runSeonchak(['audience', ...words], settings);
  const load = async (lines: readonly string[], ...words: string[]) => {
    await writeFile(file, lines.join('\r\n'));
    return audience('load', '1', '--file', file, ...words);
  };
  const many = Array.from({ length: 1_200 }, (_, place) => `m-${place},name`);
  t.equal(
    (await load(['member_id,name', ...many, ''])).stdout,
    'coupon 1: 1200 members, 1200 added, 0 removed\n',
  );
  t.same(JSON.parse((await load(['m-7', 'new', 'new'], '--replace', '--json')).stdout), {
    ...{ couponId: 1, members: 2, added: 1, removed: 1_199 },
  });
  t.equal(
    (await audience('show', '1', '--member', 'm-8')).stdout,
    'coupon 1: 2 members\nm-8 is not on the list\n',
  );
  t.same(JSON.parse((await audience('show', '1', '--member', 'm-7', '--json')).stdout), {
    ...{ couponId: 1, members: 2, member: 'm-7', listed: true },
  });
  t.match(await load(['fine', 'a\u0000', 'x', 'b\u0001']), {
    exitCode: 2,
    stderr: /: 2, 4\. Nothing was loaded/,
  });
  t.match(await load(['', 'member_id']), { exitCode: 0 }, 'a heading is one in the first line only');
  t.match(await audience('show', '2'), { exitCode: 1, stderr: /there is no coupon 2/ });
  t.match((await runSeonchak(['audit'], settings)).stdout, /audience_changed +coupon 1/);
});

t.test('an operator makes a key, and with it a file of members is granted', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const server = await startSeonchak({ DATA_DIR: folder.path });
  t.teardown(() => server.stop());
  const settings = { DATA_DIR: folder.path };
  const authorization = `Bearer ${await signToken('9', 'seller')}`;
  await fetch(`${server.origin}/v1/coupons`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'A', quantity: 1_500 }),
  });
  const key = (
    await runSeonchak(['key', 'create', '--seller', '9', '--scopes', 'issue,read,redeem,manage'], settings)
  ).stdout.trim();
  t.match(key, /^sck_1_[0-9A-Za-z]{43}$/);
  // Known to the server within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const file = join(folder.path, 'members.csv');
  await writeFile(
    file,
    ['member_id,name', ...Array.from({ length: 2_000 }, (_, place) => `m-${place},x`), ''].join('\r\n'),
  );
  const grant = (...words: string[]) =>
    runSeonchak(['grant', '1', '--file', file, '--server', server.origin, ...words], {
      ...settings,
      SEONCHAK_KEY: key,
    });
  t.equal((await grant('--dry-run')).stdout, '2000 members, 2 requests\n');
  t.same(JSON.parse((await grant('--json')).stdout), {
    couponId: 1,
    outcomes: { issued: 1_500, sold_out: 500 },
    undecided: 0,
  });
  t.match(JSON.parse((await grant('--json')).stdout), { outcomes: { already_issued: 1_500, sold_out: 500 } });
  t.match((await runSeonchak(['audit'], settings)).stdout, /key 1 .*granted +coupon 1/);
  const keyed = { ...settings, SEONCHAK_KEY: key };
  const call = (words: readonly string[]) => runSeonchak([...words, '--server', server.origin], keyed);
  t.equal((await call(['recall', '1', '--dry-run'])).stdout, '1500 unused issuances, 0 not recorded yet\n');
  t.match(await call(['recall', '1', '--yes']), { exitCode: 1, stderr: /Pause or close the coupon first/ });
  t.match(await call(['recall', '1']), { exitCode: 2, stderr: /add --yes/ });
  t.match(await call(['hold', 'release', '1', '1']), { exitCode: 1, stderr: /no holdSeconds/ });
  const asSeller = { method: 'POST', headers: { authorization, 'content-type': 'application/json' } };
  await fetch(`${server.origin}/v1/coupons/1/pause`, asSeller);
  t.same(JSON.parse((await call(['recall', '1', '--yes', '--json'])).stdout), {
    couponId: 1,
    recalled: 1_500,
  });
  t.equal((await call(['recall', '1', '--yes'])).stdout, '0 issuances of coupon 1 are taken back\n');
  const held = JSON.stringify({ name: 'B', quantity: 2, holdSeconds: 600 });
  await fetch(`${server.origin}/v1/coupons`, { ...asSeller, body: held });
  await fetch(`${server.origin}/v1/members/m/coupons/2/download`, {
    ...asSeller,
    headers: { authorization: `Bearer ${key}` },
  });
  const status = async () =>
    JSON.parse((await runSeonchak(['status', '2', '--json'], settings)).stdout) as object;
  t.match(await status(), { recorded: 1, held: 1 });
  t.equal(
    (await call(['hold', 'release', '2', '1'])).stdout,
    'number 1 of coupon 2 is released; 2 units remain\n',
  );
  t.match(await status(), { recorded: 0, held: 0 });
  t.match(
    (await runSeonchak(['key', 'list'], settings)).stdout,
    /^1 +9 +made at the command line +issue,redeem,read,manage/m,
  );
  t.equal((await runSeonchak(['key', 'revoke', '1'], settings)).exitCode, 0);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  t.match(await grant(), { exitCode: 1, stderr: /refused/ });
  for (const [words, exitCode] of [
    [['key', 'revoke', '7'], 1],
    [['key', 'create', '--seller', '9', '--scopes', 'all'], 2],
    [['grant', '1', '--file', join(folder.path, 'none.csv')], 2],
    [['grant', '1', '--file', file], 2],
  ] as const) {
    t.equal((await runSeonchak(words, settings)).exitCode, exitCode, words.join(' '));
  }
});
