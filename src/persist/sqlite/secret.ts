/** Creates and reads the signing secret in the data folder, the default without JWT_SECRET. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SeonchakError } from '../../engine/domain/errors.js';
import { type DataDir, unwritable } from './data-dir.js';

const SECRET_BYTES = 48;
/** HS256 requires a key as long as its digest. */
const SECRET_CHARACTERS_MIN = 43;

export class SecretUnusableError extends SeonchakError {
  static override readonly code = 'secret_unusable';
}

/**
 * The secret of this folder, made if there is none: random, base64url, readable by its owner only. Safe while others do the same: a
 * server and a CLI command that start together end up with one secret, never with half a file.
 *
 * @throws {@link SecretUnusableError}, DataDirUnwritableError
 */
export function readOrCreateSecret(dataDir: DataDir): string {
  return readSecret(dataDir) ?? createSecret(dataDir);
}

/** `undefined`: there is none. @throws {@link SecretUnusableError} */
export function readSecret(dataDir: DataDir): string | undefined {
  const file = fileOf(dataDir);
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SecretUnusableError(
      `The secret in ${file} cannot be read. Give the user of the server read access to the file, or set JWT_SECRET.`,
      { cause },
    );
  }
  if (text.length < SECRET_CHARACTERS_MIN || !/^[A-Za-z0-9_-]+$/.test(text)) {
    throw new SecretUnusableError(
      `The secret in ${file} is damaged. Remove the file; the next start creates a new secret.`,
    );
  }
  return text;
}

function fileOf({ path }: DataDir): string {
  return join(path, 'jwt-secret');
}

function createSecret(dataDir: DataDir): string {
  const { path } = dataDir;
  const file = fileOf(dataDir);
  const fresh = join(path, `jwt-secret.${randomBytes(6).toString('hex')}`);
  try {
    const descriptor = openSync(fresh, 'wx', 0o600);
    try {
      writeSync(descriptor, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    try {
      // Unlike a rename, a link never replaces: the first one there wins, and the content was complete before the name existed.
      linkSync(fresh, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(fresh, { force: true });
    }
  } catch (cause) {
    throw unwritable(path, cause);
  }
  const secret = readSecret(dataDir);
  if (secret === undefined)
    throw new SecretUnusableError(`The secret in ${file} was removed while it was being created. Try again.`);
  return secret;
}
