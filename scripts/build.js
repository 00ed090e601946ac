/**
 * npm run build: the types and the package of the client, the server, and the pages; nothing where the build is of these sources already.
 *
 * `dist/built.json` has a digest of the sources and the names and sizes of what was built. Remove it to build all the same.
 */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Libraries change with the lockfile, and the page of errors is made from its document. */
const SOURCES = [
  ...['src', 'web', 'packages', 'scripts'],
  ...['docs/errors.md', 'package.json', 'package-lock.json', 'tsconfig.json'],
];
const BUILT = ['dist', 'packages/client/dist', 'packages/client/src/api-types.ts'];
const note = path.join(root, 'dist/built.json');

const sources = digestOf(filesIn(SOURCES).filter((file) => !isBuilt(file) && !file.endsWith('.test.ts')));
if (readNote() !== JSON.stringify({ sources, built: sizesOf(filesIn(BUILT)) })) {
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  rmSync(note, { force: true });
  await run('node scripts/client-types.js');
  await Promise.all(
    ['node scripts/build-server.js', 'node scripts/build-client.js', 'vite build web --logLevel warn'].map(
      run,
    ),
  );
  writeFileSync(note, JSON.stringify({ sources, built: sizesOf(filesIn(BUILT)) }));
}

function filesIn(names) {
  return names
    .flatMap((name) => {
      const found = statSync(path.join(root, name), { throwIfNoEntry: false });
      if (found?.isDirectory() !== true) return found === undefined ? [] : [name];
      const within = readdirSync(path.join(root, name), { recursive: true, withFileTypes: true });
      return within
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)));
    })
    .sort();
}

function isBuilt(file) {
  return BUILT.some((name) => file === name || file.startsWith(`${name}/`));
}

function digestOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

function sizesOf(files) {
  const others = files.filter((file) => path.join(root, file) !== note);
  return others.map((file) => [file, statSync(path.join(root, file)).size]);
}

function readNote() {
  try {
    return readFileSync(note, 'utf8');
  } catch {
    return undefined;
  }
}

/** npm has put the folder of these programs on the PATH. */
async function run(line) {
  const [command, ...words] = line.split(' ');
  const child = spawn(command, words, { cwd: root, stdio: 'inherit' });
  const exitCode = await new Promise((resolve) => child.on('close', resolve).on('error', resolve));
  if (exitCode !== 0) {
    console.error(`failed: ${line}`);
    process.exit(1);
  }
}
