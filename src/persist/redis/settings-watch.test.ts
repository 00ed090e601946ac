/** Tests what a decision is worth whose settings changed, with a real Redis and without waiting for the next check. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import type { DurabilityLevel } from '../../engine/domain/durability.js';
import { redisClient, startRedis } from '../../../test/servers/redis.js';
import { SETTINGS_QUERY } from './durability.js';
import { SettingsWatch } from './settings-watch.js';

const POLL_MS = 50;

interface Watched {
  readonly node: Redis;
  readonly watch: SettingsWatch;
  readonly levels: readonly DurabilityLevel[];
  readonly set: (name: string, value: string) => Promise<void>;
  /** As after a decision. */
  readonly confirm: () => Promise<void>;
}

async function watched(t: Test, asked: DurabilityLevel | undefined): Promise<Watched> {
  const server = await startRedis();
  const node = redisClient(server);
  t.teardown(async () => {
    node.disconnect();
    await server.stop();
  });
  const levels: DurabilityLevel[] = [];
  const watch = new SettingsWatch({ masters: () => [node] }, asked, 'fsync', (_, level) =>
    levels.push(level),
  );
  await node.ping();
  await watch.check();
  return {
    ...{ node, watch, levels },
    set: async (name, value) => {
      await node.config('SET', name, value);
    },
    confirm: async () => {
      watch.confirm(node, await node.config('GET', ...SETTINGS_QUERY));
    },
  };
}

const REFUSED = { code: 'outcome_unknown' };

t.test('a decision under a refused setting is not confirmed, and no further one is asked for', async (t) => {
  const { node, watch, set, confirm } = await watched(t, 'fsync');
  await confirm();
  await confirm();
  await set('appendfsync', 'everysec');
  t.ok(watch.allows(node), 'no check has noticed it');
  await t.rejects(confirm(), REFUSED);
  t.notOk(watch.allows(node));
  await set('appendfsync', 'always');
  await watch.check();
  t.ok(watch.allows(node));
  await confirm();
});

t.test('an append-only file that was off counts once a check found it complete', async (t) => {
  const { node, watch, set, confirm } = await watched(t, 'fsync');
  await set('appendonly', 'no');
  await t.rejects(confirm(), REFUSED);
  await set('appendonly', 'yes');
  await t.rejects(confirm(), REFUSED, 'the reply does not show whether it is complete');
  t.notOk(watch.allows(node));
  while (!watch.allows(node)) {
    await pause(POLL_MS);
    await watch.check();
  }
  t.match(await node.info('persistence'), /^aof_rewrite_in_progress:0\r$/m);
  await confirm();
});

t.test('a level that was not requested falls with the decision that shows it', async (t) => {
  const { watch, levels, set, confirm } = await watched(t, undefined);
  await set('appendfsync', 'everysec');
  await confirm();
  t.equal(watch.level, 'memory');
  t.same(levels, ['memory']);
});
