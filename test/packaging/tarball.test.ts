/** Installs the result of `npm pack` alone and checks the command and a download. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { emptyFolder } from '../clients/seonchak-command.js';
import { signToken } from '../clients/tokens.js';
import { startChildServer } from '../servers/child-server.js';
import { freePort } from '../servers/free-port.js';
import { TEST_SECRET } from '../servers/seonchak.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

const PROGRAM = `
const [baseUrl, seller, member] = process.argv.slice(2);
const post = async (path, token, body) => {
  const headers = { authorization: \`Bearer \${token}\`, 'content-type': 'application/json' };
  const response = await fetch(baseUrl + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return response.json();
};
const { id } = await post('/v1/coupons', seller, { name: 'Packed', quantity: 1 });
const { outcome, issueNo } = await post(\`/v1/coupons/\${id}/download\`, member);
console.log(outcome, issueNo);
`;

t.test('the package runs in an empty folder', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const here = { cwd: folder.path, env: { ...process.env, npm_config_prefer_offline: 'true' } };
  // The build is there already, and other tests are using it.
  const packed = await run('npm', ['pack', root, '--ignore-scripts', '--json'], here);
  const [{ filename, files }] = JSON.parse(packed.stdout) as [
    { filename: string; files: { path: string }[] },
  ];
  const paths = files.map(({ path }) => path);
  const needed = ['dist/cli/seonchak.js', 'dist/web/index.html', 'dist/client/index.js', 'lua/admit.lua'];
  for (const path of [...needed, 'dist/third-party.md']) t.ok(paths.includes(path), path);
  t.same(
    paths.filter((path) => /\.test\.|\/testing\/|^(src|test|bench|web)\/|\.env|jwt-secret|\.map$/.test(path)),
    [],
    'nothing that only we need',
  );

  await writeFile(join(folder.path, 'package.json'), '{"private":true,"type":"module"}');
  await run('npm', ['install', `./${filename}`, '--no-audit', '--no-fund'], here);
  const port = await freePort();
  const server = await startChildServer('npx', ['--no', 'seonchak', 'serve'], /is ready on/, {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], PORT: String(port), JWT_SECRET: TEST_SECRET },
  });
  // What npx started does not end with it.
  const pid = Number(/"pid":(\d+)/.exec(server.log())?.[1]);
  t.teardown(() => process.kill(pid, 'SIGTERM'));

  await writeFile(join(folder.path, 'program.js'), PROGRAM);
  const tokens = [await signToken('900', 'seller'), await signToken('1', 'member')];
  const printed = await run(process.execPath, ['program.js', `http://127.0.0.1:${port}`, ...tokens], here);
  t.equal(printed.stdout, 'issued 1\n');
});
