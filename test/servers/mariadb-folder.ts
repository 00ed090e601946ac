/**
 * The data folder of a private MariaDB: made once, then copied. The installer starts a server of its own and lets it write every system
 * table, which takes twenty times as long as a copy.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { requiredProgram } from './on-path.js';

export const DATABASE = 'seonchak';
export const USER = 'seonchak';
export const PASSWORD = 'only-on-loopback';

/** What the server has to be started with on such a folder. A small redo log: most of the time to make and to copy it is writing that. */
export const FOLDER_OPTIONS: readonly string[] = [
  '--innodb-log-file-size=48M',
  ...(process.getuid?.() === 0 ? ['--user=root'] : []),
];

/** The installer knows no users until the tables of privileges are read. */
const STATEMENTS = `
flush privileges;
create database ${DATABASE} character set utf8mb4;
create user '${USER}'@'127.0.0.1' identified by '${PASSWORD}';
grant all privileges on ${DATABASE}.* to '${USER}'@'127.0.0.1';
`;

const templates = fileURLToPath(new URL('../../.tap/mariadb/', import.meta.url));
const run = promisify(execFile);

/** Makes `dataFolder`, with our database and its user in it. */
export async function makeMariadbFolder(binary: string, dataFolder: string): Promise<void> {
  const { stdout: version } = await run(binary, ['--no-defaults', '--version']);
  const name = createHash('sha1')
    .update([version, STATEMENTS, ...FOLDER_OPTIONS].join('\n'))
    .digest('hex');
  const template = join(templates, name);
  if (!(await exists(template))) await install(template);
  await cp(template, dataFolder, { recursive: true });
}

/** Several tests may want the first one at the same time: each makes its own, and the first to be complete stays. */
async function install(template: string): Promise<void> {
  const installer = requiredProgram(['mariadb-install-db', 'mysql_install_db'], {
    package: 'mariadb-server',
  });
  await mkdir(templates, { recursive: true });
  const unfinished = await mkdtemp(join(templates, 'unfinished-'));
  try {
    const statements = join(unfinished, 'statements.sql');
    await writeFile(statements, STATEMENTS);
    await run(installer, [
      '--no-defaults',
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      `--extra-file=${statements}`,
      `--datadir=${join(unfinished, 'data')}`,
      `--tmpdir=${unfinished}`,
      ...FOLDER_OPTIONS,
    ]);
    await rename(join(unfinished, 'data'), template).catch(async (error: unknown) => {
      if (!(await exists(template))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
