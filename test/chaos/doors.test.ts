/** Tests what clients without a token can use up: the hashing of passwords, and the descriptors of a process. */
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { HttpClient } from '../clients/http-client.js';
import { startSeonchak } from '../servers/seonchak.js';
import { fault } from './fault.js';
import { openWorld, sharedMariadb, startSite } from './world.js';

const PASSWORD = 'correct horse battery staple';
const SIGN_UPS_AT_ONCE = 40;
const SIGN_INS = 4;
/** The fewest that a server starts with. */
const OPEN_FILES = 1_024;
const IDLE_CONNECTIONS = 1_000;
const WATCHED_MS = 1_500;
/** Half a core was burnt. What is measured here is a server without a request. */
const PROCESSOR_SHARE_MAX = 0.25;

const mariadb = await sharedMariadb(t);
const site = await startSite(t, mariadb, { settings: { TRUSTED_PROXIES: '127.0.0.1' } });
const origin = site.servers[0]?.origin ?? '';

fault(42, 'sign-ups flood from many addresses: sign-ins and downloads go on', async (t) => {
  const world = await openWorld(t, site, { quantity: 100, members: 150 });
  const client = new HttpClient(origin, SIGN_UPS_AT_ONCE + 1);
  t.teardown(() => client.close());
  let signUps = 0;
  const signUp = async (address: string): Promise<number> => {
    const body = { email: `member${(signUps += 1)}@shop.example`, password: PASSWORD, role: 'member' };
    const headers = { 'x-forwarded-for': address };
    return (await client.call('/v1/accounts', { method: 'POST', body, headers })).status;
  };
  t.equal(await signUp('192.0.2.1'), 201);

  const flood = { ended: false };
  const statuses: number[] = [];
  const flooding = Array.from({ length: SIGN_UPS_AT_ONCE }, async (_, place) => {
    while (!flood.ended) {
      statuses.push(await signUp(`198.51.100.${place}`));
      await pause(20);
    }
  });
  const burst = world.burst();
  while (!statuses.includes(503)) await pause(10);
  for (let times = 0; times < SIGN_INS; times += 1) {
    const body = { email: 'member1@shop.example', password: PASSWORD };
    const { status } = await client.call('/v1/sessions', { method: 'POST', body });
    t.equal(status, 200, 'a right password signs in during the flood');
  }
  await burst;
  flood.ended = true;
  await Promise.all(flooding);
  t.ok(statuses.includes(201), 'some sign-ups went through');
  t.same(
    statuses.filter((status) => ![201, 429, 503].includes(status)),
    [],
  );
  await world.verdict(t);
});

fault(42, 'sign-ups flood from one address: they are throttled', async (t) => {
  const client = new HttpClient(origin, SIGN_UPS_AT_ONCE);
  t.teardown(() => client.close());
  const statuses = await Promise.all(
    Array.from({ length: SIGN_UPS_AT_ONCE }, async (_, place) => {
      const body = { email: `one${place}@shop.example`, password: PASSWORD, role: 'member' };
      const headers = { 'x-forwarded-for': '203.0.113.9' };
      return (await client.call('/v1/accounts', { method: 'POST', body, headers })).status;
    }),
  );
  t.ok(statuses.includes(429), 'this address has opened enough accounts');
});

fault(
  44,
  'descriptors run out: open connections are served, nothing spins, room is used again',
  async (t) => {
    const server = await startSeonchak(site.settings, OPEN_FILES);
    t.teardown(() => server.stop());
    const world = await openWorld(t, { ...site, servers: [server] }, { quantity: 100, members: 150 });
    // The crowd's connections are open before the others come.
    await world.burst(0, 60);
    const sockets = await openIdle(server.port, IDLE_CONNECTIONS);
    t.teardown(() => sockets.forEach((socket) => socket.destroy()));
    const isOpen = (socket: Socket): boolean => socket.readyState === 'open';
    while (!sockets.some((socket) => !isOpen(socket))) await pause(10);
    t.ok(sockets.some(isOpen), 'what there is room for stays open');

    const before = await processorMs(server.pid());
    await pause(WATCHED_MS);
    const share = ((await processorMs(server.pid())) - before) / WATCHED_MS;
    t.ok(share < PROCESSOR_SHARE_MAX, `${Math.round(100 * share)} % of a core while nothing is asked`);
    await world.burst(60);
    t.match(server.log(), /New connections are closed, because/);

    for (const socket of sockets) socket.destroy();
    const fresh = new HttpClient(server.origin, 1);
    t.teardown(() => fresh.close());
    let answer = await fresh.tryCall('/metrics');
    while (answer === undefined) answer = await fresh.tryCall('/metrics');
    t.match(answer.body['text'], /^seonchak_connections_refused_total [1-9]/m);
    await world.verdict(t);
  },
);

fault(44, 'too few descriptors at start: one clear line', async (t) => {
  for (const openFiles of [32, OPEN_FILES - 1]) {
    await t.rejects(startSeonchak(site.settings, openFiles), {
      message: new RegExp(`:\nseonchak: .*${openFiles} files.*\\[open_files_too_few\\]\n$`),
    });
  }
});

/** What all threads of a process have computed so far. */
async function processorMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // After the name in parentheses: utime and stime are fields 14 and 15, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** Resolves when every one of them is open or was closed. */
async function openIdle(port: number, count: number): Promise<Socket[]> {
  return Promise.all(
    Array.from({ length: count }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.resume();
      return new Promise<Socket>((resolve) => {
        socket.once('connect', () => resolve(socket));
        socket.on('error', () => resolve(socket));
      });
    }),
  );
}
