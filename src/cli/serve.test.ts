import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readdir } from 'node:fs/promises';
import t from 'tap';
import { requiredProgram } from '../../test/servers/on-path.js';
import { emptyFolder, runSeonchak } from '../../test/clients/seonchak-command.js';
import { startChildServer } from '../../test/servers/child-server.js';
import { freePort } from '../../test/servers/free-port.js';
import { startMariadb } from '../../test/servers/mariadb.js';
import { startRedis } from '../../test/servers/redis.js';
import { TEST_SECRET } from '../../test/servers/seonchak.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const bin = join(root, 'dist/cli/seonchak.js');
const run = promisify(execFile);

/** As soon as npm hands a signal on, and before the server has ended. */
const SECOND_SIGNAL_MS = 5;
/** Within this time a server without requests has asked its database something. */
const UNTIL_ASKED_MS = 2_500;

async function startServer(settings: Readonly<Record<string, string>>) {
  const env = { ...process.env, LOG_LEVEL: 'warn', ...settings };
  return startChildServer(process.execPath, [bin, 'serve'], /is ready on/, { env });
}

t.test('the commands printed at start lead a newcomer to a first download', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const settings = { DATA_DIR: folder.path, PORT: String(await freePort()) };
  const server = await startServer(settings);
  t.teardown(() => server.kill('SIGTERM'));

  const commands = server
    .log()
    .split('\n')
    .filter((line) => line.startsWith('  '));
  t.equal(commands.length, 4);
  // Pasted unchanged, in the folder of the project, which is where a newcomer is.
  const { stdout } = await run('bash', ['-ec', commands.join('\n')], {
    cwd: root,
    env: { ...process.env, ...settings },
  });
  t.match(stdout, '"name":"First drop"');
  t.match(stdout, /"outcome":"issued","couponId":1,"memberId":"seonchak-trial-[0-9a-f]+-1","issueNo":1,/);
});

t.test('options win over variables, and the log of a terminal is for people', async (t) => {
  const [folder, other] = await Promise.all([emptyFolder(), emptyFolder()]);
  t.teardown(() => Promise.all([folder.remove(), other.remove()]));
  const port = String(await freePort());
  const words = ['serve', '--port', port, '--host', '127.0.0.1', '--data-dir', folder.path];
  const env = { ...process.env, DATA_DIR: other.path, PORT: '1', HOST: '192.0.2.1', LOG_LEVEL: 'info' };
  const server = await startChildServer(process.execPath, [bin, ...words], /is ready on/, { env });
  t.match(server.log(), new RegExp(`ready on http://127\\.0\\.0\\.1:${port} `));
  // The log and the greeting are two streams, and the later one may arrive first.
  const logged = /^\{"level":30,.*"msg":"Stores opened"\}$/m;
  while (!logged.test(server.log())) await pause(20);
  t.match(server.log(), logged, 'JSON where no person reads');
  await server.kill('SIGTERM');
  t.same(await readdir(other.path), []);

  // util-linux gives the command a terminal of its own.
  const command = [process.execPath, bin, ...words].map((word) => `'${word}'`).join(' ');
  const terminal = await startChildServer(
    requiredProgram('script', { package: 'bsdutils' }),
    ['--quiet', '--command', `exec ${command}`, '/dev/null'],
    /is ready on/,
    { env: { ...env, NO_COLOR: '1' } },
  );
  const shown = /^\[\d\d:\d\d:\d\d\.\d{3}\] .*INFO.*: .*Stores opened/m;
  while (!shown.test(terminal.log())) await pause(20);
  t.match(terminal.log(), shown);
  t.notMatch(terminal.log(), /"level"/);
  await terminal.kill('SIGTERM');
});

t.test('both stores are named where both are down', async (t) => {
  const settings = {
    REDIS_URL: 'redis://127.0.0.1:1',
    MYSQL_URL: 'mysql://nobody:secret@127.0.0.1:1/none',
    JWT_SECRET: 'a-secret-of-the-tests-5f0c9d7e3b1a8246',
    LOG_LEVEL: 'warn',
  };
  for (const words of [['serve'], ['status']]) {
    const { exitCode, stderr } = await runSeonchak(words, settings);
    t.equal(exitCode, 1);
    t.match(stderr, /^seonchak: .*MYSQL_URL.*\[store_unavailable\]$/m);
    t.match(stderr, /^seonchak: Redis cannot be reached.*\[store_unavailable\]$/m);
    t.notMatch(stderr, 'secret@');
  }
});

t.test('a port that is taken is said in one line, with 2', async (t) => {
  const [one, other] = await Promise.all([emptyFolder(), emptyFolder()]);
  t.teardown(() => Promise.all([one.remove(), other.remove()]));
  const port = String(await freePort());
  const server = await startServer({ DATA_DIR: one.path, PORT: port });
  t.teardown(() => server.kill('SIGTERM'));
  const second = await runSeonchak(['serve'], { DATA_DIR: other.path, PORT: port, LOG_LEVEL: 'warn' });
  t.equal(second.exitCode, 2);
  t.equal(second.stdout, '');
  t.match(second.stderr, new RegExp(`^seonchak: .*${port}.*\\n$`));
});

t.test('a second server on the same folder is refused, with 2', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const [port, otherPort] = [String(await freePort()), String(await freePort())];
  const server = await startServer({ DATA_DIR: folder.path, PORT: port });
  t.teardown(() => server.kill('SIGTERM'));
  const second = await runSeonchak(['serve'], { DATA_DIR: folder.path, PORT: otherPort, LOG_LEVEL: 'warn' });
  t.equal(second.exitCode, 2);
  t.match(second.stderr, /^seonchak: Another server is using the data folder .*\n$/);
});

t.test('SIGTERM ends it in order, and its folder is free again', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const settings = { DATA_DIR: folder.path, PORT: String(await freePort()) };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const server = spawn(process.execPath, [bin, 'serve'], {
      env: { ...process.env, ...settings, LOG_LEVEL: 'silent' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.teardown(() => server.kill('SIGKILL'));
    const ended = once(server, 'exit');
    // Readiness is the first thing it prints.
    await Promise.race([once(server.stdout, 'data'), ended]);
    server.kill(signal);
    t.same(await ended, [0, null], signal);
  }
});

t.test('a database that hangs does not keep a server that is to end', async (t) => {
  const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
  t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
  const stores = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url };
  const settings = { ...stores, JWT_SECRET: TEST_SECRET, SHUTDOWN_DELAY_MS: '0' };
  const server = spawn(process.execPath, [bin, 'serve'], {
    env: { ...process.env, ...settings, PORT: String(await freePort()), LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => server.kill('SIGKILL'));
  let output = '';
  server.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(server, 'exit');
  while (!output.includes('is ready on') && server.exitCode === null)
    await Promise.race([once(server.stdout, 'data'), ended]);
  await mariadb.kill('SIGSTOP');
  await pause(UNTIL_ASKED_MS);
  server.kill('SIGTERM');
  t.same(await ended, [0, null]);
});

t.test('one Ctrl-C that arrives twice, as under npm, is an orderly end all the same', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const server = spawn(process.execPath, [bin, 'serve'], {
    env: { ...process.env, DATA_DIR: folder.path, PORT: String(await freePort()), LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => server.kill('SIGKILL'));
  const ended = once(server, 'exit');
  await Promise.race([once(server.stdout, 'data'), ended]);
  server.kill('SIGINT');
  // Two at the same instant would be one to the kernel.
  await pause(SECOND_SIGNAL_MS);
  server.kill('SIGINT');
  t.same(await ended, [0, null]);
});
