/** Prints the Debian packages that test files need, one a line: `node test/runner/packages.js [FILE…]`. Without names, of all files. */
import { fileURLToPath } from 'node:url';
import { requiredPackages } from './requirements.js';
import { allTestFiles } from './select.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = process.argv.slice(2);
for (const name of requiredPackages(root, files.length === 0 ? allTestFiles(root) : files)) console.log(name);
