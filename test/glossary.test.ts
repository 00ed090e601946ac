/** Tests that every word of the glossary occurs in the code, and that the files it names exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = new URL('../', import.meta.url);
const glossary = readFileSync(new URL('docs/glossary.md', root), 'utf8');
const rows = glossary
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (word|-)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, words = '', , where = '']) => ({ words: words.split(', '), where }));

/** Code and scripts in lower case, with camel case, dashes and underscores as spaces. */
const code = ['src', 'lua']
  .flatMap((folder) =>
    readdirSync(fileURLToPath(new URL(folder, root)), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|lua)$/.test(name) && !/\.test\.ts$/.test(name))
      .map((name) => readFileSync(new URL(`${folder}/${name}`, root), 'utf8')),
  )
  .join('\n')
  .replace(/([a-z])([A-Z])/g, '$1 $2')
  .replace(/[-_]/g, ' ')
  .toLowerCase();

t.test('the glossary lists each word once, and each occurs in the code', (t) => {
  const words = rows.flatMap((row) => row.words);
  t.ok(words.length > 40, 'the table was read');
  t.equal(new Set(words).size, words.length, 'one meaning for each word');
  t.same(
    words.filter((word) => !new RegExp(`\\b${word}`).test(code)),
    [],
  );
  t.end();
});

t.test('the files that the glossary names exist', (t) => {
  const paths = rows.flatMap(({ where }) =>
    Array.from(where.matchAll(/`([^`]+)`/g), ([, path = '']) => path),
  );
  t.ok(paths.length > 40, 'paths were read');
  t.same(
    paths.filter((path) => !existsSync(new URL(`src/${path}`, root)) && !existsSync(new URL(path, root))),
    [],
  );
  t.end();
});
