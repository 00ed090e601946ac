/**
 * Runs random histories of one coupon on every back end and on the model alike: every answer must be the same. Some histories end with the
 * loss of one key in Redis, after which nothing may be decided.
 *
 * A failure prints the shortest history found with its seed and path; `SEED=… REPLAY_PATH=… npx tap <this file>` repeats it. `RUNS=10000`
 * makes it long.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { freshCouponId } from '../src/engine/testing/contracts/ids.js';
import { AdmissionModel } from '../src/engine/testing/contracts/admission-model.js';
import { claimedKey, claimsKey, metaKey, queueKey, winnersKey } from '../src/persist/redis/keys.js';
import { openRedisBackEnd } from '../src/persist/redis/redis-back-end.js';
import { openEmbedded } from '../src/persist/sqlite/open-embedded.js';
import { redisClient, startRedis } from './servers/redis.js';
import {
  CALL_DEADLINE_MS,
  command,
  quantity,
  Contender,
  plain,
  nothingIsDecided,
  queued,
} from './admission-contender.js';
import type { BackEnd, Command } from './admission-contender.js';

const RUNS = Number(process.env.RUNS ?? 200);
const COMMANDS_MAX = 30;

t.test('every back end answers every history as the model does', async (t) => {
  const server = await startRedis();
  t.teardown(() => server.stop());
  const redis = await openRedisBackEnd({
    redisUrls: [server.url],
    callDeadlineMs: CALL_DEADLINE_MS,
    durability: 'fsync',
    replicaAcks: 1,
  });
  t.teardown(() => {
    redis.close();
  });
  const client = redisClient(server);
  t.teardown(() => client.disconnect());
  const embedded = await openEmbedded({ dataDir: t.testdir(), as: 'server' });
  t.teardown(() => embedded.close());
  const backEnds: BackEnd[] = [
    { name: 'redis', admission: redis.admission, queue: redis.queue },
    { name: 'embedded', admission: embedded.admission },
  ];

  let commands = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { minLength: 1, maxLength: COMMANDS_MAX, size: 'max' }),
      quantity,
      fc.option(fc.constantFrom(metaKey, winnersKey, queueKey, claimsKey, claimedKey), { freq: 3 }),
      async (history, stock, lost) => {
        const lostKey = lost ?? undefined;
        const start: Command = {
          does: 'warm',
          quantity: stock,
          epoch: 1,
          paused: false,
          closed: false,
          holders: [],
          skipped: 0,
        };
        const steps: Command[] = history[0]?.does === 'warm' ? history : [start, ...history];
        const couponId = freshCouponId();
        const model = new Contender(new AdmissionModel(() => Date.now()), couponId);
        const contenders = backEnds.map((backEnd) => ({
          ...backEnd,
          contender: new Contender(backEnd.admission, couponId),
        }));
        for (const [index, step] of steps.entries()) {
          const rightful = plain(await model.answer(step));
          commands++;
          for (const { name, contender } of contenders) {
            const given = plain(await contender.answer(step));
            if (!isDeepStrictEqual(given, rightful)) {
              throw new Error(
                `step ${index}, ${JSON.stringify(step)}\n  model ${JSON.stringify(rightful)}\n  ${name} ${JSON.stringify(given)}`,
              );
            }
          }
        }
        if (lostKey !== undefined) {
          await client.del(lostKey(couponId));
          await nothingIsDecided(redis, couponId, lostKey);
          return;
        }
        for (const { name, queue } of backEnds) {
          const waiting = queue === undefined ? undefined : JSON.stringify(await queued(queue, couponId));
          const rightful = JSON.stringify([...model.unrecorded]);
          if (waiting !== undefined && waiting !== rightful)
            throw new Error(`queue of ${name} ${waiting}, not ${rightful}`);
        }
      },
    ),
    {
      numRuns: RUNS,
      includeErrorInReport: true,
      ...(process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) }),
      ...(process.env.REPLAY_PATH === undefined ? {} : { path: process.env.REPLAY_PATH }),
    },
  );
  t.pass(`${RUNS} histories, ${commands} commands`);
});
