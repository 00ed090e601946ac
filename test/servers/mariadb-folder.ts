/**
 * Creates the data folder of a private MariaDB or MySQL once, and copies it afterwards.
 *
 * The installer starts a server and lets it write every system table, which takes twenty times as long as a copy.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { requiredProgram } from './on-path.js';

export const DATABASE = 'seonchak';
export const USER = 'seonchak';
export const PASSWORD = 'only-on-loopback';

/** A small redo log: most of the time to make and to copy a folder is writing that. Both products name it differently. */
const REDO_LOG_OPTIONS = {
  mariadb: ['--innodb-log-file-size=48M'],
  mysql: ['--innodb-redo-log-capacity=64M', '--mysqlx=OFF'],
} as const;

/** MariaDB's installer knows no users until the tables of privileges are read. */
const FLUSH = 'flush privileges;';
const STATEMENTS = `
create database ${DATABASE} character set utf8mb4;
create user '${USER}'@'127.0.0.1' identified by '${PASSWORD}';
grant all privileges on ${DATABASE}.* to '${USER}'@'127.0.0.1';
`;

/** As MariaDB's: with its name resolution off, MySQL takes no connection of 127.0.0.1 for one of localhost. */
const MYSQL_ROOT = `
create user 'root'@'127.0.0.1' identified by '';
grant all privileges on *.* to 'root'@'127.0.0.1' with grant option;
`;

const templates = fileURLToPath(new URL('../../.tap/mariadb/', import.meta.url));
const run = promisify(execFile);

/** Makes `dataFolder`, with our database and its user in it. @returns what the server has to be started with on it. */
export async function makeMariadbFolder(binary: string, dataFolder: string): Promise<readonly string[]> {
  const { stdout: version } = await run(binary, ['--no-defaults', '--version']);
  const product = version.includes('MariaDB') ? 'mariadb' : 'mysql';
  const options = [...REDO_LOG_OPTIONS[product], ...(process.getuid?.() === 0 ? ['--user=root'] : [])];
  const name = createHash('sha1')
    .update([version, STATEMENTS, MYSQL_ROOT, ...options].join('\n'))
    .digest('hex');
  const template = join(templates, name);
  if (!(await exists(template))) {
    await install(template, (statements, folder) =>
      product === 'mariadb'
        ? installMariadb(statements, folder, options)
        : installMysql(binary, statements, folder, options),
    );
  }
  // Node's own copying of these 200 files takes three times as long.
  await run('cp', ['-r', template, dataFolder]);
  return options;
}

/** Several tests may need the first one at the same time: each makes its own, and the first to be complete stays. */
async function install(
  template: string,
  makeIn: (statements: string, folder: string) => Promise<unknown>,
): Promise<void> {
  await mkdir(templates, { recursive: true });
  const unfinished = await mkdtemp(join(templates, 'unfinished-'));
  try {
    const statements = join(unfinished, 'statements.sql');
    await makeIn(statements, unfinished);
    await rename(join(unfinished, 'data'), template).catch(async (error: unknown) => {
      if (!(await exists(template))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function installMariadb(statements: string, folder: string, options: readonly string[]): Promise<void> {
  const installer = requiredProgram(['mariadb-install-db', 'mysql_install_db'], {
    package: 'mariadb-server',
  });
  await writeFile(statements, FLUSH + STATEMENTS);
  await run(installer, [
    '--no-defaults',
    // A folder that is used as a system (test/versions) may not know its own host name.
    '--force',
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    `--extra-file=${statements}`,
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${folder}`,
    ...options,
  ]);
}

async function installMysql(
  binary: string,
  statements: string,
  folder: string,
  options: readonly string[],
): Promise<void> {
  // One statement a line is how MySQL reads such a file.
  await writeFile(statements, `${STATEMENTS.trim()}\n${MYSQL_ROOT.trim()}`);
  await run(binary, [
    '--no-defaults',
    '--initialize-insecure',
    `--init-file=${statements}`,
    `--datadir=${join(folder, 'data')}`,
    ...options,
  ]);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
