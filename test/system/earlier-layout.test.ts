/** Tests that keys of the earlier layout are refused, and moved by `seonchak migrate`. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { Crowd } from '../../src/demo/crowd.js';
import { couponKey } from '../../src/persist/redis/keys.js';
import { HttpClient } from '../clients/http-client.js';
import { runSeonchak, spawnSeonchak } from '../clients/seonchak-command.js';
import { redisClientOf, toEarlierLayout } from '../servers/earlier-layout.js';
import { freePort } from '../servers/free-port.js';
import { startSeonchak, TEST_SECRET } from '../servers/seonchak.js';
import { startBackEnd } from './back-ends.js';
import { assertPromises, crowdOf, registerCoupon, rowsOnceThere } from './burst.js';

const QUANTITY = 700;
const RECORDED = 300;
const QUEUED = 300;
const CONNECTIONS = 100;
const INSISTING = { lanes: CONNECTIONS, patienceMs: 60_000 };
const LEASE_MS = '6000';
/** From before a command has connected until after it has ended. */
const KILLED_AFTER_MS = [350, 450, 550, 700];

for (const name of ['redis', 'cluster'] as const) {
  t.test(`${name}: winners, a backlog and a claim come over from the layout before`, async (t) => {
    const backEnd = await startBackEnd(name);
    t.teardown(() => backEnd.stop());
    const redis = redisClientOf((backEnd.settings['REDIS_URL'] ?? '').split(','));
    t.teardown(() => redis.disconnect());
    const settings = { ...backEnd.settings, JWT_SECRET: TEST_SECRET, LEASE_MS };

    const api = await startSeonchak({ ...settings, ROLES: 'api' });
    t.teardown(() => api.stop());
    const recorder = await startSeonchak({ ...settings, ROLES: 'recorder' });
    t.teardown(() => recorder.stop());
    const client = new HttpClient(api.origin, CONNECTIONS);
    t.teardown(() => client.close());
    const coupons = [await registerCoupon(client, QUANTITY), await registerCoupon(client, QUANTITY)];
    const drops = coupons.map((couponId) => ({ couponId, crowd: new Crowd([client.download]) }));
    const members = await crowdOf(QUANTITY);
    const request = (from: number, to: number): Promise<unknown> =>
      Promise.all(
        drops.map(({ couponId, crowd }) => crowd.request(couponId, members.slice(from, to), INSISTING)),
      );
    await request(0, RECORDED);
    for (const couponId of coupons) await rowsOnceThere(backEnd, couponId, RECORDED);
    // A frozen database holds the recorder between a claim and its rows.
    await backEnd.mariadb?.kill('SIGSTOP');
    await request(RECORDED, RECORDED + QUEUED);
    // Besides the marker.
    const claims = (couponId: number): Promise<number> => redis.zcard(couponKey(couponId, 'claims'));
    while ((await Promise.all(coupons.map(claims))).every((count) => count < 2)) await pause(20);
    await recorder.kill('SIGKILL');
    await api.kill('SIGKILL');
    await backEnd.mariadb?.kill('SIGCONT');

    await toEarlierLayout(redis, coupons);
    const PORT = String(await freePort());
    for (const words of [['serve'], ['status'], ['reconcile', '--all']]) {
      const refused = await runSeonchak(words, { ...settings, PORT });
      t.equal(refused.exitCode, 1, words.join(' '));
      t.match(refused.stderr, /run `seonchak migrate`.*\[layout_mismatch\]\n$/, words.join(' '));
    }
    t.match((await runSeonchak(['doctor'], settings)).stdout, /FAILED stores: .*run `seonchak migrate`/);
    const onlyRecords = await runSeonchak(['serve'], { ...settings, PORT, ROLES: 'recorder' });
    t.match(onlyRecords.stderr, /\[layout_mismatch\]\n$/);

    for (const afterMs of KILLED_AFTER_MS) {
      const migrating = spawnSeonchak(['migrate'], settings);
      await pause(afterMs);
      migrating.kill('SIGKILL');
    }
    const migrated = await runSeonchak(['migrate', '--json'], settings);
    t.equal(migrated.exitCode, 0, migrated.stderr);
    t.same(await redis.exists(`coupon:{${coupons[0] ?? 0}}:winners`), 0);
    t.match((await runSeonchak(['migrate'], settings)).stdout, /^nothing to apply/);

    const after = await startSeonchak(settings);
    t.teardown(() => after.stop());
    const later = new HttpClient(after.origin, CONNECTIONS);
    t.teardown(() => later.close());
    for (const { couponId, crowd } of drops) {
      const again = new Crowd([later.download]);
      await again.request(couponId, await crowdOf(QUANTITY + 50), INSISTING);
      const requests = [...crowd.requests, ...again.requests];
      assertPromises(t, QUANTITY, requests, await rowsOnceThere(backEnd, couponId, QUANTITY));
    }
  });
}
