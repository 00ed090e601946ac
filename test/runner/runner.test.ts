/** Tests the runner: which servers it requires, and what it reports about wrong names and files. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { onPath } from '../servers/on-path.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const WITHOUT_SERVERS = 'src/engine/domain/coupon.test.ts';
const WITH_REDIS = 'src/persist/redis/durability.test.ts';

interface Ended {
  readonly exitCode: number;
  readonly printed: string;
}

/** On a machine that has Node.js and a shell, no server and no package manager. */
async function runOnBareMachine(t: Test, ...words: readonly string[]): Promise<Ended> {
  const folder = await scratchFolder(t);
  for (const name of ['bash', 'sed', 'id', 'cat', 'dirname']) {
    await symlink(onPath(name) ?? '', join(folder, name));
  }
  await symlink(process.execPath, join(folder, 'node'));
  return new Promise((resolve) => {
    const env = { PATH: folder, HOME: folder };
    execFile('bash', ['test/run.sh', ...words], { cwd: root, env }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), printed: stdout + stderr });
    });
  });
}

/** Packages of these test files, or of all test files without names. */
function packagesOf(...files: readonly string[]): string[] {
  const listing = execFileSync(process.execPath, ['test/runner/packages.js', ...files], { cwd: root });
  return listing.toString().split('\n').filter(Boolean);
}

async function scratchFolder(t: Test): Promise<string> {
  await mkdir(join(root, '.tap'), { recursive: true });
  const folder = await mkdtemp(join(root, '.tap/runner-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

t.test('a test without servers runs on a machine that has none', async (t) => {
  t.match(await runOnBareMachine(t, WITHOUT_SERVERS), { exitCode: 0, printed: /^ok {4}src\/engine/ });
});

t.test('a test of Redis asks for Redis, and for nothing else', async (t) => {
  const { exitCode, printed } = await runOnBareMachine(t, WITHOUT_SERVERS, WITH_REDIS);
  t.equal(exitCode, 1);
  t.match(printed, /Missing on the PATH: redis-server\. /);
  t.match(printed, /apt-get install redis-server\n/);
  t.notMatch(printed, /^ok/m, 'no test has run');
});

t.test('what each kind of file needs follows from its imports', (t) => {
  t.same(packagesOf(WITHOUT_SERVERS, 'test/chaos/embedded.test.ts'), []);
  t.same(packagesOf('src/persist/sql/mariadb.test.ts'), ['mariadb-server']);
  t.same(packagesOf('test/console-accessibility.test.ts'), ['chromium-headless-shell']);
  t.same(packagesOf('test/completion.test.ts'), ['fish', 'zsh']);
  const behindProxies = ['haproxy', 'mariadb-server', 'nginx', 'redis-server'];
  t.same(packagesOf('test/proxies/rolling-restart.test.ts'), behindProxies);
  t.same(
    packagesOf(),
    ['bsdutils', 'chromium-headless-shell', 'curl', 'fish', ...behindProxies, 'prometheus', 'zsh'].sort(),
  );
  t.end();
});

t.test('a mistyped name fails with the nearest ones, and no other file runs', async (t) => {
  const mistyped = 'src/engine/cupon.test.ts';
  const { exitCode, printed } = await runOnBareMachine(t, WITHOUT_SERVERS, mistyped);
  t.equal(exitCode, 2);
  t.match(printed, `No test file ${mistyped}. Nearest: ${WITHOUT_SERVERS}`);
  t.notMatch(printed, /^ok/m);
});

t.test('a file without assertions fails', async (t) => {
  const folder = await scratchFolder(t);
  const empty = join(folder, 'empty.test.ts');
  await writeFile(empty, "import t from 'tap';\nvoid t;\n");
  t.match(await runOnBareMachine(t, empty), { exitCode: 1, printed: /it asserts nothing/ });
});

t.test('an error before the first test is printed', async (t) => {
  const folder = await scratchFolder(t);
  const file = join(folder, 'early-error.test.ts');
  const lines = ["import t from 'tap';", 'await Promise.reject(new Error(`early: ${typeof t}`));'];
  await writeFile(file, lines.join('\n'));
  const printed = /not ok: early: object\n[^]* at: .*early-error\.test\.ts:2:/;
  t.match(await runOnBareMachine(t, file), { exitCode: 1, printed });
});

t.test('an unknown option prints the usage', async (t) => {
  t.match(await runOnBareMachine(t, '--parallel=9'), { exitCode: 2, printed: /npm test -- FILE…/ });
});

t.test('an error that nothing catches fails the test that runs, and no other', async (t) => {
  const folder = await scratchFolder(t);
  const file = join(folder, 'late-errors.test.ts');
  const lines = [
    "import { setTimeout as pause } from 'node:timers/promises';",
    "import t from 'tap';",
    "t.test('both', async (t) => {",
    "  t.test('waits', async (t) => { await pause(50); t.pass(); });",
    "  t.test('rejects', async () => { void pause(50).then(() => { throw new Error('late'); }); await pause(200); });",
    '});',
    "t.test('throws', async () => { setTimeout(() => { throw new Error('later'); }, 50); await pause(200); });",
    "t.test('follows', async (t) => { t.pass(); });",
  ];
  await writeFile(file, lines.join('\n'));
  const { exitCode, printed } = await runOnBareMachine(t, file);
  t.equal(exitCode, 1);
  t.match(printed, /not ok: both › rejects › late\n[^]* at: .*late-errors\.test\.ts:5:/);
  t.match(printed, /not ok: throws › later\n[^]*:7:/);
  t.match(printed, /\n2 passed, 2 failed/);
});
