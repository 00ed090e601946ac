/** Tests the demo as a newcomer runs it, with smaller numbers. */
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { emptyFolder } from '../../test/clients/seonchak-command.js';
import { startChildServer } from '../../test/servers/child-server.js';
import { call } from '../http/testing/client.js';

const bin = fileURLToPath(new URL('../../dist/cli/seonchak.js', import.meta.url));
const SMALL = ['--members', '400', '--quantity', '50', '--opens-in', '2s', '--over', '2s'];

t.test('the demo shows a drop that keeps its promises, and leaves nothing behind', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const env = { PATH: process.env['PATH'], TMPDIR: folder.path };
  const demo = await startChildServer(
    process.execPath,
    [bin, 'demo', ...SMALL],
    /Ctrl-C stops it and removes/,
    {
      env,
    },
  );
  t.match(demo.log(), /crowd [\d,]+ of [\d,]+ presses/, 'progress is reported');
  t.match(
    demo.log(),
    /In the database: 50 rows, numbered from 1 without a gap, one per member, each with the number that was answered\./,
  );
  t.match(demo.log(), /50 issued/);

  const address = /ready on (\S+)/.exec(demo.log())?.[1] ?? '';
  const { body } = await call(address, 'GET /v1/coupons/1');
  t.match(body, { state: 'sold_out', remaining: 0, issued: 50 });
  const credentials = /sign in as (\S+), password (\S+)\)/.exec(demo.log());
  const signedIn = await call(address, 'POST /v1/sessions', {
    body: { email: credentials?.[1], password: credentials?.[2] },
  });
  t.equal(signedIn.status, 200, 'the seller can sign in as it is printed');

  await demo.kill('SIGINT');
  t.notOk(demo.isAlive());
  t.same(await readdir(folder.path), [], 'its data is removed');
});

t.test('Ctrl-C ends it in the middle, too', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const env = { PATH: process.env['PATH'], TMPDIR: folder.path };
  const demo = await startChildServer(
    process.execPath,
    [bin, 'demo', '--opens-in', '1h'],
    /opening in 3600 s/,
    { env },
  );
  await demo.kill('SIGINT');
  t.same(await readdir(folder.path), []);
});
