/**
 * Compiles TypeScript by removing its types, once per text: later calls, in this run or the next, read a file.
 *
 * tap's own loader starts a compiler in every process and every worker thread. That is two seconds of computing for
 * each of them.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { threadId } from 'node:worker_threads';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../.tap/compiled/', import.meta.url));
const self = readFileSync(fileURLToPath(import.meta.url));

/**
 * @param {string} file a TypeScript file
 * @returns {string} JavaScript with its source map
 */
export function compiled(file) {
  const source = readFileSync(file, 'utf8');
  const name = createHash('sha1').update(self).update(file).update(source).digest('hex');
  const kept = path.join(folder, `${name}.js`);
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    const code = compile(file, source);
    // Several processes may read the same file, and none may read half of it.
    const unfinished = `${kept}.${process.pid}.${threadId}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(unfinished, code);
    renameSync(unfinished, kept);
    return code;
  }
}

function compile(file, source) {
  /** Loaded when something is new; the checker of types is `npm run check`. */
  const ts = createRequire(import.meta.url)('typescript');
  return ts.transpileModule(source, {
    fileName: file,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
    },
  }).outputText;
}
