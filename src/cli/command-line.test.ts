import t from 'tap';
import { runSeonchak, STACK_TRACE } from '../../test/clients/seonchak-command.js';

const commands = [
  ['serve'],
  ['demo'],
  ['migrate'],
  ['warm'],
  ['status'],
  ['tokens'],
  ['account'],
  ['seed'],
  ['completion'],
  ['account', 'create'],
  ['account', 'lock'],
  ['account', 'unlock'],
  ['audit'],
] as const;

t.test('help names every command and the exit codes', async (t) => {
  const { exitCode, stdout, stderr } = await runSeonchak(['--help']);
  t.equal(exitCode, 0);
  t.equal(stderr, '');
  for (const [command] of commands) t.match(stdout, new RegExp(`^  ${command}\\b`, 'm'), command);
  t.match(stdout, 'Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.');
  t.ok(
    stdout.split('\n').every((line) => line.length <= 120),
    'no line is too long to read',
  );
});

t.test('every command explains itself', async (t) => {
  for (const words of commands) {
    const { exitCode, stdout, stderr } = await runSeonchak([...words, '--help']);
    t.equal(exitCode, 0, words.join(' '));
    t.match(stdout, `Usage: seonchak ${words.join(' ')}`);
    t.ok([...stdout.matchAll(/^  help /gm)].length <= 1, 'a group lists its help once');
    t.equal(stderr, '');
  }
});

t.test('the version is that of the package', async (t) => {
  const { exitCode, stdout } = await runSeonchak(['--version']);
  t.equal(exitCode, 0);
  t.match(stdout, /^\d+\.\d+\.\d+\S*\n$/);
});

t.test('wrong usage ends with 2 and says what is meant', async (t) => {
  const cases: readonly (readonly [words: readonly string[], message: RegExp])[] = [
    [[], /Usage: seonchak/],
    [['statsu'], /Unknown command 'statsu'\. Did you mean status\?/],
    [['tokens', '--cuont', '3'], /Unknown option '--cuont'\. Did you mean --count\?/],
    [['status', '1', '2'], /Too many arguments/],
    [['status', '042'], /Give the number of a coupon/],
    [['status', '--limit', '0'], /whole number from 1/],
    [['warm'], /Give coupon ids, --all, or --opening-within/],
    [['warm', '1', '--all'], /Give coupon ids, --all, or --opening-within/],
    [['warm', '--opening-within', 'soon'], /such as 1h/],
    [['warm', '{'], /Give the number of a coupon/],
    [['tokens', '--count', '0'], /whole number from 1/],
    [['tokens', '--role', 'admin'], /Allowed choices are member, seller/],
    [['tokens', '--files', '2'], /--files needs --out/],
    [['tokens', '--files', '3', '--count', '2', '--out', 'x'], /option --files is greater than --count/],
    [['tokens', '--prefix', 'a:b'], /is not a member id/],
    [['serve', '--port', 'abc'], /Option '--port <number>': 'abc' is invalid\. Give a whole number/],
    [['status', 'abc'], /^seonchak: Argument 'id': 'abc' is invalid\. Give the number of a coupon/],
    [['account'], /Usage: seonchak account/],
    [['account', 'create', '--role', 'seller'], /Required option '--email <address>'/],
    [['account', 'create', '--email', 'a@b.test'], /Required option '--role <role>'/],
  ];
  for (const [words, message] of cases) {
    const { exitCode, stdout, stderr } = await runSeonchak(words);
    t.equal(exitCode, 2, words.join(' '));
    t.equal(stdout, '', 'nothing that a program would take for a result');
    t.match(stderr, message);
    t.notMatch(stderr, STACK_TRACE);
  }
});

t.test('configuration that cannot be used ends every command with 2, one line a fault', async (t) => {
  const settings = { PORT: '70000', LOG_LEVEL: 'loud', MYSQL_URL: 'postgres://localhost/a' };
  for (const words of [['serve'], ['migrate'], ['warm', '--all'], ['status'], ['tokens']]) {
    const { exitCode, stdout, stderr } = await runSeonchak(words, settings);
    t.equal(exitCode, 2, words.join(' '));
    t.equal(stdout, '');
    t.same(
      stderr
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ').slice(0, 2)),
      [
        ['seonchak:', 'PORT'],
        ['seonchak:', 'MYSQL_URL'],
        ['seonchak:', 'LOG_LEVEL'],
        ['seonchak:', 'REDIS_URL'],
      ],
    );
  }
});

t.test('one store address alone is refused', async (t) => {
  const { exitCode, stderr } = await runSeonchak(['status'], { REDIS_URL: 'redis://127.0.0.1:1' });
  t.equal(exitCode, 2);
  t.match(stderr, /^seonchak: MYSQL_URL is missing while REDIS_URL is set.*\n$/);
});
