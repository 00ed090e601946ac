/**
 * Makes docs/licences.md: what an installation without development tools consists of, and under which licences, from the lock file.
 * With --check nothing is written, and the command fails when the file is not what would be.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';

/** Tools by their place in package.json, but part of what the build makes. */
const BUILT_IN = new Map([
  ['node_modules/preact', 'built into the console'],
  ['node_modules/qr', 'built into the console'],
  ['node_modules/uplot', 'built into the console'],
  ['node_modules/openapi-fetch', 'built into the client'],
]);

const pathTo = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const file = pathTo('docs/licences.md');
const { packages } = JSON.parse(await readFile(pathTo('package-lock.json'), 'utf8'));

const rows = Object.entries(packages)
  // What is not in node_modules, or only linked there, is part of this repository.
  .filter(
    ([path, { dev, link }]) =>
      path.startsWith('node_modules/') && link !== true && (dev !== true || BUILT_IN.has(path)),
  )
  .map(([path, { name, version, license, optional }]) => ({
    // An alias is installed under another name than its own.
    name: name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version,
    license: license ?? 'UNKNOWN',
    remark: BUILT_IN.has(path) ? BUILT_IN.get(path) : optional === true ? 'on some platforms' : '',
  }));
// The same package may be there twice, for two that depend on it.
const lines = [
  ...new Set(rows.map((row) => `| ${row.name} | ${row.version} | ${row.license} | ${row.remark} |`)),
].sort();
const totals = new Map();
for (const { license } of rows) totals.set(license, (totals.get(license) ?? 0) + 1);
const summary = [...totals]
  .map(([license, count]) => `${license}: ${count}`)
  .sort()
  .join(' · ');

const source = `# Licences

Seonchak is under the [MIT licence](../LICENSE).
This page lists the packages of an installation without development tools, from the lock file.
\`npm run licences\` generates it, and a test compares it with the lock file and with what is installed.
The build puts most of them into its own files; \`dist/third-party.md\` has the licences of those.

${summary}

| package | version | licence | |
| --- | --- | --- | --- |
${lines.join('\n')}
`;
const text = await prettier.format(source, { ...(await prettier.resolveConfig(file)), filepath: file });

if (!process.argv.includes('--check')) await writeFile(file, text);
else if ((await readFile(file, 'utf8')) !== text) {
  console.error('docs/licences.md is not what the lock file says: npm run licences');
  process.exitCode = 1;
}
