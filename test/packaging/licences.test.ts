/** Checks that bundled packages may be redistributed and that docs/licences.md is correct. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/licences.md`, 'utf8');
const rows = [...page.matchAll(/^\| (\S+) +\| (\S+) +\| (\S+) +\|/gm)]
  .map(([, name = '', version = '', licence = '']) => ({ name, version, licence }))
  .filter(({ name }) => !/^(?:package|-+)$/.test(name));
/**
 * Licences under which Seonchak can be passed on together with these packages, without further conditions for the one
 * who does.
 */
const permitted = new Set(['MIT', 'MIT-0', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']);

t.test('the page is what the lock file says', async (t) => {
  await t.resolves(run(process.execPath, ['scripts/licences.js', '--check'], { cwd: root }));
  t.ok(rows.length > 50);
});

t.test('no licence binds a redistributor', (t) => {
  t.same(
    rows.filter(({ licence }) => !permitted.has(licence)),
    [],
  );
  t.end();
});

t.test('every direct dependency is listed as it is installed', (t) => {
  const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const folder of Object.keys(dependencies)) {
    const manifest = `${root}node_modules/${folder}/package.json`;
    t.ok(existsSync(manifest), folder);
    const { name, version, license } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, string>;
    t.match(
      rows.find((row) => row.name === name && row.version === version),
      { licence: license },
      folder,
    );
  }
  t.end();
});
