/** Writes tokens as CSV for load generators: a header line, then `memberId,token`. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { makeFolder } from '../persist/make-folder.js';
import { CommandFailedError } from './exit-codes.js';
import type { MemberToken } from './token-batch.js';

const tokenHeading = 'member_id,token';

/** How many tokens each of `files` gets: as equal as possible, the first ones one more. */
export function sharesOf(count: number, files: number): readonly number[] {
  const least = Math.floor(count / files);
  return Array.from({ length: files }, (_, index) => least + (index < count % files ? 1 : 0));
}

/** `tokens-01.csv`, `tokens-02.csv`, …: wide enough that they sort by name. */
export function tokenFileName(index: number, files: number): string {
  return `tokens-${String(index + 1).padStart(Math.max(2, String(files).length), '0')}.csv`;
}

/**
 * Writes one CSV to `target` without ending it, at the pace at which the target takes it.
 *
 * @param onWritten called with the number of tokens of each chunk
 */
export async function writeCsv(
  target: Writable,
  tokens: AsyncIterable<readonly MemberToken[]>,
  onWritten: (count: number) => void = () => undefined,
): Promise<void> {
  target.write(`${tokenHeading}\n`);
  for await (const chunk of tokens) {
    const lines = chunk.map(({ memberId, token }) => `${memberId},${token}\n`).join('');
    if (!target.write(lines)) await once(target, 'drain');
    onWritten(chunk.length);
  }
}

/**
 * Writes one file that only its owner can read, since a token makes its holder that member.
 *
 * @throws CommandFailedError when the folder or the file cannot be written.
 */
export async function writeTokenFile(
  folder: string,
  name: string,
  tokens: AsyncIterable<readonly MemberToken[]>,
  onWritten: (count: number) => void,
): Promise<string> {
  const file = path.join(folder, name);
  try {
    makeFolder(path.resolve(folder));
    const target = createWriteStream(file, { mode: 0o600 });
    // Awaited from the beginning: a file that cannot be opened fails before any code waits for it to drain.
    await Promise.all([finished(target), writeCsv(target, tokens, onWritten).finally(() => target.end())]);
    return file;
  } catch (error) {
    throw new CommandFailedError(
      `The file ${file} cannot be written. Check --out and the rights of the folder.`,
      { cause: error },
    );
  }
}
