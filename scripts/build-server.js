/**
 * Builds the server and the commands into dist/: a few files with our modules and the libraries they load.
 *
 * A process reads some 30 files instead of 850, most of them of libraries, so commands and servers start with half of the processor time
 * (docs/adr/0052-the-server-is-built-into-a-few-files.md).
 */
import { readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../', import.meta.url));
/** What is started as a process or a thread. */
const ENTRIES = {
  'cli/seonchak': 'src/cli/seonchak.ts',
  'demo/served-for-demo': 'src/demo/served-for-demo.ts',
  'server/drain-worker': 'src/server/drain-worker.ts',
  'persist/sqlite-worker': 'src/persist/sqlite/sqlite-worker.ts',
};
/** These load a binary or start threads from files of their own, or are needed by few processes. */
const SEPARATE = [
  'uWebSockets.js',
  'libsql',
  'piscina',
  'pino',
  'pino-pretty',
  'undici',
  'nodemailer',
  '#client',
];
/** Written by the other steps of the build. */
const OF_OTHERS = ['client', 'web'];

for (const name of await readdir(`${root}dist`))
  if (!OF_OTHERS.includes(name)) await rm(`${root}dist/${name}`, { recursive: true });
await build({
  root,
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
  ssr: { noExternal: true, external: SEPARATE },
  build: {
    ssr: true,
    outDir: 'dist',
    emptyOutDir: false,
    target: 'node20',
    minify: false,
    sourcemap: true,
    license: { fileName: 'third-party.md' },
    rolldownOptions: {
      input: ENTRIES,
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
});
