/** Metrics of several processes on one port: a scrape reaches one of them and tells of all. */
import t from 'tap';
import { pressAll } from './clients/crowd.js';
import { HttpClient } from './clients/http-client.js';
import { startSeonchak } from './servers/seonchak.js';
import { startBackEnd } from './system/back-ends.js';
import { crowdOf, registerCoupon, rowsOnceThere } from './system/storm.js';

const QUANTITY = 200;
const MEMBERS = 300;

t.test('every scrape counts what all processes did, and what the recorder wrote', async (t) => {
  const backEnd = await startBackEnd('redis');
  t.teardown(() => backEnd.stop());
  const server = await startSeonchak({ ...backEnd.settings, PROCESSES: '2' });
  t.teardown(() => server.stop());
  const client = new HttpClient(server.origin, 40);
  t.teardown(() => client.close());

  const couponId = await registerCoupon(client, QUANTITY);
  await pressAll(client, couponId, await crowdOf(MEMBERS), { presses: 1, atOnce: 40 });
  await rowsOnceThere(backEnd, couponId, QUANTITY);

  // New connections, so that different processes are asked.
  for (let times = 0; times < 6; times++) {
    const fresh = new HttpClient(server.origin, 1);
    const { text } = (await fresh.call('/metrics')).body as { readonly text: string };
    fresh.close();
    t.match(text, new RegExp(`^seonchak_downloads_total\\{outcome="issued"\\} ${QUANTITY}$`, 'm'));
    t.match(text, new RegExp(`^seonchak_recorded_total ${QUANTITY}$`, 'm'));
    t.match(text, /^seonchak_queue_depth 0$/m);
    t.match(text, /^seonchak_durability_level\{level="\w+"\} 1$/m);
  }
});
