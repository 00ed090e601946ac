/** Packs the client and tries it as its users have it: TypeScript, CommonJS with types, and a page that Vite builds. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import t from 'tap';
import { openShop } from '../../src/http/testing/shop.js';
import { emptyFolder } from '../clients/seonchak-command.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = await emptyFolder();
t.teardown(() => folder.remove());
const here = { cwd: folder.path, env: process.env };

const packed = await run('npm', ['pack', join(root, 'packages/client'), '--ignore-scripts', '--json'], here);
const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
await writeFile(join(folder.path, 'package.json'), '{"private":true,"type":"module"}');
// It has no dependency, so that no registry is asked.
await run('npm', ['install', `./${filename}`, '--offline', '--no-audit', '--no-fund'], here);

const PROGRAM = `
const [baseUrl, seller, member] = process.argv.slice(2);
async function main(): Promise<void> {
  const shop = createSeonchakClient({ baseUrl: String(baseUrl), token: String(seller) });
  const { data: coupon } = await shop.POST('/v1/coupons', { body: { name: 'Packed', quantity: 1 } });
  const id: number = coupon?.id ?? 0;
  const result = await pressUntilDefinite(createSeonchakClient({ baseUrl: String(baseUrl), token: String(member) }), id);
  if (result.status === 'held') console.log(result.issuance.outcome, result.issuance.issueNo);
  for await (const { issuances, frontier } of follow(shop, id, { once: true })) console.log(issuances.length, frontier);
  // @ts-expect-error: a quantity is a number
  shop.POST satisfies (path: '/v1/coupons', init: { body: { name: string; quantity: string } }) => unknown;
}
void main();
`;
const ESM = `import { createSeonchakClient, follow, pressUntilDefinite } from '@seonchak/client';\n${PROGRAM}`;
/** Without the types of Node.js: a project may have those of a browser alone. */
const COMMONJS = `declare const process: { readonly argv: readonly string[] };\nimport seonchak = require('@seonchak/client');\nconst { createSeonchakClient, follow, pressUntilDefinite } = seonchak;\n${PROGRAM}`;

async function project(
  name: string,
  type: 'module' | 'commonjs',
  files: Record<string, string>,
): Promise<string> {
  const path = join(folder.path, name);
  await mkdir(join(path, 'node_modules/@types'), { recursive: true });
  if (type === 'module')
    for (const types of ['@types/node', 'undici-types'])
      await symlink(join(root, 'node_modules', types), join(path, 'node_modules', types));
  for (const [file, text] of Object.entries({
    'package.json': JSON.stringify({ private: true, type }),
    ...files,
  }))
    await writeFile(join(path, file), text);
  return path;
}

const TSC = join(root, 'node_modules/typescript/bin/tsc');
/** Types of dependencies are checked as well. */
const STRICT = [
  ...['--strict', '--skipLibCheck', 'false', '--skipDefaultLibCheck', 'true'],
  ...['--target', 'es2022', '--outDir', 'out'],
];

t.test('nothing but the client is in the package, and every resolution finds code and types', async (t) => {
  const paths = files.map(({ path }) => path);
  t.same(
    paths.filter(
      (path) =>
        !/^(dist\/[\w-]+\.(js|cjs|d\.ts|d\.cts)|dist\/THIRD-PARTY\.txt|package\.json|README\.md|LICENSE)$/.test(
          path,
        ),
    ),
    [],
  );
  const manifest = JSON.parse(await readFile(join(root, 'packages/client/package.json'), 'utf8')) as object;
  t.notOk('dependencies' in manifest);
  const analysis = await checkPackage(
    createPackageFromTarballData(await readFile(join(folder.path, filename))),
  );
  if (!analysis.types) return t.fail('the package has no types');
  t.same(analysis.problems, []);
  return undefined;
});

for (const [name, type, source, moduleKind] of [
  ['typescript', 'module', ESM, ['--module', 'nodenext']],
  ['commonjs', 'commonjs', COMMONJS, ['--module', 'node16', '--experimentalDecorators']],
] as const) {
  t.test(`a fresh ${name} project compiles, downloads and follows`, async (t) => {
    const path = await project(name, type, { 'program.ts': source });
    const compiled = await run(process.execPath, [TSC, ...STRICT, ...moduleKind, 'program.ts'], {
      cwd: path,
    }).catch((error: unknown) => error as { stdout: string });
    t.equal(compiled.stdout, '');
    const shop = await openShop(t);
    const words = ['out/program.js', shop.url, shop.seller, await shop.token('1')];
    const printed = await run(process.execPath, words, { cwd: path });
    t.equal(printed.stdout, 'issued 1\n1 1\n');
  });
}

t.test('a page that Vite builds has the client in it, and nothing of Node.js', async (t) => {
  const path = await project('page', 'module', {
    'index.html': '<!doctype html><script type="module" src="/main.ts"></script>',
    'main.ts': `import { createSeonchakClient, pressUntilDefinite } from '@seonchak/client';
      const client = createSeonchakClient({ baseUrl: '/coupons' });
      document.body.onclick = () => void pressUntilDefinite(client, 42).then(({ status }) => document.body.append(status));`,
  });
  const { build } = await import('vite');
  const built = await build({ root: path, configFile: false, logLevel: 'error' });
  const { output } = (Array.isArray(built) ? built[0] : built) as { output: { code?: string }[] };
  const code = output.map((part) => part.code ?? '').join('');
  t.match(code, '/v1/coupons/{id}/download');
  t.notMatch(code, /node:|require\(/);
  t.ok(code.length < 25_000, `${code.length} bytes`);
});
