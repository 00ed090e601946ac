/** Creates a folder that only its owner can read. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it, for their owner only, unless they are there. Not `recursive: true`: Node 20 never returns from that
 * where a file system answers ENOENT to every mkdir, as /proc does.
 */
export function makeFolder(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return;
  if (!existsSync(dirname(path))) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // A server and a CLI command may start together.
    if (!(existsSync(path) && statSync(path).isDirectory())) throw error;
  }
}
