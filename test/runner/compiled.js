/**
 * Copies TypeScript without its types into a folder of the same layout, `.tap/compiled`, where Node.js runs it without a loader.
 *
 * A loader costs every process and every thread of the tests a thread of its own; what tap's has besides costs two seconds. Types are not
 * checked here but by `npm run check`: removing them takes 0.3 s for all files, and the compiler took 6.5 s.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from 'rolldown/utils';
import { bundleOf } from './libraries.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = path.join(root, '.tap/compiled/');
const self = readFileSync(fileURLToPath(import.meta.url));
/** A module names itself to find files beside it. What it starts is the copy, and everything else stays where it is. */
const OWN_URL = /(new URL\('[^']+)\.ts', import\.meta\.url\)|import\.meta\.url/g;
const LIBRARY = /( from )'([^.'][^']*)'/g;
const FRAME_OF_TAP = /^.*\.tap\/libraries\/tap\.js:\d+.*\n/gm;
/** A place in a copy, as stacks and tap write it. */
const PLACE = /[^\s()"']*\.tap\/compiled\/([^\s()"':]+)\.js:(\d+):(\d+)/g;

/** Brings the copies of these modules up to date, absolute paths; a module that did not change costs reading it. */
export function compile(modules) {
  for (const file of modules) {
    const source = readFileSync(file, 'utf8');
    const copy = compiledPath(file);
    const state = `// ${createHash('sha1').update(self).update(file).update(source).digest('hex')}\n`;
    if (readIfThere(copy)?.endsWith(state) === true) continue;
    const { code, map } = withoutTypes(file, source);
    mkdirSync(path.dirname(copy), { recursive: true });
    if (map !== undefined) replace(`${copy}.map`, map);
    replace(copy, `${code}\n${state}`);
  }
}

/** Where the copy of a file is. */
export function compiledPath(file) {
  return path.join(folder, path.relative(root, path.resolve(root, file)).replace(/\.ts$/, '.js'));
}

/** @returns {{ code: string, map?: string }} the JavaScript of a file that is TypeScript or JavaScript, and its source map */
export function withoutTypes(file, source = readFileSync(file, 'utf8')) {
  const ownUrl = JSON.stringify(pathToFileURL(file).href);
  const placed = source
    .replace(OWN_URL, (_, started) => (started === undefined ? ownUrl : `${started}.js', import.meta.url)`))
    .replace(LIBRARY, (_, from, name) => `${from}'${bundleOf(name) ?? name}'`);
  if (!file.endsWith('.ts')) return { code: placed };
  const { code, map, errors } = transformSync(file, placed, {
    lang: 'ts',
    sourcemap: true,
    tsconfig: false,
    typescript: { onlyRemoveTypeImports: true },
  });
  if (errors.length > 0) throw new Error(errors.map(({ message }) => `${file}: ${message}`).join('\n'));
  // As the file itself: coverage and stacks name it.
  const named = JSON.stringify({ ...map, sources: [pathToFileURL(file).href], sourcesContent: undefined });
  return { code: `${code}//# sourceMappingURL=${path.basename(file, '.ts')}.js.map`, map: named };
}

/** Gives each place in a copy the file and line of its source, and leaves tap's own places out of stacks. */
export function withSourcePlaces(text) {
  return text.replace(FRAME_OF_TAP, '').replace(PLACE, (place, name, line, column) => {
    const map = readIfThere(path.join(folder, `${name}.js.map`));
    if (map === undefined) return place;
    const entry = new SourceMap(JSON.parse(map)).findEntry(Number(line) - 1, Number(column) - 1);
    return `${name}.ts:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

/** Several runs may write the same file, and none may read half of it. */
function replace(file, text) {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
