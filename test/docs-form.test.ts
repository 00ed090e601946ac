/** Checks the documents: table cells, sentences, phrases, links, and the files, promises, faults and log lines that they name. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import t from 'tap';
import { DOCUMENTS_ONLY, TRANSLATED_PHRASES, withoutQuotes } from './plain-words.js';
import { read, repositoryFiles, root } from './repository-files.js';

const CELL_CHARACTERS_MAX = 100;

const documents = repositoryFiles.filter((file) => /^(?:docs\/.*|lua\/.*|[^/]+)\.md$/.test(file));
const current = documents.filter((file) => file !== 'CHANGELOG.md');

/** Its cells list the arguments of a script, as src/persist/redis/scripts.test.ts compares them. */
const SCRIPTS_TABLE = 'lua/README.md';

interface Line {
  readonly text: string;
  /** `docs/errors.md:12` */
  readonly place: string;
}

/** The lines outside code blocks. */
function lines(file: string): Line[] {
  let isCode = false;
  return read(file)
    .split('\n')
    .flatMap((text, index) => {
      if (/^\s*```/.test(text)) isCode = !isCode;
      return isCode ? [] : [{ text, place: `${file}:${index + 1}` }];
    });
}

/** As a reader sees it: links without their addresses, no HTML. */
function rendered(markdown: string): string {
  return markdown
    .replace(/<[^>]*>/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim();
}

function offences(files: readonly string[], isOffence: (text: string) => boolean): string[] {
  return files.flatMap((file) =>
    lines(file)
      .filter(({ text }) => isOffence(text))
      .map(({ place, text }) => `${place}: ${text.slice(0, 120)}`),
  );
}

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return rendered(heading)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function anchors(file: string): Set<string> {
  const text = read(file);
  const headings = lines(file).flatMap((line) => /^#+ (.*)$/.exec(line.text)?.[1] ?? []);
  const explicit = Array.from(text.matchAll(/<a id="([^"]+)">/g), ([, id = '']) => id);
  return new Set([...headings.map(anchorOf), ...explicit]);
}

function links(file: string): string[] {
  return lines(file).flatMap(({ text }) =>
    Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, address = '']) => address),
  );
}

const isTableRow = (text: string): boolean => text.trimStart().startsWith('|');

t.test('a cell of a table is read at a glance', (t) => {
  const isTooLong = (text: string): boolean =>
    isTableRow(text) && text.split(/(?<!\\)\|/).some((cell) => rendered(cell).length > CELL_CHARACTERS_MAX);
  const isRule = (text: string): boolean => /^\s*\|[\s:|-]+\|$/.test(text);
  t.same(
    offences(
      current.filter((file) => file !== SCRIPTS_TABLE),
      (text) => isTooLong(text) && !isRule(text),
    ),
    [],
  );
  t.end();
});

t.test('a line of source holds one sentence', (t) => {
  const LIST_MARKER = /^\s*(?:[-*]|\d+\.) /;
  const ABBREVIATIONS = /\b(?:e\.g|i\.e|etc|vs)\./g;
  const twoSentences = /[\p{L}\p{N})`"”%]\.\)? +(?:\[|\*\*|"|“|\()?[\p{Lu}\p{Lo}\d`]/u;
  t.same(
    offences(
      current,
      (text) =>
        !isTableRow(text) &&
        !text.startsWith('#') &&
        twoSentences.test(text.replace(LIST_MARKER, '').replace(ABBREVIATIONS, '')),
    ),
    [],
  );
  t.end();
});

t.test('no document speaks in phrases translated word by word', (t) => {
  for (const { phrase, plainly } of [...TRANSLATED_PHRASES, ...DOCUMENTS_ONLY]) {
    t.same(
      offences([...current, 'CHANGELOG.md'], (text) => phrase.test(withoutQuotes(rendered(text)))),
      [],
      `instead of ${String(phrase)}: ${plainly}`,
    );
  }
  t.end();
});

t.test('every relative link leads to a file of the repository, and to a heading of it', (t) => {
  const broken = documents.flatMap((file) =>
    links(file)
      .filter((address) => !/^[a-z]+:/.test(address))
      .filter((address) => {
        const [path = '', anchor] = address.split('#');
        const target = path === '' ? file : normalize(join(dirname(file), path));
        if (!existsSync(join(root, target))) return true;
        return anchor !== undefined && !anchors(target).has(anchor);
      })
      .map((address) => `${file}: ${address}`),
  );
  t.same(broken, []);
  t.end();
});

t.test('a source file that a document names is there', (t) => {
  const names = new Set(repositoryFiles.map((file) => basename(file)));
  const missing = current.flatMap((file) =>
    lines(file).flatMap(({ text, place }) =>
      Array.from(text.matchAll(/`([\w./-]+\.(?:ts|js|lua|sh|md))`/g), ([, path = '']) => path)
        .filter((path) => {
          if (path.startsWith('dist/')) return !existsSync(join(root, path));
          if (!path.includes('/')) return !names.has(path);
          return !repositoryFiles.some((known) => known === path || known.endsWith(`/${path}`));
        })
        .map((path) => `${place}: ${path}`),
    ),
  );
  t.same(missing, []);
  t.end();
});

t.test('CONTRIBUTING.md names every port of the engine', (t) => {
  const ports = repositoryFiles
    .filter((file) => /^src\/engine\/ports\/(?!.*\.test\.ts)/.test(file))
    .map((file) => basename(file));
  const table = read('CONTRIBUTING.md').split('## Add a back end')[1]?.split('\n## ')[0] ?? '';
  t.same(
    ports.filter((port) => !table.includes(`\`${port}\``)),
    [],
  );
  t.end();
});

t.test('docs/adr/README.md lists every decision with its title', (t) => {
  const titles = documents
    .filter((file) => /^docs\/adr\/\d/.test(file))
    .map((file) => `${basename(file)} ${rendered(/^# \d+: (.*)$/m.exec(read(file))?.[1] ?? '')}`);
  const listed = Array.from(
    read('docs/adr/README.md').matchAll(/^\| \[\d+\]\((.*?)\) +\| (.*?) +\|$/gm),
    ([, file = '', title = '']) => `${file} ${rendered(title)}`,
  );
  t.same(listed, titles.sort());
  t.end();
});

t.test('a promise that the repository mentions is stated in docs/contract.md', (t) => {
  const stated = new Set(
    Array.from(read('docs/contract.md').matchAll(/^### (I\d+):/gm), ([, name = '']) => name),
  );
  t.ok(stated.size > 8);
  const texts = repositoryFiles.filter((file) => /\.(?:md|ts|lua)$/.test(file) && !file.includes('.test.'));
  const unknown = texts.flatMap((file) =>
    Array.from(read(file).matchAll(/\b(I\d{1,2})\b/g), ([, name = '']) => name)
      .filter((name) => !stated.has(name))
      .map((name) => `${file}: ${name}`),
  );
  t.same(unknown, []);
  t.end();
});

t.test('no text refers to a document that is not in the repository', (t) => {
  const texts = repositoryFiles.filter((file) => /\.(?:md|ts|tsx|js|lua|sh|yaml|conf|cfg)$/.test(file));
  const absent = texts
    .filter((file) => file !== 'test/docs-form.test.ts')
    .flatMap((file) =>
      Array.from(
        read(file).matchAll(/\b(?:DESIGN|FAULTS|SHOP|FLAT|LANGUAGE|STYLE|VERSIONS)\b(?:\.md| section)/g),
      ).map(([name]) => `${file}: ${name}`),
    );
  t.same(absent, []);
  t.end();
});

t.test('README: the Korean one has the same headings, links and pictures', (t) => {
  const levels = (file: string): string[] =>
    lines(file).flatMap(({ text }) => /^(#+) /.exec(text)?.[1] ?? []);
  const targets = (file: string): string[] =>
    links(file)
      .filter((address) => !/^README(?:\.ko)?\.md$/.test(address))
      .map((address) => address.replace(/#.*$/, ''));
  t.same(levels('README.ko.md'), levels('README.md'));
  t.same(targets('README.ko.md'), targets('README.md'));
  t.end();
});

t.test('docs/reliability.md lists every fault of the tests, with the file that injects it', (t) => {
  const listed = lines('docs/reliability.md').flatMap(({ text }) => {
    const [, number, file] = /^\| (\d+) +\|.*\| `([\w-]+)` +\|$/.exec(text) ?? [];
    return number === undefined ? [] : [`${number} ${String(file)}`];
  });
  const injected = repositoryFiles
    .filter((file) => /^test\/chaos\/.*\.test\.ts$/.test(file))
    .flatMap((file) =>
      Array.from(
        read(file).matchAll(/^ *fault\(\s*(\d+),/gm),
        ([, number = '']) => `${number} ${basename(file, '.test.ts')}`,
      ),
    );
  t.same([...new Set(listed)].sort(), [...new Set(injected)].sort());
  t.end();
});

t.test('docs/security.md has every action of the audit log', (t) => {
  const [type = ''] = /export type AuditAction =[^;]*;/.exec(read('src/engine/ports/audit-log.ts')) ?? [];
  const actions = Array.from(type.matchAll(/'(\w+)'/g), ([, action = '']) => action);
  t.ok(actions.length > 20);
  const [, table = ''] = read('docs/security.md').split('## Audit log');
  t.same(
    actions.filter((action) => !table.includes(`\`${action}\``)),
    [],
  );
  t.end();
});

t.test('docs/operations.md quotes log lines and findings as the code prints them', (t) => {
  const source = repositoryFiles
    .filter((file) => /^src\/.*(?<!\.test)\.ts$/.test(file))
    .map(read)
    .join('\n');
  const logged = lines('docs/operations.md')
    .filter(({ text }) => /\b[Tt]he log has\b/.test(text))
    .flatMap(({ text }) =>
      Array.from(text.matchAll(/(?<!`)(`+) ?([A-Z].*?[^`]) ?\1(?!`)/g), ([, , line = '']) => line.trim()),
    );
  const findings = lines('docs/operations.md')
    .map(({ text }) => /^\| (.*?) +\| (?:rebuilds|finishes|saves|marks|queues|nothing)\b/.exec(text)?.[1])
    .filter((finding) => finding !== undefined);
  t.ok(logged.length >= 4 && findings.length >= 10);
  t.same(
    [...logged, ...findings].filter((words) => !source.includes(words)),
    [],
  );
  t.end();
});

t.test('the errors page of the console has every heading that it links to', (t) => {
  const page = read('dist/web/docs/errors.html');
  const ids = new Set(Array.from(page.matchAll(/ id="([^"]+)"/g), ([, id = '']) => id));
  const addresses = Array.from(page.matchAll(/ href="#([^"]+)"/g), ([, id = '']) => id);
  t.ok(addresses.length > 0, 'the page has links within itself');
  t.same(
    addresses.filter((id) => !ids.has(id)),
    [],
  );
  t.end();
});
