/** Tests a server of several processes that share a port, as an operator starts and stops it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { runSeonchak } from '../clients/seonchak-command.js';
import { freePort } from '../servers/free-port.js';
import { startRedis } from '../servers/redis.js';
import { TEST_SECRET } from '../servers/seonchak.js';
import { startBackEnd } from './back-ends.js';

const bin = fileURLToPath(new URL('../../dist/cli/seonchak.js', import.meta.url));

const backEnd = await startBackEnd('redis');
t.teardown(() => backEnd.stop());

async function settings() {
  const port = await freePort();
  const env = {
    ...backEnd.settings,
    JWT_SECRET: TEST_SECRET,
    LOG_LEVEL: 'silent',
    PROCESSES: '2',
    // No balancer has to notice: the kept connections of this test are not waited for.
    SHUTDOWN_DELAY_MS: '0',
    PORT: String(port),
  };
  return { port, env };
}

async function isReady(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(
    (answer) => answer.status === 200,
    () => false,
  );
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} ends all of them in order`, async (t) => {
    const { port, env } = await settings();
    const server = spawn(process.execPath, [bin, 'serve'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.teardown(() => server.kill('SIGKILL'));
    const ended = once(server, 'exit');
    await Promise.race([once(server.stdout, 'data'), ended]);
    t.ok(await isReady(port));
    server.kill(signal);
    t.same(await ended, [0, null]);
    t.notOk(await isReady(port), 'and none of them is left');
  });
}

t.test('an order to end that comes before the last of them is up is an orderly end too', async (t) => {
  const { port, env } = await settings();
  const server = spawn(process.execPath, [bin, 'serve'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  t.teardown(() => server.kill('SIGKILL'));
  const ended = once(server, 'exit');
  while (server.exitCode === null && !(await isReady(port)));
  server.kill('SIGTERM');
  t.same(await ended, [0, null]);
});

t.test('a port that is taken is said in one line, with 2, and nothing is left running', async (t) => {
  const { port, env } = await settings();
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const server = await runSeonchak(['serve'], env);
  t.equal(server.exitCode, 2);
  t.equal(server.stdout, '');
  t.match(server.stderr, new RegExp(`^seonchak: .*${port}.*\\n$`));
});

/** Started and still starting, with a Redis of its own to take away; `said` is all that it has printed. */
async function starting(t: Test) {
  const { env } = await settings();
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const server = spawn(process.execPath, [bin, 'serve'], {
    env: { ...process.env, ...env, LOG_LEVEL: 'info', REDIS_URL: redis.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => server.kill('SIGKILL'));
  const output = { said: '' };
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (data) => (output.said += String(data)));
  }
  return { redis, server, output, ended: once(server, 'close') };
}

t.test('a child that cannot start ends all of them', async (t) => {
  const { redis, server, output, ended } = await starting(t);
  const children = `/proc/${server.pid ?? 0}/task/${server.pid ?? 0}/children`;
  while (server.exitCode === null && (await readFile(children, 'utf8')) === '') await pause(1);
  await redis.kill('SIGKILL');
  t.same(await ended, [1, null]);
  t.match(
    output.said,
    /seonchak: Redis cannot be reached. Check REDIS_URL and that Redis is running.*\[store_unavailable\]/,
    'said by a child',
  );
  t.match(output.said, /seonchak: An API process ended before it was ready.*\[process_ended\]/);
  t.notMatch(output.said, /starting another/);
});

t.test('a store that becomes unreachable while its parent starts ends it', async (t) => {
  const { redis, server, output, ended } = await starting(t);
  while (server.exitCode === null && !output.said.includes('Stores opened')) await pause(1);
  await redis.kill('SIGKILL');
  t.same(await ended, [1, null]);
  t.match(output.said, /seonchak: .*\[(?:store_unavailable|process_ended)\]/);
});
