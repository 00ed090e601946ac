/**
 * Finds the folder of the package, which has package.json, lua/ and dist/.
 *
 * The build puts modules together into files at other depths than the sources (scripts/build-server.js), so no module can name another file
 * of the package relative to itself.
 */
import { existsSync } from 'node:fs';

/** Ends with a slash: `new URL('lua/', packageFolder)`. */
export const packageFolder: URL = nearest(new URL('./', import.meta.url));

function nearest(folder: URL): URL {
  const above = new URL('../', folder);
  return existsSync(new URL('package.json', folder)) || above.href === folder.href ? folder : nearest(above);
}
