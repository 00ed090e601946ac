import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jwtVerify } from 'jose';
import t from 'tap';
import { emptyFolder, runSeonchak, STACK_TRACE } from '../../test/clients/seonchak-command.js';

const secret = 'kV3v0b6Zr8Q1yT5mWc9nXe2hLa7sPd4u';
const key = new TextEncoder().encode(secret);
const settings = { JWT_SECRET: secret };

function verify(token: string) {
  return jwtVerify(token, key, { issuer: 'seonchak', audience: 'seonchak', requiredClaims: ['exp', 'sub'] });
}

t.test('one token is printed bare, so that a shell can keep it', async (t) => {
  const { exitCode, stdout, stderr } = await runSeonchak(
    ['tokens', '--role', 'seller', '--count', '1'],
    settings,
  );
  t.equal(exitCode, 0);
  t.equal(stderr, '');
  t.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  const { payload, protectedHeader } = await verify(stdout.trim());
  t.equal(protectedHeader.alg, 'HS256');
  t.match(payload, { sub: 'seonchak-trial-seller-1', role: 'seller' });
});

t.test("without a word about it a token is a member's and good for a week", async (t) => {
  const { stdout } = await runSeonchak(['tokens'], settings);
  const { payload } = await verify(stdout.trim());
  t.match(payload, { sub: /^seonchak-trial-[0-9a-f]{8}-1$/, role: 'member' });
  t.equal(Number(payload.exp) - Number(payload.iat), 7 * 86_400);
});

t.test('claims are signed into tokens and tickets', async (t) => {
  const claims = ['--claim', 'grade=gold', '--claim', 'first_order=true'];
  const { stdout } = await runSeonchak(['tokens', ...claims], settings);
  t.match((await verify(stdout.trim())).payload, { grade: 'gold', first_order: true, role: 'member' });
  const presence = { PRESENCE_SECRET: 'a-secret-of-the-waiting-room-61b0f2' };
  const ticket = await runSeonchak(['tokens', '--presence', '42', ...claims], { ...settings, ...presence });
  const key = new TextEncoder().encode(presence.PRESENCE_SECRET);
  t.match((await jwtVerify(ticket.stdout.trim(), key)).payload, { grade: 'gold', coupon: 42 });
  t.equal((await runSeonchak(['tokens', '--claim', 'sub=7'], settings)).exitCode, 2);
});

t.test('presence tickets name the coupon and are valid for minutes', async (t) => {
  const presence = { PRESENCE_SECRET: 'a-secret-of-the-waiting-room-61b0f2', PRESENCE_ISSUER: 'room' };
  const words = ['tokens', '--presence', '42', '--first', '7'];
  const { stdout } = await runSeonchak(words, { ...settings, ...presence });
  const { payload } = await jwtVerify(stdout.trim(), new TextEncoder().encode(presence.PRESENCE_SECRET), {
    issuer: 'room',
    audience: 'seonchak-presence',
  });
  t.match(payload, { sub: '7', coupon: 42 });
  t.notOk('role' in payload);
  t.equal(Number(payload.exp) - Number(payload.iat), 600);
  const without = await runSeonchak(words, settings);
  t.equal(without.exitCode, 2);
  t.match(without.stderr, /PRESENCE_SECRET/);
  t.equal((await runSeonchak([...words, '--role', 'seller'], { ...settings, ...presence })).exitCode, 2);
  t.equal((await runSeonchak(['tokens', '--presence', 'x'], { ...settings, ...presence })).exitCode, 2);
});

t.test('members of two runs are never the same, unless they are named', async (t) => {
  const subjectOf = async (...words: string[]) => {
    const { stdout } = await runSeonchak(['tokens', ...words], settings);
    return (await verify(stdout.trim())).payload.sub;
  };
  t.not(await subjectOf(), await subjectOf());
  t.equal(await subjectOf('--first', '7'), 'seonchak-trial-7');
  t.equal(await subjectOf('--prefix', '', '--first', '7'), '7');
  t.equal(
    await subjectOf('--role', 'seller'),
    await subjectOf('--role', 'seller'),
    'a seller finds its coupons',
  );
  const forbidden = await runSeonchak(['tokens', '--prefix', 'seonchak.account.'], settings);
  t.equal(forbidden.exitCode, 2);
  t.match(forbidden.stderr, /Ids .* for accounts/);
});

t.test('several are CSV with a header line', async (t) => {
  const words = ['tokens', '--count', '3', '--first', '40', '--prefix', 'm-', '--expires-in', '1h'];
  const { stdout } = await runSeonchak(words, settings);
  const [heading, ...lines] = stdout.trimEnd().split('\n');
  t.equal(heading, 'member_id,token');
  t.same(
    lines.map((line) => line.split(',')[0]),
    ['m-40', 'm-41', 'm-42'],
  );
  for (const line of lines) {
    const [memberId, token] = line.split(',');
    const { payload } = await verify(token ?? '');
    t.equal(payload.sub, memberId);
    t.equal(Number(payload.exp) - Number(payload.iat), 3_600);
  }
});

t.test('with --json each token is a line of its own', async (t) => {
  const { stdout } = await runSeonchak(['tokens', '--count', '2', '--prefix', '', '--json'], settings);
  const parsed: unknown[] = stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  t.match(parsed, [
    { memberId: '1', token: /\./ },
    { memberId: '2', token: /\./ },
  ]);
});

t.test('many are spread over files that only their owner can read', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const out = join(folder.path, 'new', 'tokens');
  const words = ['tokens', '--count', '1001', '--prefix', '', '--files', '10', '--out', out, '--json'];
  const { exitCode, stdout, stderr } = await runSeonchak(words, settings);
  t.equal(exitCode, 0);

  const names = (await readdir(out)).toSorted((a, b) => a.localeCompare(b));
  t.equal(names.length, 10);
  t.equal(names[0], 'tokens-01.csv');
  t.equal(names[9], 'tokens-10.csv');
  t.same(JSON.parse(stdout), { count: 1_001, files: names.map((name) => join(out, name)) });
  t.match(stderr, /signing 1,001 of 1,001 tokens/, 'progress is for people');

  const members: number[] = [];
  for (const name of names) {
    t.equal((await stat(join(out, name))).mode & 0o077, 0);
    const [heading, ...lines] = (await readFile(join(out, name), 'utf8')).trimEnd().split('\n');
    t.equal(heading, 'member_id,token');
    members.push(...lines.map((line) => Number(line.split(',')[0])));
  }
  t.same(
    members,
    Array.from({ length: 1_001 }, (_, index) => index + 1),
    'every member once',
  );
});

t.test('the embedded back end generates a secret once and signs with it from then on', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  t.equal((await runSeonchak(['migrate'], { DATA_DIR: folder.path })).exitCode, 0);
  const [first, second] = [
    await runSeonchak(['tokens', '--expires-in', '1h'], { DATA_DIR: folder.path }),
    await runSeonchak(['tokens', '--expires-in', '2h'], { DATA_DIR: folder.path }),
  ];
  t.equal(first.exitCode, 0);
  const generated = new TextEncoder().encode(
    (await readFile(join(folder.path, 'jwt-secret'), 'utf8')).trim(),
  );
  for (const { stdout } of [first, second]) await t.resolves(jwtVerify(stdout.trim(), generated));
});

t.test('tokens of an outside identity provider cannot be made here', async (t) => {
  const { exitCode, stdout, stderr } = await runSeonchak(['tokens'], {
    JWT_JWKS_URL: 'https://id.example/keys',
  });
  t.equal(exitCode, 2);
  t.equal(stdout, '');
  t.match(stderr, /^seonchak: .*JWT_JWKS_URL.*\n$/);
});

t.test('a folder that cannot be written is said in one line', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const file = join(folder.path, 'file');
  await writeFile(file, '');
  for (const out of [join(file, 'tokens'), '/proc/nowhere']) {
    const { exitCode, stdout, stderr } = await runSeonchak(['tokens', '--out', out], settings);
    t.equal(exitCode, 1);
    t.equal(stdout, '');
    t.match(stderr, /seonchak: The file .*tokens-01\.csv cannot be written\..* \(.+\) \[command_failed\]\n$/);
    t.notMatch(stderr, STACK_TRACE);
  }
});

t.test('a file that cannot be opened is said in one line', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  await mkdir(join(folder.path, 'tokens-01.csv'));
  const words = ['tokens', '--count', '5000', '--out', folder.path];
  const { exitCode, stderr } = await runSeonchak(words, settings);
  t.equal(exitCode, 1);
  t.match(
    stderr,
    /seonchak: The file .*tokens-01\.csv cannot be written\..* \(EISDIR.*\) \[command_failed\]\n$/,
  );
  t.notMatch(stderr, STACK_TRACE);
});
