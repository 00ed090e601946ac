/**
 * Lints the OpenAPI document with Redocly's recommended rules, as `npm run check` does.
 *
 * One linter is installed: it is a single package of 15 MB. Spectral brings 204 packages and 68 MB; `npm run versions -- --clients` installs it
 * for the run and lints with both.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const require = createRequire(import.meta.url);
const redocly = require.resolve('@redocly/cli/bin/cli.js');
const pathTo = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const { module } = await runnerImport(pathTo('src/http/openapi/document.ts'), { configFile: false });
const folder = mkdtempSync(join(tmpdir(), 'seonchak-openapi-'));
try {
  const document = join(folder, 'openapi.json');
  writeFileSync(document, JSON.stringify(module.openApiDocument()));
  execFileSync(process.execPath, [redocly, 'lint', '--format=stylish', document], {
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    stdio: 'pipe',
  });
} catch (fault) {
  if (fault.stdout === undefined) throw fault;
  process.stderr.write(Buffer.concat([fault.stdout, fault.stderr]));
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
