/** Tests the frontier and the feed of events over real Redis and MariaDB. */
import t from 'tap';
import { startMariadb } from '../../test/servers/mariadb.js';
import { redisClient, startRedis } from '../../test/servers/redis.js';
import {
  eventBurstContract,
  type EventBurstUnderTest,
} from '../engine/testing/contracts/event-burst-contract.js';
import { eventFeedContract } from '../engine/testing/contracts/event-feed-contract.js';
import { randomFollowing } from '../engine/testing/contracts/event-random.js';
import { webhooksContract } from '../engine/testing/contracts/webhooks-contract.js';
import { type WebhooksUnderTest } from '../engine/testing/contracts/webhook-receiver.js';
import { frontierContract } from '../engine/testing/contracts/frontier-contract.js';
import { searchUntilFound } from '../engine/testing/search-until-found.js';
import { openRedisBackEnd } from './redis/redis-back-end.js';
import { openMysql } from './sql/open-mysql.js';

const PLANTED_ROUNDS = 60;

const mariadb = await startMariadb();
t.teardown(() => mariadb.stop());
const redis = await startRedis({ appendfsync: 'always' });
t.teardown(() => redis.stop());

async function open(): Promise<WebhooksUnderTest & EventBurstUnderTest> {
  const mysql = openMysql(mariadb.url);
  await mysql.migrate();
  const backEnd = await openRedisBackEnd({
    ...{ redisUrls: [redis.url], callDeadlineMs: 5_000, durability: undefined, replicaAcks: 1 },
  });
  const client = redisClient(redis);
  return {
    ...mysql,
    admission: backEnd.admission,
    distributed: {
      queue: backEnd.queue,
      admitted: backEnd.admitted,
      async lose() {
        await client.flushall();
      },
    },
    async close() {
      client.disconnect();
      backEnd.close();
      await mysql.close();
    },
  };
}

frontierContract(t, 'Redis and MariaDB', open);
eventFeedContract(t, 'Redis and MariaDB', open);
eventBurstContract(t, 'Redis and MariaDB', open);
webhooksContract(t, 'Redis and MariaDB', open);

t.test('planted: the cursor is the highest number that has a row', async (t) => {
  const under = await open();
  t.teardown(() => under.close());
  const { ledger } = under;
  const planted: Parameters<typeof randomFollowing>[0] = {
    ...under,
    async readInstead(couponId, after, limit) {
      const rows = await ledger.rows(couponId, after, limit);
      return { rows, frontier: rows.at(-1)?.issueNo ?? after, more: rows.length === limit };
    },
  };
  const found = await searchUntilFound(() => randomFollowing(planted, PLANTED_ROUNDS));
  t.not(found.length, 0);
});
