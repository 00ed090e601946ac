/** Tests two databases of one name that use one Redis: a copy beside its original, a move, a failover that lost the last write. */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { runSeonchak } from '../clients/seonchak-command.js';
import { freePort } from '../servers/free-port.js';
import type { SeonchakServer } from '../servers/seonchak.js';
import { STAMP_KEY } from '../../src/persist/redis/keys.js';
import { startInstallations, until } from './installations.js';

const { asRoot, client, copy, database, decision, outcome, registered, rowsOf, serverOf, settingsOf } =
  await startInstallations(t);

const SPARE_PORT = String(await freePort());
const REFUSED =
  /Redis was last used with another copy, or a later state, of this database\..*\[stores_mixed_up\]\n$/;

/** The statement of docs/operations.md that renames a copy. */
const renaming = /mysql -e "(UPDATE installation .*)" seonchak_copy/.exec(
  await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8'),
)?.[1];

async function stampOf(name: string): Promise<string> {
  const [rows] = await asRoot.query(`select coalesce(stamp, '0.') as stamp from ${name}.installation`);
  return (rows as { stamp: string }[])[0]?.stamp ?? '';
}

const renewed = (name: string, from: string): Promise<void> =>
  until(`another stamp of ${name}`, async () => (await stampOf(name)) !== from);

const reports = async (server: SeonchakServer, reason: string): Promise<boolean> => {
  const ready = await fetch(`${server.origin}/readyz`);
  return ready.status === 503 && (await ready.text()).includes(reason);
};

const repaired = (settings: Readonly<Record<string, string>>) =>
  runSeonchak(['reconcile', '--all', '--repair'], settings);

t.test("a copy beside the original's Redis is refused, and the original serves on", async (t) => {
  await client.flushall();
  const server = await serverOf(t, settingsOf(await database('original')));
  const couponId = await registered(server, 5);
  t.equal(await decision(server, couponId, 'a'), 'issued');
  await until('the row', async () => (await rowsOf('original', couponId)) === 1);
  const copied = settingsOf(await copy('original', 'staging'));
  await renewed('original', await stampOf('staging'));

  const commands = [['serve'], ['status'], ['reconcile', String(couponId), '--repair']];
  for (const words of commands) {
    const refused = await runSeonchak(words, { ...copied, PORT: SPARE_PORT });
    t.equal(refused.exitCode, 1, words.join(' '));
    t.match(refused.stderr, REFUSED);
  }
  const repair = await repaired(copied);
  t.equal(repair.exitCode, 1, 'the command for a move does nothing while processes run');
  t.match(repair.stderr, /Processes are running on this Redis.*\[stores_mixed_up\]\n$/);

  t.equal(await decision(server, couponId, 'b'), 'issued');
  await until('the row', async () => (await rowsOf('original', couponId)) === 2);
  t.equal((await fetch(`${server.origin}/readyz`)).status, 200);
  t.equal(await rowsOf('staging', couponId), 1);
  await server.stop();

  t.ok(renaming, 'docs/operations.md has the statement');
  await asRoot.query('use staging');
  await asRoot.query(renaming ?? '');
  const renamed = await runSeonchak(['serve'], { ...copied, PORT: SPARE_PORT });
  t.equal(renamed.exitCode, 1);
  t.match(renamed.stderr, /Redis belongs to another installation .*\[stores_mixed_up\]\n$/);
});

t.test(
  'a copy of this moment and its original run beside each other: one of them stops deciding',
  async (t) => {
    await client.flushall();
    const first = settingsOf(await database('twin_one'));
    const registering = await serverOf(t, first);
    const couponId = await registered(registering, 5);
    await registering.stop();
    const second = settingsOf(await copy('twin_one', 'twin_two'));

    const servers = await Promise.all([serverOf(t, first), serverOf(t, second)]);
    await until('one of them is not ready', async () => {
      const found = await Promise.all(servers.map((server) => reports(server, 'stores_mixed_up')));
      return found.includes(true);
    });
    const isRefused = await reports(servers[0], 'stores_mixed_up');
    const [loser, winner] = isRefused ? [0, 1] : [1, 0];
    const settings = [first, second];
    t.equal(await outcome(servers[loser] as SeonchakServer, couponId, 'a'), 'not_ready');
    t.equal(await decision(servers[winner] as SeonchakServer, couponId, 'a'), 'issued');
    await Promise.all(servers.map((server) => server.stop()));

    const refused = await runSeonchak(['serve'], { ...(settings[loser] ?? {}), PORT: SPARE_PORT });
    t.match(refused.stderr, REFUSED);
    const takesOver = await repaired(settings[loser] ?? {});
    t.match(takesOver.stderr, 'From now on it belongs to this database.');
    const after = await serverOf(t, settings[loser] ?? {});
    t.equal(
      await decision(after, couponId, 'a'),
      'already_issued',
      'what the other recorded was still in Redis',
    );
    const other = await runSeonchak(['serve'], { ...(settings[winner] ?? {}), PORT: SPARE_PORT });
    t.match(other.stderr, REFUSED, 'now the other one is refused');
    await after.stop();
  },
);

t.test('a database that was moved after its processes ended starts without a command', async (t) => {
  await client.flushall();
  const server = await serverOf(t, settingsOf(await database('before_move')));
  const couponId = await registered(server, 5);
  await renewed('before_move', '0.');
  await server.stop();
  const moved = await serverOf(t, settingsOf(await copy('before_move', 'after_move')));
  t.equal(await decision(moved, couponId, 'a'), 'issued');
  await renewed('after_move', await stampOf('before_move'));
  await moved.stop();
});

t.test(
  'a failover that lost the last stamp, a process that died between both writes, a Redis without its stamp',
  async (t) => {
    await client.flushall();
    const settings = settingsOf(await database('failing'));
    const server = await serverOf(t, settings);
    const couponId = await registered(server, 9);
    await renewed('failing', '0.');
    const earlier = await stampOf('failing');
    await renewed('failing', earlier);

    const lost = await stampOf('failing');
    await until('Redis has it', async () => (await client.hget(STAMP_KEY, 'stamp')) === lost);
    await asRoot.query('update failing.installation set stamp = ?', [earlier]);
    await until('a stamp above the lost one', async () => {
      return Number.parseInt(await stampOf('failing'), 10) > Number.parseInt(lost, 10);
    });
    t.equal(await decision(server, couponId, 'a'), 'issued');
    t.equal((await fetch(`${server.origin}/readyz`)).status, 200);

    await client.del(STAMP_KEY);
    await until('Redis has the stamp', async () => (await client.exists(STAMP_KEY)) === 1);
    t.equal(await decision(server, couponId, 'b'), 'issued');
    await server.stop();

    await asRoot.query("update failing.installation set stamp = '900.between'");
    const after = await serverOf(t, settings);
    t.equal(await client.hget(STAMP_KEY, 'stamp'), '900.between');
    t.equal(await decision(after, couponId, 'c'), 'issued');
    await after.stop();

    // No process remembers it: one command.
    await asRoot.query('update failing.installation set stamp = ?', [earlier]);
    t.match((await runSeonchak(['serve'], { ...settings, PORT: SPARE_PORT })).stderr, REFUSED);
    t.equal((await repaired(settings)).exitCode, 0);
    const last = await serverOf(t, settings);
    t.equal(await decision(last, couponId, 'd'), 'issued');
    await last.stop();
  },
);

t.test('a user without the right to renew is told so', async (t) => {
  await client.flushall();
  const url = await database('limited');
  const settings = settingsOf(url);
  const { exitCode } = await runSeonchak(['migrate'], settings);
  t.equal(exitCode, 0);
  const [tables] = await asRoot.query('show tables from limited');
  await asRoot.query("create user limited identified by 'secret'");
  for (const name of (tables as object[]).flatMap((row) => Object.values(row).map(String))) {
    const rights = name === 'installation' ? 'select' : 'all';
    await asRoot.query(`grant ${rights} on limited.${name} to limited`);
  }
  const asLimited = new URL(url);
  [asLimited.username, asLimited.password] = ['limited', 'secret'];
  const server = await serverOf(t, settingsOf(asLimited.href));
  await until('a warning', async () =>
    (await (await fetch(`${server.origin}/readyz`)).text()).includes('Grant UPDATE'),
  );
  t.equal(await decision(server, await registered(server, 1), 'a'), 'issued');
  await server.stop();
});
