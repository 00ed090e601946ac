/**
 * Runs contracts, whole-system load and store faults against the servers and the Node.js of each named system (`npm run
 * versions`).
 *
 * A folder brings its own C library, Node.js (`node` in its usr/local/bin), Redis or Valkey, and MariaDB or MySQL, so one machine runs
 * them all. Where both are there, Valkey is taken. It needs root: the tests run inside the folder (chroot), on this checkout, which is
 * mounted there. Results are printed as the rows of docs/versions.md.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readWords } from '../read-arguments.js';
import { runGeneratedClients } from './generated-clients.js';
import { runImage } from './image.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where the checkout is mounted inside a system. */
const MOUNTED_AT = '/srv/seonchak';

const FILES = [
  'src/persist/redis/redis-contract.test.ts',
  'src/persist/redis/redis-faults.test.ts',
  'src/persist/redis/redis-cluster-faults.test.ts',
  'src/persist/sql/mariadb.test.ts',
  'src/persist/sql/mysql-faults.test.ts',
  'src/persist/sql/record-together.test.ts',
  'src/persist/sqlite/embedded.test.ts',
  'src/http/server.test.ts',
  'src/http/node/node-app.test.ts',
  'test/idle-connections.test.ts',
  'test/inputs/http.test.ts',
  'test/inputs/chunked.test.ts',
  'test/inputs/heads.test.ts',
  'test/admission-equivalence.test.ts',
  'test/system/burst.test.ts',
  'test/system/killed.test.ts',
  'test/chaos/redis-lost.test.ts',
  'test/chaos/mysql.test.ts',
  'test/chaos/replicas.test.ts',
  'test/chaos/cluster.test.ts',
];

const USAGE = `npm run versions                                   this machine
npm run versions -- --system DIR [--system DIR …]  Debian systems in folders, made with mmdebstrap or debootstrap
npm run versions -- --system DIR -- FILE …         these test files only
npm run versions -- --image                        the image and the topology of compose.yaml
npm run versions -- --clients                      clients of an outside generator
npm run versions -- --earlier DIR                  winners come over from a built checkout with the earlier layout of Redis
npm run versions -- --earlier DIR --cluster --winners N --kills K
                                                   in a Redis Cluster; N winners, the command killed K times`;

const { values, positionals } = readWords(USAGE, {
  options: {
    system: { type: 'string', multiple: true, default: [] },
    image: { type: 'boolean', default: false },
    clients: { type: 'boolean', default: false },
    earlier: { type: 'string' },
    cluster: { type: 'boolean', default: false },
    winners: { type: 'string', default: '1000000' },
    kills: { type: 'string', default: '40' },
  },
  allowPositionals: true,
});
if (values.image) process.exit(runImage());
if (values.clients) process.exit(await runGeneratedClients(root));
if (values.earlier !== undefined) process.exit(moveWinners(values));
const files = positionals.length > 0 ? positionals : FILES;

const rows = [];
for (const folder of values.system.length > 0 ? values.system : [undefined]) {
  const system = folder === undefined ? thisMachine() : openFolder(folder);
  try {
    const versions = versionsOf(system);
    console.log(`\n${versions.system}: Node.js ${versions.node}, ${versions.redis}, ${versions.database}`);
    rows.push({ ...versions, ...(await runTests(system)) });
  } finally {
    system.close();
  }
}

const today = new Date().toISOString().slice(0, 10);
console.log('\n| date | system | Node.js | Redis | database | tests | failed |');
console.log('| --- | --- | --- | --- | --- | ---: | --- |');
for (const { system, node, redis, database, passed, failed } of rows)
  console.log(
    `| ${today} | ${system} | ${node} | ${redis} | ${database} | ${passed} | ${failed.join(', ') || 'none'} |`,
  );
process.exitCode = rows.every(({ failed, passed }) => failed.length === 0 && passed > 0) ? 0 : 1;

/** Exit code of moved-winners.ts. */
function moveWinners({ earlier, cluster, winners, kills }) {
  const folder = resolve(earlier);
  if (!existsSync(join(folder, 'dist/cli/seonchak.js'))) throw new Error(`${folder} has no build`);
  const settings = {
    ...{ EARLIER_VERSION: folder, MOVED_IN_CLUSTER: cluster ? '1' : '0' },
    ...{ MOVED_WINNERS: winners, MOVED_KILLS: kills },
  };
  const env = { ...process.env, ...settings };
  const words = ['test/run.sh', '--timeout=0', 'test/versions/moved-winners.ts'];
  return spawnSync('bash', words, { cwd: root, stdio: 'inherit', env }).status ?? 1;
}

/** @returns how to run a command there, and how to leave no mount behind. */
function thisMachine() {
  return { command: (words) => words, cwd: root, close: () => undefined };
}

function openFolder(folder) {
  if (!existsSync(join(folder, 'etc/os-release')))
    throw new Error(`${folder} is no system: it has no etc/os-release`);
  const mounts = [];
  const mount = (source, place, kind = '--rbind') => {
    mkdirSync(join(folder, place), { recursive: true });
    execFileSync('mount', [kind, source, join(folder, place)]);
    mounts.unshift(join(folder, place));
  };
  const close = () => {
    for (const place of mounts) spawnSync('umount', ['--recursive', '--lazy', place]);
  };
  try {
    mount('/proc', 'proc');
    mount('/dev', 'dev');
    mount(root, MOUNTED_AT, '--bind');
  } catch (error) {
    close();
    throw error;
  }
  return { command: (words) => ['chroot', folder, 'env', '-C', MOUNTED_AT, ...words], cwd: root, close };
}

function versionsOf(system) {
  const first = (...commands) => {
    for (const words of commands) {
      const [program, ...rest] = system.command(['sh', '-c', `${words} 2>/dev/null`]);
      const { stdout, status } = spawnSync(program, rest, { encoding: 'utf8', env: environment() });
      if (status === 0 && stdout.trim() !== '') return stdout.trim().split('\n')[0];
    }
    return 'none';
  };
  const redis = first('valkey-server --version', 'redis-server --version');
  const database = first('mariadbd --version', 'mysqld --version');
  return {
    system: first('. /etc/os-release && echo "$PRETTY_NAME"'),
    node: first('node --version').replace(/^v/, ''),
    redis: `${/^Valkey/.test(redis) ? 'Valkey' : 'Redis'} ${/v=([\d.]+)/.exec(redis)?.[1] ?? redis}`,
    database: `${/MariaDB/.test(database) ? 'MariaDB' : 'MySQL'} ${/Ver ([\d.]+)/.exec(database)?.[1] ?? database}`,
  };
}

/** Runs every file in turn: @returns how many tests passed, and the names of the files that failed. */
async function runTests(system) {
  let passed = 0;
  const failed = [];
  for (const file of files) {
    const [program, ...rest] = system.command(['node', 'test/runner/run.js', file]);
    const child = spawn(program, rest, {
      cwd: system.cwd,
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    const code = await new Promise((resolve) => child.on('close', resolve));
    passed += Number(/^(\d+) passed/m.exec(output)?.[1] ?? 0);
    console.log(code === 0 ? output.trimEnd().split('\n').at(0) : output.trimEnd());
    if (code !== 0) failed.push(file);
  }
  return { passed, failed };
}

function environment() {
  return {
    ...process.env,
    PATH: `/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin`,
    TMPDIR: '/tmp',
  };
}
