/** Tests that errors of commands have one form: what happened, why, what to do, and the code in brackets. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { emptyFolder, runSeonchak } from '../../test/clients/seonchak-command.js';
import { freePort } from '../../test/servers/free-port.js';
import { startMariadb } from '../../test/servers/mariadb.js';
import { startRedis } from '../../test/servers/redis.js';
import { TEST_SECRET } from '../../test/servers/seonchak.js';

const codesInDocs = new Set(
  Array.from(
    (await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')).matchAll(
      /^\| <a id="(\w+)">/gm,
    ),
    ([, code = '']) => code,
  ),
);

/** A sentence that begins with a capital, what to do, and the code. */
const FORM =
  /^seonchak: [A-Z].*(?:\b(?:Give|Set|Run|Add|Check|Write|Correct|Repeat|Did you mean|Allowed choices are)\b|\b(?:must|set|is required) |needs .* as well|`seonchak [a-z]+(?: [a-z]+)?`).*[.?)] \[(\w+)\]$/;

interface Case {
  readonly words: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  readonly code: string;
  readonly exitCode?: number;
  readonly text: RegExp;
}

async function check(t: Test, { words, settings, code, exitCode = 2, text }: Case): Promise<void> {
  const run = await runSeonchak(words, settings);
  const name = words.join(' ');
  t.equal(run.exitCode, exitCode, name);
  t.equal(run.stdout, '', `${name}: nothing that a program would take for a result`);
  const lines = run.stderr.trimEnd().split('\n');
  t.match(run.stderr, text, name);
  for (const line of lines) {
    const [, found = ''] = FORM.exec(line) ?? [];
    t.equal(found, code, `${name}: ${line}`);
    t.ok(codesInDocs.has(found), `docs/errors.md has ${found}`);
  }
}

t.test('wrong arguments: the line names what is wrong and what to write', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const empty = join(folder.path, 'empty.csv');
  await writeFile(empty, '\n');
  const file = join(folder.path, 'members.csv');
  await writeFile(file, '7\n');
  const keyed = { SEONCHAK_KEY: 'sck_test' };
  const cases: readonly Omit<Case, 'code'>[] = [
    { words: ['nothing'], text: /Unknown command 'nothing'\. Run `seonchak --help`\./ },
    { words: ['statsu'], text: /Unknown command 'statsu'\. Did you mean status\?/ },
    { words: ['help', 'nothing'], text: /Unknown command 'nothing'\. Run `seonchak --help`\./ },
    { words: ['account', 'help', 'me'], text: /Unknown command 'me'\. Run `seonchak account --help`\./ },
    { words: ['redemption', 'use'], text: /Unknown command 'use'\. Run `seonchak redemption --help`\./ },
    { words: ['status', '--quick'], text: /Unknown option '--quick'\. Run `seonchak status --help`\./ },
    { words: ['tokens', '--cuont', '3'], text: /Unknown option '--cuont'\. Did you mean --count\?/ },
    {
      words: ['account', 'lock'],
      text: /Missing required argument 'account'\. Run `seonchak account lock --help`\./,
    },
    {
      words: ['grant', '1'],
      text: /Required option '--file <path>' not specified\. Run `seonchak grant --help`\./,
    },
    {
      words: ['migrate', 'now'],
      text: /Too many arguments for 'migrate'\. .* Run `seonchak migrate --help`\./,
    },
    {
      words: ['serve', '--port'],
      text: /Option '--port <number>' argument missing\. Run `seonchak serve --help`\./,
    },
    {
      words: ['serve', '--port', '99999'],
      text: /Option '--port <number>': '99999' is invalid\. Give a whole number/,
    },
    { words: ['status', 'abc'], text: /Argument 'id': 'abc' is invalid\. Give the number of a coupon/ },
    {
      words: ['tokens', '--role', 'king'],
      text: /Option '--role <role>': 'king' is invalid\. Allowed choices are member/,
    },
    { words: ['completion', 'tcsh'], text: /Argument 'shell': 'tcsh' is invalid\. Allowed choices are zsh/ },
    {
      words: ['doctor', '--opening-within', 'soon'],
      text: /'soon' is invalid\. Give a number with s, m, h or d/,
    },
    { words: ['warm', '1', '--all'], text: /Give coupon ids, --all, or --opening-within <duration>\./ },
    { words: ['reconcile'], text: /Give coupon ids or --all\./ },
    { words: ['status', '--every', '2s'], text: /The option --every needs --watch as well\./ },
    { words: ['seed'], text: /Give --members, --coupons or both\./ },
    { words: ['seed', '--member-coupons', '5', '--members', '5'], text: /Give --coupons\./ },
    { words: ['tokens', '--files', '2'], text: /--files needs --out/ },
    {
      words: ['hold', 'confirm', '1', '1', 'o'],
      text: /Set SEONCHAK_KEY to a server key with the scope redeem\./,
    },
    {
      words: ['hold', 'release', '1', '1'],
      settings: { SEONCHAK_KEY: 'sck_secret\nsck_other' },
      text: /^seonchak: SEONCHAK_KEY is not a server key: it has spaces, line breaks or letters outside ASCII\. Set it/,
    },
    {
      words: ['grant', '1', '--file', file, '--server', 'http://127.0.0.1:1'],
      settings: { SEONCHAK_KEY: 'sck_김' },
      text: /SEONCHAK_KEY is not a server key/,
    },
    ...['http://someone:secret@127.0.0.1:1', 'http://127.0.0.1:1/?x=1', 'http://127.0.0.1:1/#x'].map(
      (server) => ({
        words: ['recall', '1', '--yes', '--server', server],
        settings: keyed,
        text: /^seonchak: The option --server has a user name, a password, a query or a fragment, .* Give the address only/,
      }),
    ),
    { words: ['recall', '1', '--json'], settings: keyed, text: /--json needs --yes or --dry-run as well/ },
    {
      words: ['recall', '1', '--yes', '--server', 'shop'],
      settings: keyed,
      text: /The option --server has shop, which is not a URL\. Give one/,
    },
    {
      words: ['grant', '1', '--file', join(folder.path, 'absent')],
      text: /absent cannot be read\. Check its path and its rights\. \(ENOENT/,
    },
    { words: ['audience', 'load', '1', '--file', folder.path], text: /cannot be read\. Check .*\(EISDIR/ },
    {
      words: ['audience', 'load', '1', '--file', empty],
      text: /empty\.csv has no member ids\. Write one in each line\./,
    },
  ];
  for (const one of cases) await check(t, { ...one, code: 'usage_invalid' });
});

t.test('settings that cannot be used: a line for each', async (t) => {
  const cases: readonly Omit<Case, 'words' | 'code'>[] = [
    { settings: { PORT: 'abc', LEASE_MS: '1' }, text: /PORT must be .*\n.*LEASE_MS must be / },
    {
      settings: { REDIS_URL: 'redis://127.0.0.1:1' },
      text: /MYSQL_URL is missing while REDIS_URL is set: set both/,
    },
    {
      settings: { REDIS_URL: 'http://127.0.0.1', MYSQL_URL: 'shop' },
      text: /REDIS_URL must be .*\n.*MYSQL_URL must be /,
    },
  ];
  for (const one of cases) await check(t, { ...one, words: ['status'], code: 'config_invalid' });
});

t.test('what cannot be reached, or is not there', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const data = join(folder.path, 'data');
  const port = await freePort();
  const stores = {
    REDIS_URL: `redis://127.0.0.1:${port}`,
    MYSQL_URL: `mysql://u:p@127.0.0.1:${port}/x`,
    JWT_SECRET: TEST_SECRET,
  };
  const keyed = { SEONCHAK_KEY: 'sck_test' };
  await check(t, {
    ...{ words: ['status'], settings: stores, code: 'store_unavailable', exitCode: 1 },
    text: /Check MYSQL_URL .*\(connect ECONNREFUSED.*\n.*Check REDIS_URL .*\(connect ECONNREFUSED/,
  });
  await check(t, {
    ...{ words: ['recall', '1', '--yes', '--server', `http://127.0.0.1:${port}`], settings: keyed },
    ...{ code: 'command_failed', exitCode: 1, text: /cannot be reached\. Check --server .*ECONNREFUSED/ },
  });
  await check(t, {
    ...{ words: ['status'], settings: { DATA_DIR: data }, code: 'data_dir_missing' },
    text: /There is no data of a server in .*\. Run the command in the folder of the server/,
  });
  await mkdir(data);
  await runSeonchak(['migrate'], { DATA_DIR: data });
  for (const words of [
    ['account', 'reset', 'nobody'],
    ['key', 'revoke', '7'],
    ['webhook', 'enable', '7'],
    ['redemption', 'list', '7', '1'],
  ])
    await check(t, {
      ...{ words, settings: { DATA_DIR: data }, code: 'command_failed', exitCode: 1, text: /nobody|7/ },
    });
});

t.test('an unknown coupon is reported alike on both back ends', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
  t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
  for (const settings of [
    { DATA_DIR: folder.path },
    { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET },
  ]) {
    await runSeonchak(['migrate'], settings);
    for (const words of [
      ['status', '7'],
      ['warm', '7'],
      ['reconcile', '7'],
      ['audience', 'show', '7'],
    ]) {
      const { exitCode, stderr } = await runSeonchak(words, settings);
      t.equal(exitCode, 1, words.join(' '));
      // `warm` shows its progress before.
      t.equal(
        stderr.trimEnd().split('\n').at(-1),
        'seonchak: Coupon 7 does not exist. `seonchak status` lists the coupons. [unknown_coupon]',
        words.join(' '),
      );
    }
    const several = await runSeonchak(['reconcile', '7', '8'], settings);
    t.match(several.stderr, /^seonchak: Coupons 7, 8 do not exist\. .* \[unknown_coupon\]\n$/);
  }
});
