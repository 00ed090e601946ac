/** Tests full disks under Redis and under the embedded server, on a small file system in memory. */
import { setTimeout as pause } from 'node:timers/promises';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { isDefinite } from '../../src/demo/crowd.js';
import { mayMount, smallDisk } from '../servers/small-disk.js';
import { startRedis } from '../servers/redis.js';
import type { SellerAct } from '../../src/engine/testing/checker/history.js';
import type { CouponUnderFault } from './coupon-under-fault.js';
import { startEmbeddedWorld } from './embedded-world.js';
import { fault } from './fault.js';
import { sharedMariadb, startWorld } from './world.js';

const DISK_BYTES = 8 * 2 ** 20;
const POLL_MS = 10;
/** Requests that are made while the disk is full. */
const REQUESTS_MEANWHILE = 60;

if (mayMount(t)) {
  const mariadb = await sharedMariadb(t);

  const worldOnSmallDisk = async (t: Test, appendfsync: 'always' | 'everysec') => {
    const disk = await smallDisk(t, DISK_BYTES);
    const redis = await startRedis({ appendfsync, within: disk.folder });
    t.teardown(() => redis.stop());
    return { disk, world: await startWorld(t, mariadb, { redisServer: redis, servers: 2 }) };
  };

  fault(
    10,
    'the disk is full under Redis at appendfsync always: it ends itself, and nothing is lost',
    async (t) => {
      const { disk, world } = await worldOnSmallDisk(t, 'always');
      const burst = world.burst();
      await world.crowd.winners(100);
      disk.fill();
      while (world.redis.isAlive()) await pause(POLL_MS);
      await assertRefusedMeanwhile(t, world);
      disk.makeRoom();
      await world.redis.restart();
      await burst;
      const { lost } = await world.verdict(t);
      t.equal(lost, 0);
      t.equal(await world.version(), 1, 'verified after the restart, not rebuilt');
    },
  );

  fault(
    10,
    'the disk is full under Redis at appendfsync everysec: it refuses writes until there is room',
    async (t) => {
      const { disk, world } = await worldOnSmallDisk(t, 'everysec');
      const burst = world.burst();
      await world.crowd.winners(100);
      disk.fill();
      await world.crowd.answered('busy');
      await assertRefusedMeanwhile(t, world);
      t.ok(world.redis.isAlive(), 'Redis goes on');
      disk.makeRoom();
      await burst;
      await world.verdict(t);
    },
  );

  fault(39, 'the disk is full under the embedded server while a seller changes a coupon', async (t) => {
    const disk = await smallDisk(t, DISK_BYTES);
    const folder = join(disk.folder, 'data');
    await mkdir(folder);
    const world = await startEmbeddedWorld(t, folder);
    const { seller } = world;
    const burst = world.burst();
    await world.crowd.winners(60);
    disk.fill();
    await world.crowd.answered('busy');
    const acts: readonly SellerAct[] = [
      { kind: 'top_up', by: 5, key: 'key-1' },
      { kind: 'amend', change: { quantity: 500 } },
      { kind: 'revoke', issueNo: 7 },
      { kind: 'amend', change: { paused: true } },
      { kind: 'amend', change: { closed: true } },
    ];
    for (const act of acts) t.not(await seller.act(act), 'done', 'nothing can be written down');
    disk.makeRoom();
    await burst;
    for (const act of acts.slice(0, 3)) t.equal(await seller.insist(act), 'done');
    await world.server.kill('SIGKILL');
    await world.server.restart();
    await world.burst();
    const { rows } = await world.evidence();
    t.equal(rows.length, 500);
    await world.verdict(t);
  });

  fault(39, 'the disk is full under Redis while a seller changes a coupon', async (t) => {
    const { disk, world } = await worldOnSmallDisk(t, 'everysec');
    const burst = world.burst();
    await world.crowd.winners(100);
    disk.fill();
    await world.crowd.answered('busy');
    const acts: readonly SellerAct[] = [
      { kind: 'top_up', by: 5, key: 'key-1' },
      { kind: 'revoke', issueNo: 7 },
      { kind: 'amend', change: { closesAtMs: Date.now() + 3_600_000 } },
    ];
    for (const [turn, act] of acts.entries()) t.not(await world.seller.act(act, turn % 2), 'done');
    disk.makeRoom();
    for (const act of acts) t.equal(await world.seller.insist(act), 'done');
    await burst;
    await world.verdict(t);
  });

  fault(
    36,
    'the disk is full under the embedded server: 503, nothing half-issued, and on it goes',
    async (t) => {
      const disk = await smallDisk(t, DISK_BYTES);
      const folder = join(disk.folder, 'data');
      await mkdir(folder);
      const world = await startEmbeddedWorld(t, folder);
      const burst = world.burst();
      await world.crowd.winners(60);
      disk.fill();
      await world.crowd.answered('busy');
      await assertRefusedMeanwhile(t, world);
      disk.makeRoom();
      await burst;
      await world.verdict(t);
    },
  );
}

/** Members who request now get a documented 503, and no member gets "sold out". */
async function assertRefusedMeanwhile(t: Test, world: CouponUnderFault): Promise<void> {
  const sinceMs = performance.now();
  await world.crowd.answeredSince(sinceMs, REQUESTS_MEANWHILE);
  const requests = world.crowd.requests.filter((request) => request.invokedMs > sinceMs);
  t.strictSame(requests.filter(isDefinite), [], 'no member got an answer that cannot be known');
  t.match(
    requests.map((request) => request.outcome),
    requests.map(() => /^(busy|not_ready|outcome_unknown)$/),
  );
}
