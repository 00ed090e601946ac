/** Tests that no file imports itself through others. */
import { dirname, normalize } from 'node:path';
import t from 'tap';
import { read, repositoryFiles } from './repository-files.js';

/** Imports of types count too: a file that names the types of another one cannot be read alone. */
const IMPORTS = /^(?:import|export) [^;']*from '(\.[^']+)'/gm;

const sources = new Set(repositoryFiles.filter((file) => /\.tsx?$/.test(file)));

function importsOf(file: string): string[] {
  return Array.from(read(file).matchAll(IMPORTS), ([, name = '']) => normalize(`${dirname(file)}/${name}`))
    .flatMap((path) => [path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx')])
    .filter((path) => sources.has(path));
}

/** The first circle below a file, or none. Files of `done` have none. */
function circleBelow(file: string, above: readonly string[], done: Set<string>): string[] | undefined {
  if (above.includes(file)) return [...above.slice(above.indexOf(file)), file];
  if (done.has(file)) return undefined;
  for (const imported of importsOf(file)) {
    const circle = circleBelow(imported, [...above, file], done);
    if (circle !== undefined) return circle;
  }
  done.add(file);
  return undefined;
}

t.test('imports have no circle, of types neither', async (t) => {
  const done = new Set<string>();
  t.same(
    [...sources].flatMap((file) => circleBelow(file, [], done)?.join(' → ') ?? []),
    [],
  );
  t.ok(done.size > 800, `${done.size} files`);
  t.ok(importsOf('src/engine/download/engine.ts').includes('src/engine/download/coupon-actor.ts'));
  t.ok(
    importsOf('src/engine/download/coupon-actor.ts').includes('src/engine/download/actor-context.ts'),
    'a type',
  );
});
