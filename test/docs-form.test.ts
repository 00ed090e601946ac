/** Checks the documents: table cells, sentences, phrases, links, and the files, promises, faults and log lines that they name. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../', import.meta.url));
const CELL_CHARACTERS_MAX = 100;

const NOT_OURS = /^(?:node_modules|dist|data|\.[\w-]*)(?:\/|$)|^web\/dist\//;
const repositoryFiles = readdirSync(root, { withFileTypes: true })
  .filter(({ name }) => !NOT_OURS.test(name))
  .flatMap((entry) =>
    entry.isDirectory()
      ? readdirSync(join(root, entry.name), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(entry.name, name),
        )
      : [entry.name],
  )
  .filter((file) => !NOT_OURS.test(file) && statSync(join(root, file)).isFile());
const documents = repositoryFiles.filter((file) => /^(?:docs\/.*|lua\/.*|[^/]+)\.md$/.test(file));
const current = documents.filter((file) => !/^CHANGELOG|^docs\/glossary|^lua\//.test(file));

interface Line {
  readonly text: string;
  /** `docs/errors.md:12` */
  readonly place: string;
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
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
    offences(current, (text) => isTooLong(text) && !isRule(text)),
    [],
  );
  t.end();
});

t.test('a line of source holds one sentence', (t) => {
  const LIST_MARKER = /^\s*(?:[-*]|\d+\.) /;
  const ABBREVIATIONS = /\b(?:e\.g|i\.e|etc|vs)\./g;
  const twoSentences = /[\p{L}\p{N})`"”%]\.\)? +(?:\[|\*\*|"|“|\()?[\p{Lu}\p{Lo}`]/u;
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

/** Translated word by word; the plain form is behind each. */
const TRANSLATED_PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\bby itself\b|\bby themselves\b|\bof itself\b/i, 'automatically'],
  [/\bthe storm\b|\ba storm\b|\bstorms\b/i, 'burst, peak load'],
  [/\bnarrow place/i, 'bottleneck'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix, repair'],
  [/\bnobody\b|\bwhoever\b|\bwho has\b/i, 'no process, no member, the caller'],
  [/\b(?:is|are|be|was|were|been) told\b|\btells?\b|\btelling\b/i, 'return, report, log'],
  [/\bgive[sn]? back\b|\bgave back\b/i, 'return, release'],
  [/\bhalf[- ]done\b/i, 'incomplete'],
  [/\btickets? of presence\b/i, 'presence ticket'],
  [/\bstrangers?\b/i, 'untrusted clients'],
  [/\blast unit is gone\b|\bare gone\b|\bis gone\b/i, 'sold out, removed, disconnected, missing'],
  [/\bso many\b/i, 'N'],
  [/\bput into words\b/i, 'formatted'],
  [/\blook(?:s|ed|ing)? (?:at|after|for|closer|up)\b/i, 'poll, check, read'],
  [/\bat a time\b/i, 'concurrent'],
  [/\bdear(?:er|est)?\b/i, 'expensive'],
  [/\blost (?:the|its) past\b/i, 'lost data'],
  [/\basking again\b|\bask again\b/i, 'a retry'],
  [/\bnowhere\b/i, 'missing from both stores'],
  [/\bask too often\b/i, 'too many requests'],
  [/\bas long as the process turns\b/i, 'while the event loop is running'],
  [/\ba person has to decide\b/i, 'needs a manual decision'],
  [/\bsomething that must not be\b/i, 'unexpected reply: expected …, got …'],
  [/\bmeets? (?:downloads?|the recorder|requests?)\b/i, 'error while …'],
  [/\bpress(?:es|ed)?\b(?! (?:Enter|Ctrl|the button))/i, 'request; a button is pressed in the console'],
  [/\b(?:is|are|was|were|be|found|all) in order\b/i, 'consistent, valid'],
  [/\bhindrances?\b|\battest|\bvouch/i, 'reason, inspect, mark verified'],
];

t.test('no document speaks in phrases translated word by word', (t) => {
  for (const [phrase, plainly] of TRANSLATED_PHRASES) {
    t.same(
      offences([...current, 'CHANGELOG.md'], (text) =>
        phrase.test(rendered(text).replace(/`[^`]*`|"[^"]*"/g, '')),
      ),
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
        .filter((path) =>
          path.includes('/')
            ? !repositoryFiles.some((known) => known === path || known.endsWith(`/${path}`))
            : !names.has(path),
        )
        .map((path) => `${place}: ${path}`),
    ),
  );
  t.same(missing, []);
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
