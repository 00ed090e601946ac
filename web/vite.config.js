/** Builds the console into dist/web, from where the API process serves it (src/http/console/console.ts). */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { marked } from 'marked';
import { defineConfig } from 'vite';

/** The `type` of a problem leads to `/docs/errors`: the page is the documentation itself, so that the two cannot differ. */
function errorsPage() {
  const documentation = new URL('../docs/errors.md', import.meta.url);
  return {
    name: 'errors-page',
    transformIndexHtml: (html) =>
      html.replace('<!-- docs/errors.md -->', () => {
        // The other documents are not served.
        const text = readFileSync(documentation, 'utf8').replace(/\[([^\]]+)\]\([a-z-]+\.md[^)]*\)/g, '$1');
        return (
          marked
            .parse(text)
            // The links at the top lead to the headings.
            .replace(/<h2>(.*?)<\/h2>/g, (_, title) => `<h2 id="${anchorOf(title)}">${title}</h2>`)
            // An example is wider than a phone, and a keyboard scrolls only what it can reach.
            .replaceAll('<pre>', '<pre tabindex="0">')
        );
      }),
  };
}

/** The anchor that GitHub gives a heading of plain words. */
function anchorOf(title) {
  return title
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replace(/\s/g, '-');
}

const built = fileURLToPath(new URL('../dist/web/', import.meta.url));

/** The compressed forms of each file, beside it. Every process that serves them would take half a second to make them anew. */
function compressedForms() {
  return {
    name: 'compressed-forms',
    closeBundle() {
      for (const name of readdirSync(built, { recursive: true })) {
        if (!/\.(html|js|css|svg)$/.test(name)) continue;
        const body = readFileSync(built + name);
        writeFileSync(`${built}${name}.br`, brotliCompressSync(body));
        writeFileSync(`${built}${name}.gz`, gzipSync(body, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  // Relative addresses everywhere: a reverse proxy may put the whole service under a path of its own.
  base: './',
  plugins: [errorsPage(), compressedForms()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page allows no inline code and no data: scripts.
    assetsInlineLimit: 0,
    rollupOptions: {
      input: [
        'web/index.html',
        'web/reference.html',
        'web/reset.html',
        'web/till.html',
        'web/docs/errors.html',
      ],
    },
    modulePreload: { polyfill: false },
  },
});
