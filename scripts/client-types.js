/**
 * Makes src/client/api-types.ts from the description of the API, as the build has it: build first.
 * With --check nothing is written, and the command fails when the file is not what would be.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import prettier from 'prettier';
import { openApiDocument } from '../dist/http/openapi/document.js';

const file = fileURLToPath(new URL('../src/client/api-types.ts', import.meta.url));
const HEADER =
  '/** Generated from the description of the API by `npm run client-types`: not to be edited. */\n\n';

const document = openApiDocument();
// Only the types are wanted, and those do not depend on the version of the program.
const source =
  HEADER + astToString(await openapiTS({ ...document, info: { ...document.info, version: '1' } }));
const text = await prettier.format(source, { ...(await prettier.resolveConfig(file)), filepath: file });

if (!process.argv.includes('--check')) await writeFile(file, text);
else if ((await readFile(file, 'utf8')) !== text) {
  console.error('src/client/api-types.ts is not what the API is now: npm run client-types');
  process.exitCode = 1;
}
