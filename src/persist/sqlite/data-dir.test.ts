import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { lockDataDir, prepareDataDir } from './data-dir.js';
import { openEmbedded } from './open-embedded.js';
import { readOrCreateSecret } from './secret.js';

const run = promisify(execFile);

t.test('the folder is made, for its owner only', async (t) => {
  const path = join(t.testdir(), 'deep', 'data');
  t.equal(prepareDataDir(path).path, path);
  t.equal(statSync(path).mode & 0o777, 0o700);
});

t.test('a folder that cannot be written is one clear fault', async (t) => {
  const file = join(t.testdir({ file: 'not a folder' }), 'file');
  for (const path of [file, join(file, 'below'), '/proc/nowhere', '/sys/nowhere']) {
    await t.rejects(openEmbedded({ dataDir: path, as: 'server' }), { code: 'data_dir_unwritable' }, path);
  }
});

t.test('a database file that is none is one clear fault', async (t) => {
  const dataDir = t.testdir({ 'seonchak.db': 'this is a text, and a rather long one too'.repeat(100) });
  await t.rejects(openEmbedded({ dataDir, as: 'server' }), { code: 'store_corrupt' });
});

t.test('there is one server on a folder, and visitors beside it', async (t) => {
  const dataDir = t.testdir();
  const server = await openEmbedded({ dataDir, as: 'server' });
  await t.rejects(openEmbedded({ dataDir, as: 'server' }), { code: 'data_dir_in_use' });
  const visitor = await openEmbedded({ dataDir, as: 'visitor' });
  t.equal(visitor.secret, server.secret);
  t.same(visitor.migrated, []);
  await visitor.close();
  await server.close();
  const next = await openEmbedded({ dataDir, as: 'server' });
  await next.close();
});

t.test('a server that was killed leaves no lock behind, one that runs keeps it', async (t) => {
  const dataDir = prepareDataDir(t.testdir());
  const other = `
    import Libsql from 'libsql';
    const lock = new Libsql(${JSON.stringify(join(dataDir.path, 'server.lock'))}, { timeout: 0 });
    lock.exec('begin exclusive');
    process.kill(process.pid, 'SIGKILL');`;
  const killed = run(process.execPath, ['--input-type=module', '-e', other], { cwd: process.cwd() });
  t.equal(
    await killed.then(
      () => undefined,
      (error: unknown) => (error as { signal?: unknown }).signal,
    ),
    'SIGKILL',
  );
  const lock = lockDataDir(dataDir);
  await t.rejects(run(process.execPath, ['--input-type=module', '-e', other]), {
    message: /database is locked/,
  });
  lock.release();
});

t.test('the database is for its owner only, also in a folder that others may enter', async (t) => {
  const path = t.testdir();
  chmodSync(path, 0o755);
  const stores = await openEmbedded({ dataDir: path, as: 'server' });
  t.teardown(() => stores.close());
  const files = readdirSync(path).filter((name) => name.startsWith('seonchak.db'));
  t.ok(files.length > 0);
  for (const name of files) t.equal(statSync(join(path, name)).mode & 0o777, 0o600, name);
});

t.test('the secret is made once and kept, for its owner only', async (t) => {
  const dataDir = prepareDataDir(t.testdir());
  const secret = readOrCreateSecret(dataDir);
  t.match(secret, /^[A-Za-z0-9_-]{43,}$/);
  t.equal(readOrCreateSecret(dataDir), secret);
  t.equal(statSync(join(dataDir.path, 'jwt-secret')).mode & 0o777, 0o600);
  t.same(readdirSync(dataDir.path), ['jwt-secret'], 'nothing is left over');
  const elsewhere = prepareDataDir(t.testdir({ other: {} }) + '/other');
  t.not(readOrCreateSecret(elsewhere), secret);
});

t.test('a damaged secret is refused, not replaced: tokens signed with it may be in use', async (t) => {
  const dataDir = prepareDataDir(t.testdir());
  const file = join(dataDir.path, 'jwt-secret');
  for (const text of ['', 'short', '\0'.repeat(64)]) {
    writeFileSync(file, text);
    t.throws(() => readOrCreateSecret(dataDir), { code: 'secret_unusable' });
    t.equal(readFileSync(file, 'utf8'), text);
  }
});

t.test('a secret that cannot be read is refused', async (t) => {
  const dataDir = prepareDataDir(t.testdir());
  mkdirSync(join(dataDir.path, 'jwt-secret'));
  t.throws(() => readOrCreateSecret(dataDir), { code: 'secret_unusable' });
});
