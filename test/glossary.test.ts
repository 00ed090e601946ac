/** Compares the glossary with the words and the files of the code. */
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

/** Where the words of the code are made: names that these folders export. */
const WORKED_IN = ['engine', 'persist', 'accounts'];
/** A word of one file is explained there. */
const FILES_MIN = 2;

/** Words that mean here what every engineer, or the documentation of SQL, HTTP and accounts, takes them to mean. */
const ORDINARY = new Set(
  `action add after ahead answer bound call change channel check clock column command connect context corrupt count create currency data
database decided default delta discount earlier effect engine entry error exist field filter folder found group hash identity index insert
judge kept last length level limit list live load local log many map max may message migrate migration move mysql name not number once
open option order overlap page parse password poll position prefix process quantity query read reason redis remove repeat reply request require reset
result role rotate row same search second secret send sign sort source sql sqlite start state step table taken text thread time transaction type
unknown update valid value view wait with`.split(/\s+/),
);

/** Without the endings of plurals and verbs, so that `recorders`, `recorded` and `record` are one word. */
function stem(word: string): string {
  return word
    .replace(/ies$/, 'y')
    .replace(/(?:ing|er|ed|or|s|e)+$/, '')
    .replace(/([a-z])\1$/, '$1');
}

function exportedWords(): Map<string, Set<string>> {
  const files = new Map<string, Set<string>>();
  for (const folder of WORKED_IN) {
    const names = readdirSync(new URL(`src/${folder}`, root), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((one) => /^(?!.*(?:\.test\.ts|testing\/)).*\.ts$/.test(one))) {
      const text = readFileSync(new URL(`src/${folder}/${name}`, root), 'utf8');
      const exported = text.matchAll(
        /^export (?:declare |abstract |async )*(?:const|function\*?|class|interface|type) (\w+)/gm,
      );
      for (const [, identifier = ''] of exported)
        for (const word of identifier.split(/_|(?<=[a-z])(?=[A-Z])/))
          (files.get(word.toLowerCase()) ?? filesOf(files, word.toLowerCase())).add(`${folder}/${name}`);
    }
  }
  return files;
}

function filesOf(files: Map<string, Set<string>>, word: string): Set<string> {
  const none = new Set<string>();
  files.set(word, none);
  return none;
}

t.test('working words of exported names are in the glossary', (t) => {
  const explained = new Set(
    rows.flatMap(({ words }) => words.flatMap((term) => term.split(/[ -]/))).map(stem),
  );
  const byStem = new Map<string, Set<string>>();
  for (const [word, files] of exportedWords()) {
    const known = byStem.get(stem(word)) ?? filesOf(byStem, stem(word));
    for (const file of files) known.add(file);
  }
  const working = [...byStem].filter(([, files]) => files.size >= FILES_MIN).map(([word]) => word);
  t.ok(working.length > 100, 'names were read');
  const ordinary = new Set([...ORDINARY].map(stem));
  t.same(working.filter((word) => word.length > 2 && !explained.has(word) && !ordinary.has(word)).sort(), []);
  t.same(
    [...ORDINARY].filter(
      (word) => word !== '' && (explained.has(stem(word)) || !working.includes(stem(word))),
    ),
    [],
    'no word is called ordinary that is explained, or no longer used',
  );
  t.end();
});
