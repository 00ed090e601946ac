import { once } from 'node:events';
import { createInterface } from 'node:readline';
import t from 'tap';
import { emptyFolder, runSeonchak, spawnSeonchak } from '../../test/clients/seonchak-command.js';
import { signToken } from '../../test/clients/tokens.js';
import { startSeonchak } from '../../test/servers/seonchak.js';

t.test(
  'without a terminal watching prints a document or a line each time, until a signal ends it',
  async (t) => {
    const folder = await emptyFolder();
    t.teardown(() => folder.remove());
    const settings = { DATA_DIR: folder.path };
    const server = await startSeonchak(settings);
    t.teardown(() => server.stop());
    const registered = await fetch(`${server.origin}/v1/coupons`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await signToken('9', 'seller')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ name: 'Watched drop', quantity: 100 }),
    });
    t.equal(registered.status, 201);

    const json = spawnSeonchak(['status', '--watch', '--every', '1s', '--json'], settings);
    const documents = createInterface(json.stdout)[Symbol.asyncIterator]();
    const next = async () => JSON.parse(String((await documents.next()).value)) as unknown;
    t.match(await next(), { at: /^\d{4}-.*Z$/, coupons: [{ id: 1, remaining: 100 }], more: false });
    const member = { authorization: `Bearer ${await signToken('7', 'member')}` };
    await fetch(`${server.origin}/v1/coupons/1/download`, { method: 'POST', headers: member });
    for (let seen = await next(); JSON.stringify(seen).includes('"remaining":100'); seen = await next());
    t.pass('the download is seen');
    json.kill('SIGINT');
    t.same(await once(json, 'exit'), [0, null], 'Ctrl-C is no failure');

    const lines = spawnSeonchak(['status', '1', '--watch'], settings);
    const line = String((await createInterface(lines.stdout)[Symbol.asyncIterator]().next()).value);
    t.match(line, /^\d{4}-\S+Z id=1 name="Watched drop" state=open quantity=100 issued=1 remaining=99 /);
    t.notMatch(line, '\u001b', 'no control sequence in a log');
    lines.kill('SIGTERM');
    t.same(await once(lines, 'exit'), [0, null]);
  },
);

t.test('watching what there is not, and a pace without watching, are said to be wrong', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  await runSeonchak(['migrate'], { DATA_DIR: folder.path });
  const none = await runSeonchak(['status', '42', '--watch'], { DATA_DIR: folder.path });
  t.equal(none.exitCode, 1);
  t.match(none.stderr, /^seonchak: Coupon 42 does not exist\./m);
  const idle = await runSeonchak(['status', '--every', '5s'], { DATA_DIR: folder.path });
  t.equal(idle.exitCode, 2);
  t.match(idle.stderr, '--every needs --watch');
});

t.test('every shell gets a script that it accepts, and commands and values are completed', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { exitCode, stdout } = await runSeonchak(['completion', shell]);
    t.equal(exitCode, 0);
    t.match(stdout, /seonchak/, shell);
  }
  const commands = (await runSeonchak(['complete', '--', 're'])).stdout;
  t.match(commands, /^reconcile\t/m);
  t.notMatch(commands, /^warm\t/m);
  t.match((await runSeonchak(['complete', '--', 'status', '--wa'])).stdout, /^--watch\t/m);
  t.match(
    (await runSeonchak(['complete', '--', 'tokens', '--role', ''])).stdout,
    /^member\b[\s\S]*^seller\b/m,
  );
  const unknown = await runSeonchak(['completion', 'tcsh']);
  t.equal(unknown.exitCode, 2);
  t.match(unknown.stderr, /Allowed choices are zsh, bash, fish/);
});
