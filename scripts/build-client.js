/**
 * Builds packages/client: modules and types for ESM and CommonJS, without a dependency.
 *
 * openapi-fetch goes into the bundle with its types and its licence. Its own types for CommonJS have an `export =` beside named exports,
 * which no compiler reads, so a package that pointed at them would have none there.
 */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = `${root}packages/client`;
const out = `${folder}/dist`;
/** Packages whose types our declarations contain. */
const TYPED = ['openapi-fetch', 'openapi-typescript-helpers'];

await rm(out, { recursive: true, force: true });
await build({
  root: folder,
  configFile: false,
  logLevel: 'warn',
  build: {
    target: 'es2022',
    minify: false,
    lib: {
      entry: 'src/index.ts',
      formats: ['es', 'cjs'],
      fileName: (format) => (format === 'es' ? 'index.js' : 'index.cjs'),
    },
  },
});
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', folder], {
  stdio: 'inherit',
});
for (const name of TYPED)
  await copyFile(`${root}node_modules/${name}/dist/index.d.mts`, `${out}/${name}.d.ts`);

for (const file of (await readdir(out)).filter((name) => name.endsWith('.d.ts'))) {
  const text = (await readFile(`${out}/${file}`, 'utf8')).replace(
    new RegExp(`from '(${TYPED.join('|')})'`, 'g'),
    "from './$1.js'",
  );
  await writeFile(`${out}/${file}`, text);
  await writeFile(
    `${out}/${file.replace(/\.d\.ts$/, '.d.cts')}`,
    text.replace(/from '(\.\/[\w-]+)\.js'/g, "from '$1.cjs'"),
  );
}
const licences = TYPED.map(
  async (name) => `${name}\n\n${await readFile(`${root}node_modules/${name}/LICENSE`, 'utf8')}`,
);
// The demo's own copy, found by the import #client: the installed server has no other package of ours.
await mkdir(`${root}dist/client`, { recursive: true });
await copyFile(`${out}/index.js`, `${root}dist/client/index.js`);
await writeFile(`${out}/THIRD-PARTY.txt`, (await Promise.all(licences)).join('\n\n'));
