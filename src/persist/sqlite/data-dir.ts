/** Creates the data folder of the embedded back end and locks it for one server. */
import { accessSync, constants, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Libsql from 'libsql';
import { SeonchakError } from '../../engine/domain/errors.js';
import { makeFolder } from '../make-folder.js';

export class DataDirUnwritableError extends SeonchakError {
  static override readonly code = 'data_dir_unwritable';
}

export class DataDirInUseError extends SeonchakError {
  static override readonly code = 'data_dir_in_use';
}

/** A command was started in another folder than the server, or before it. */
export class DataDirMissingError extends SeonchakError {
  static override readonly code = 'data_dir_missing';
}

export interface DataDir {
  readonly path: string;
  readonly databaseFile: string;
}

/**
 * Makes the folder, for its owner only, unless it is there.
 *
 * @throws {@link DataDirUnwritableError}
 */
export function prepareDataDir(path: string): DataDir {
  const absolute = resolve(path);
  try {
    makeFolder(absolute);
    accessSync(absolute, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritable(absolute, cause);
  }
  return { path: absolute, databaseFile: join(absolute, 'seonchak.db') };
}

/**
 * The folder as a server has made it. Nothing is created: in the wrong folder a command would work on an empty database,
 * and sign tokens that no server accepts.
 *
 * @throws {@link DataDirMissingError} | {@link DataDirUnwritableError}
 */
export function existingDataDir(path: string): DataDir {
  const absolute = resolve(path);
  if (existsSync(absolute)) {
    const dataDir = prepareDataDir(path);
    if (existsSync(dataDir.databaseFile)) return dataDir;
  }
  throw new DataDirMissingError(
    `There is no data of a server in ${absolute} (DATA_DIR). Run the command in the folder of the server or set DATA_DIR; a server, or \`seonchak migrate\`, creates the data.`,
  );
}

export interface DataDirLock {
  release(): void;
}

/**
 * Takes the folder for one server. The lock is SQLite's own on a file beside the database: the system drops it when the process ends,
 * however it ends, so nothing stale is left behind as a pid file would be. It is not on the database itself, which CLI commands open
 * while the server runs.
 *
 * @throws {@link DataDirInUseError} | {@link DataDirUnwritableError}
 */
export function lockDataDir({ path }: DataDir): DataDirLock {
  try {
    const lock = new Libsql(join(path, 'server.lock'), { timeout: 0 });
    lock.exec('begin exclusive');
    return {
      release() {
        lock.close();
      },
    };
  } catch (cause) {
    if (String((cause as { code?: unknown }).code).startsWith('SQLITE_BUSY')) {
      throw new DataDirInUseError(
        `Another server is using the data folder ${path} (DATA_DIR). Stop it, or set another DATA_DIR.`,
        { cause },
      );
    }
    throw unwritable(path, cause);
  }
}

export function unwritable(path: string, cause: unknown): DataDirUnwritableError {
  return new DataDirUnwritableError(
    `The data folder ${path} cannot be written (DATA_DIR). Give the user of the server write access, or set another DATA_DIR.`,
    { cause },
  );
}
