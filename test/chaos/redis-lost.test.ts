/** Tests Redis that dies, loses data, or returns with stale data, under load with real processes. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { isDefinite, type Member } from '../../src/demo/crowd.js';
import { HttpClient } from '../clients/http-client.js';
import { redisClient } from '../servers/redis.js';
import { fault } from './fault.js';
import { openWorld, sharedMariadb, startSite, startWorld } from './world.js';

const mariadb = await sharedMariadb(t);
/** For the faults after which this Redis holds every coupon again. */
const site = await startSite(t, mariadb, { servers: 2 });
/** Top-ups that a seller makes after the rebuild. */
const TOP_UPS_SINCE = 3;

/**
 * Flips a bit where a command begins, after nine tenths of the file. Redis keeps no checksum of its commands: a byte that is
 * wrong inside a value would be loaded as it is.
 */
async function damageAppendOnlyFile(folder: string): Promise<string> {
  const files = await readdir(join(folder, 'appendonlydir'));
  const file = join(folder, 'appendonlydir', files.find((name) => name.endsWith('.incr.aof')) ?? '');
  const bytes = await readFile(file);
  const place = bytes.indexOf('\r\n*', Math.floor(bytes.length * 0.9)) + 2;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  await writeFile(file, bytes);
  return file;
}

async function cutDamageOff(file: string): Promise<void> {
  const repair = execFile('redis-check-aof', ['--fix', file]);
  repair.stdin?.end('y\n');
  await once(repair, 'exit');
}

fault(6, 'Redis is killed at appendfsync always, and nothing is lost', async (t) => {
  const world = await openWorld(t, site);
  const burst = world.burst();
  await world.crowd.winners(100);
  await world.redis.kill('SIGKILL');
  const meanwhile = await world.crowd.requestOnce(world.couponId, world.members[0] as Member);
  t.notOk(isDefinite(meanwhile) && meanwhile.outcome === 'sold_out', 'never sold out meanwhile');
  await world.redis.restart();
  await burst;
  const { lost } = await world.verdict(t);
  t.equal(lost, 0);
  t.equal(await world.version(), 1, 'verified after the restart, not rebuilt');
});

fault(
  7,
  'Redis is killed at appendfsync everysec: what is lost is counted, nothing is doubled',
  async (t) => {
    const world = await startWorld(t, mariadb, { servers: 2, redis: { appendfsync: 'everysec' } });
    const burst = world.burst();
    await world.crowd.winners(100);
    await world.redis.kill('SIGKILL');
    world.storeLost();
    await world.redis.restart();
    await burst;
    const { lost } = await world.verdict(t);
    t.comment(`${lost} issuances were lost`);
  },
);

fault(8, 'Redis comes back with older data and is rebuilt from what is left', async (t) => {
  const world = await openWorld(t, site);
  const copy = join(world.redis.folder, 'older');
  const appendOnly = join(world.redis.folder, 'appendonlydir');
  await world.burst(0, 100);
  await cp(appendOnly, copy, { recursive: true });
  await world.burst(100, 200);
  const burst = world.burst(200);
  await world.crowd.winners(250);
  await world.redis.kill('SIGKILL');
  world.storeLost();
  await rm(appendOnly, { recursive: true });
  await cp(copy, appendOnly, { recursive: true });
  await world.redis.restart();
  await burst;
  const { lost } = await world.verdict(t);
  t.comment(`${lost} issuances were lost with the newer copy`);
  t.ok((await world.version()) >= 2, 'the coupon was rebuilt');
});

fault(9, 'the append-only file is corrupt: Redis refuses to start, the API is not ready', async (t) => {
  const world = await openWorld(t, site);
  const burst = world.burst();
  await world.crowd.winners(150);
  await world.redis.kill('SIGKILL');
  const file = await damageAppendOnlyFile(world.redis.folder);
  await t.rejects(world.redis.restart(), /Bad file format reading the append only file/);
  const client = new HttpClient(world.servers[0]?.origin ?? '', 1);
  t.teardown(() => client.close());
  t.match(await client.call('/readyz'), { status: 503, body: { code: 'not_ready' } });
  const sinceMs = performance.now();
  await world.crowd.answeredSince(sinceMs, 60);
  t.strictSame(
    world.crowd.requests.filter((request) => request.invokedMs > sinceMs && isDefinite(request)),
    [],
    'no member got an answer that cannot be known',
  );
  // What an operator does with such a file: what follows the damage is cut off.
  await cutDamageOff(file);
  world.storeLost();
  await world.redis.restart();
  await burst;
  const { lost } = await world.verdict(t);
  t.comment(`${lost} issuances were behind the damage and in no other place`);
});

fault(
  11,
  'Redis is emptied: not ready, never sold out, never a fresh stock, and back from the database',
  async (t) => {
    const world = await startWorld(t, mariadb, { servers: 2 });
    const burst = world.burst();
    await world.crowd.winners(100);
    const client = redisClient(world.redis);
    await client.flushall();
    world.storeLost();
    const emptiedMs = performance.now();
    const next = await world.crowd.requestOnce(world.couponId, world.members[599] as Member);
    t.not(next.outcome, 'sold_out');
    client.disconnect();
    await burst;
    const after = world.crowd.requests.filter(
      (request) => request.invokedMs > emptiedMs && request.outcome === 'not_ready',
    );
    t.ok(after.length > 0, 'members got not_ready meanwhile');
    const { lost } = await world.verdict(t);
    t.comment(`${lost} issuances were in no other place`);
  },
);

fault(
  11,
  'top-ups during the loss and the rebuild: the last acknowledged one is in force everywhere',
  async (t) => {
    const world = await startWorld(t, mariadb, { servers: 2 });
    const burst = world.burst();
    await world.crowd.winners(50);
    const client = redisClient(world.redis);
    await world.seller.act({ kind: 'amend', change: { quantity: world.quantity + 1 } });
    await client.flushall();
    world.storeLost();
    client.disconnect();
    // By turns over both servers, while one of the two rebuilds.
    let quantity = world.quantity + 1;
    let doneSince = 0;
    for (let turn = 0; doneSince < TOP_UPS_SINCE; turn += 1) {
      const result = await world.seller.act({ kind: 'amend', change: { quantity: quantity + 1 } }, turn % 2);
      if (result === 'done') quantity += 1;
      if (result === 'done' && (await world.version()) > quantity - world.quantity + 1) doneSince += 1;
    }
    await burst;
    const { lost } = await world.verdict(t);
    t.comment(`${lost} issuances were in no other place`);
    for (const { origin } of world.servers) {
      const polling = new HttpClient(origin, 1);
      t.match(await polling.call(`/v1/coupons/${world.couponId}`), { status: 200, body: { quantity } });
      polling.close();
    }
  },
);
