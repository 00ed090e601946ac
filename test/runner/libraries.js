/**
 * Bundles the libraries that most tests import into a file each. A test process reads these instead of several hundred files.
 * Two that are one large file each have a module that requires them.
 *
 * `compiled.js` puts their addresses in place of their names.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const self = fileURLToPath(import.meta.url);
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = path.join(root, '.tap/libraries/');
const DOMAIN = path.join(root, 'test/runner/domain.js');
const FACADE = '\0facade of ';
/** As they are imported. A library that loads a binary, or starts threads from files of its own, has to stay where it is. */
const BUNDLED = [
  'tap',
  'kysely',
  'zod',
  'ioredis',
  'mysql2',
  'mysql2/promise',
  'jose',
  'prom-client',
  'fast-check',
];

/** With the names that tests import. Node.js would parse the file for all its names first: 0.25 s of processor time and 0.5. */
const REQUIRED = { 'playwright-core': ['chromium'], typescript: [] };

/** @returns {string | undefined} the URL of the file that has this import; `undefined` where there is none */
export function bundleOf(name) {
  return BUNDLED.includes(name) || name in REQUIRED
    ? pathToFileURL(path.join(folder, `${name}.js`)).href
    : undefined;
}

/** Makes the bundles, unless those of these versions exist. It happens in a process of its own: tap runs tests wherever it is loaded. */
export function bundleLibraries() {
  const versions = createHash('sha1');
  for (const file of [path.join(root, 'package-lock.json'), self, DOMAIN])
    versions.update(readFileSync(file));
  const done = path.join(folder, versions.digest('hex'));
  if (existsSync(done)) return;
  rmSync(folder, { recursive: true, force: true });
  execFileSync(process.execPath, [self], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  for (const name of Object.keys(REQUIRED)) writeFileSync(path.join(folder, `${name}.js`), requiring(name));
  writeFileSync(done, '');
}

function requiring(name) {
  return `import { createRequire } from 'node:module';
const library = createRequire(${JSON.stringify(self)})('${name}');
export default library;
export const { ${REQUIRED[name].join(', ')} } = library;
`;
}

async function bundle() {
  const { build } = await import('vite');
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: [facades],
    resolve: { alias: { 'async-hook-domain': DOMAIN } },
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir: folder,
      target: 'node20',
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(BUNDLED.map((name) => [name, FACADE + name])),
        output: { entryFileNames: '[name].js' },
      },
    },
  });
}

/** A bundler gives an older library (CommonJS) a default export only; Node.js finds its names as well. */
const facades = {
  name: 'facades',
  resolveId: (id) => (id.startsWith(FACADE) ? id : undefined),
  async load(id) {
    if (!id.startsWith(FACADE)) return undefined;
    const name = id.slice(FACADE.length);
    const names = Object.keys(await import(name)).filter((one) => /^[\w$]+$/.test(one));
    return `export { ${names.join(', ')} } from '${name}';`;
  },
};

if (process.argv[1] === self) {
  await bundle();
  process.exit();
}
