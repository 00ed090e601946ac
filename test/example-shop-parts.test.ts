/** Kills each part of a distributed service, and the example shop beside it, with orders in flight. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { emptyFolder } from './clients/seonchak-command.js';
import { eventually, ExampleShop } from './servers/example-shop.js';
import { startMariadb } from './servers/mariadb.js';
import { startRedis } from './servers/redis.js';
import { startSeonchak } from './servers/seonchak.js';

const DOWN_MS = 300;

interface Part {
  kill(signal: 'SIGKILL'): Promise<void>;
  restart(): Promise<void>;
}

t.test('whichever part of the service is killed, the tables of the shop are equal', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
  t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
  const settings = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, WEBHOOK_ALLOW_PRIVATE: '1' };
  const start = async (ROLES: string) => {
    const server = await startSeonchak({ ...settings, ROLES });
    t.teardown(() => server.stop());
    return server;
  };
  const api = await start('api');
  const recorder = await start('recorder');
  const relay = await start('relay');
  const shop = await ExampleShop.at(api.origin, join(folder.path, 'shop.db'), { receivesWebhooks: true });
  await shop.start();
  t.teardown(() => shop.kill('SIGTERM'));

  const parts: Readonly<Record<string, Part>> = {
    'API process': api,
    recorder,
    relay,
    Redis: redis,
    MariaDB: mariadb,
    shop: { kill: (signal) => shop.kill(signal), restart: () => shop.start() },
  };
  for (const [place, [name, part]] of Object.entries(parts).entries()) {
    // Two members more each time; earlier winners order again where they have cancelled.
    const members = Array.from({ length: 2 * (place + 1) }, (_, number) => `buyer-${number}`);
    const buying = Promise.all(members.map((member, number) => shop.buy(member, (number + place) % 2 === 0)));
    await pause(100);
    await part.kill('SIGKILL');
    await pause(DOWN_MS);
    await part.restart();
    await buying;
    await eventually(`${name}: no order is open`, () => shop.openOrders() === 0);
    await eventually(`${name}: the tables are equal`, () => shop.hasEqualTables());
    const { live, placed } = shop.liveAndPlaced();
    t.same(live, placed, `${name}: each placed order has its redemption, and no other has one`);
  }
  t.equal(shop.winners().length, 10, 'the coupon is sold out');
  const cancelled = shop.rows("select id from orders where state = 'cancelled'");
  t.ok(cancelled.length > 0, 'orders were cancelled');
});
