/**
 * Builds the types and the package of the client, the server and the pages, unless their sources are unchanged.
 *
 * `dist/built.json` has a digest of the sources, and the names and sizes of the files that were built. Remove it to build in any case.
 */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Libraries change with the lockfile; the page of errors is made from its document. */
const FOLDERS = ['src', 'web', 'packages', 'scripts'];
const FILES = ['docs/errors.md', 'package.json', 'package-lock.json', 'tsconfig.json'];
const BUILT = ['dist', 'packages/client/dist', 'packages/client/src/api-types.ts'];
const note = path.join(root, 'dist/built.json');

const sources = digestOf(
  filesIn([...FOLDERS, ...FILES]).filter((file) => !isBuilt(file) && !file.endsWith('.test.ts')),
);
if (readNote() !== JSON.stringify({ sources, built: sizesOf(filesIn(BUILT)) })) {
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  rmSync(note, { force: true });
  await run('node scripts/client-types.js');
  await run('node scripts/build-server.js', 'node scripts/build-client.js', 'vite build web --logLevel warn');
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

/** Runs commands side by side. If one fails, the others end first: none writes into dist after this process. */
async function run(...lines) {
  const exitCodes = await Promise.all(lines.map(exitCodeOf));
  const failed = lines.filter((_, index) => exitCodes[index] !== 0);
  if (failed.length === 0) return;
  console.error(`failed: ${failed.join(', ')}`);
  process.exit(1);
}

/** npm has put the folder of these programs on the PATH. */
function exitCodeOf(line) {
  const [command, ...words] = line.split(' ');
  const child = spawn(command, words, { cwd: root, stdio: 'inherit' });
  return new Promise((resolve) => {
    child.on('close', resolve).on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
  });
}
