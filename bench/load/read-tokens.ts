/** Reads tokens from CSV files, as the load test of the reference service did. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Tokens of all files of a folder, in the order of the files' names and of their lines; each file begins with a headline. */
export async function readTokens(folder: string): Promise<string[]> {
  const tokens: string[] = [];
  const names = (await readdir(folder)).filter((name) => name.endsWith('.csv'));
  for (const name of names.sort()) {
    const lines = (await readFile(join(folder, name), 'latin1')).trimEnd().split('\n').slice(1);
    for (const line of lines) tokens.push(line.slice(line.indexOf(',') + 1));
  }
  return tokens;
}
