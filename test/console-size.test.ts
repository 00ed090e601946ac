/** Measures what a visit to the console can load, as it is sent. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const built = fileURLToPath(new URL('../dist/web', import.meta.url));
/** The limit of docs/adr/0089-console-with-preact.md. */
const LIMIT_BYTES = 120_000;

/** Scripts and styles that a file names, loaded at once or later. */
function namedIn(file: string): string[] {
  const text = readFileSync(join(built, file), 'utf8');
  const names = [...text.matchAll(/["'`]([\w./-]+\.(?:js|css))["'`]/g)].map(([, name = '']) => name);
  const assets = new Set(readdirSync(join(built, 'assets')));
  return names.flatMap((name) => {
    if (assets.has(basename(name))) return [`assets/${basename(name)}`];
    return file.endsWith('.html') ? [join(dirname(file), name)] : [];
  });
}

/** All that a page can load, its lazy parts included. */
function loadedBy(page: string): ReadonlySet<string> {
  const loaded = new Set<string>();
  const waiting = namedIn(page);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    if (file.endsWith('.js')) waiting.push(...namedIn(file));
  }
  return loaded;
}

const sentBytes = (file: string): number => statSync(join(built, `${file}.br`)).size;
const totalOf = (files: Iterable<string>): number =>
  [...files].reduce((total, file) => total + sentBytes(file), 0);

t.test('scripts and styles of a visit stay below 120 KB as they are sent', (t) => {
  const files = loadedBy('index.html');
  for (const part of ['own-pages', 'seller-pages', 'admin-pages', 'burn-down', 'language'])
    t.ok(
      [...files].some((file) => file.includes(part)),
      `${part} is among them`,
    );
  const total = totalOf(files);
  t.comment(
    `The console is ${(total / 1_000).toFixed(1)} KB in ${files.size} files, of at most ${LIMIT_BYTES / 1_000} KB.`,
  );
  t.ok(total < LIMIT_BYTES, `${total} bytes`);
  t.end();
});

t.test('every script and style of the build is loaded by some page', (t) => {
  const pages = (readdirSync(built, { recursive: true }) as string[]).filter((name) =>
    name.endsWith('.html'),
  );
  const loaded = new Set(pages.flatMap((page) => [...loadedBy(page)]));
  for (const page of pages) t.comment(`${page}: ${(totalOf(loadedBy(page)) / 1_000).toFixed(1)} KB`);
  const assets = readdirSync(join(built, 'assets')).filter((name) => /\.(js|css)$/.test(name));
  t.same(
    assets.filter((name) => !loaded.has(`assets/${name}`)),
    [],
  );
  t.end();
});
