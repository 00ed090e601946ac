/** Builds the console into dist/web, from where the API process serves it (src/http/console.ts). */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // Relative addresses everywhere: a reverse proxy may put the whole service under a path of its own.
  base: './',
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page allows no inline code and no data: scripts.
    assetsInlineLimit: 0,
    rollupOptions: { input: ['web/index.html', 'web/reference.html'] },
    modulePreload: { polyfill: false },
  },
});
