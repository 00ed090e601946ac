/** Tests that the evidence of a fault is one state of Redis, whatever moves while it is read. */
import t from 'tap';
import { redisClient, startRedis } from '../servers/redis.js';
import { readStore } from './evidence.js';
import { couponKey } from '../../src/persist/redis/keys.js';

const COUPON_ID = 7;
const READS = 300;
const queueKey = couponKey(COUPON_ID, 'issuable_coupon_queue');
const claimedKey = couponKey(COUPON_ID, 'claimed');

t.test('an issuance that goes from the claims back into the queue is seen in every reading', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const [reader, mover] = [redisClient(redis), redisClient(redis)];
  t.teardown(() => [reader, mover].forEach((client) => client.disconnect()));
  await reader.hset(couponKey(COUPON_ID, 'meta'), 'seq', 1);
  const moving = { begun: false, ended: false };
  const moves = (async (): Promise<void> => {
    while (!moving.ended) {
      await mover.multi().zrem(queueKey, 'a:1').hset(claimedKey, 'token', '1:a:1').exec();
      await mover.multi().hdel(claimedKey, 'token').zadd(queueKey, 1, 'a:1').exec();
      moving.begun = true;
    }
  })();
  while (!moving.begun) await reader.ping();
  const seen = { queued: 0, claimed: 0, elsewhere: 0 };
  for (let read = 0; read < READS; read += 1) {
    const { queued = [], claimed = [] } = (await readStore(reader, COUPON_ID)) ?? {};
    if (queued.length + claimed.length !== 1) seen.elsewhere += 1;
    else if (queued.length === 1) seen.queued += 1;
    else seen.claimed += 1;
  }
  moving.ended = true;
  await moves;
  t.equal(seen.elsewhere, 0);
  t.ok(seen.queued > 0, 'in the queue');
  t.ok(seen.claimed > 0, 'in a claim');
});
