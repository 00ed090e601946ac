/** Tests the demo as a newcomer runs it, with smaller numbers. */
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { emptyFolder } from '../../test/clients/seonchak-command.js';
import { startChildServer } from '../../test/servers/child-server.js';
import { call } from '../http/testing/client.js';

const bin = fileURLToPath(new URL('../../dist/cli/seonchak.js', import.meta.url));
/** So long that members who have won request their second time while the killed server starts: some 18 of them. */
const SMALL = ['--members', '600', '--quantity', '450', '--opens-in', '2s', '--over', '8s'];

/** In a folder of its own, until it has logged `line`. */
async function startDemo(t: Test, words: readonly string[], line: RegExp) {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const env = { PATH: process.env['PATH'], TMPDIR: folder.path };
  return { folder, demo: await startChildServer(process.execPath, [bin, 'demo', ...words], line, { env }) };
}

t.test('the demo shows a drop that keeps its promises, and leaves nothing behind', async (t) => {
  const { folder, demo } = await startDemo(t, SMALL, /Ctrl-C stops it and removes/);
  t.match(demo.log(), /crowd [\d,]+ of [\d,]+ requests/, 'progress is reported');
  t.match(
    demo.log(),
    /In the database: 450 rows, numbered from 1 without a gap, one per member, each with the number that was answered\./,
  );
  t.match(demo.log(), /Answers to the crowd: .*\d issued/);
  // The best moment: killed while members request, and no number is lost.
  t.match(demo.log(), /The server is killed now \(SIGKILL\), while members make requests/);
  t.match(demo.log(), /runs again after \d+\.\d s/);
  const lost = /killed in the middle: ([\d,]+) members lost their answer/.exec(demo.log())?.[1];
  t.ok(Number(lost) > 0, 'members lost their answer, and were told the truth afterwards');

  const address = /ready on (\S+)/.exec(demo.log())?.[1] ?? '';
  const { body } = await call(address, 'GET /v1/coupons/1');
  t.match(body, { state: 'sold_out', remaining: 0, issued: 450 });
  const credentials = /sign in as (\S+), password (\S+)\)/.exec(demo.log());
  const signedIn = await call(address, 'POST /v1/sessions', {
    body: { email: credentials?.[1], password: credentials?.[2] },
  });
  t.equal(signedIn.status, 200, 'the seller can sign in as it is printed');

  // A member whose answer was lost with the server, and whose number is the same in the rows.
  const [, kept, memberId = '', issueNo] =
    /(\d+) of them had won before the kill and got the same number: member (\d+) has number (\d+)\.$/m.exec(
      demo.log(),
    ) ?? [];
  t.ok(Number(kept) > 0 && Number(kept) <= Number(lost), `${kept} of ${lost} had won`);
  const { body: rows } = await call(address, `GET /v1/coupons/1/issuances?memberId=${memberId}`, {
    token: String(signedIn.body.accessToken),
  });
  t.match(rows.items, [{ memberId, issueNo: Number(issueNo) }]);

  await demo.kill('SIGINT');
  t.notOk(demo.isAlive());
  t.same(await readdir(folder.path), [], 'its data is removed');
});

t.test('Ctrl-C ends it in the middle, too', async (t) => {
  const { folder, demo } = await startDemo(t, ['--opens-in', '1h'], /opening in 3600 s/);
  await demo.kill('SIGINT');
  t.same(await readdir(folder.path), []);
});

t.test('killed with SIGKILL it leaves no server behind', async (t) => {
  const { demo } = await startDemo(t, ['--opens-in', '1h'], /opening in 3600 s/);
  const address = /ready on (\S+)/.exec(demo.log())?.[1] ?? '';
  t.equal((await fetch(`${address}/healthz`)).status, 200);
  await demo.kill('SIGKILL');
  let isServed = true;
  while (isServed) {
    isServed = await fetch(`${address}/healthz`).then(
      () => true,
      () => false,
    );
  }
  t.notOk(isServed);
});
