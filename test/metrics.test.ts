/**
 * Tests metrics of several processes: a scrape of a shared port reports all of them, a separate recorder its own.
 */
import t, { type Test } from 'tap';
import { Crowd } from '../src/demo/crowd.js';
import { HttpClient } from './clients/http-client.js';
import { startSeonchak } from './servers/seonchak.js';
import { startBackEnd } from './system/back-ends.js';
import { crowdOf, registerCoupon, rowsOnceThere } from './system/burst.js';

const QUANTITY = 200;
const MEMBERS = 300;

/** Over a connection of its own, so that of several processes any may be asked. */
async function scrape(origin: string): Promise<string> {
  const fresh = new HttpClient(origin, 1);
  try {
    return ((await fresh.call('/metrics')).body as { readonly text: string }).text;
  } finally {
    fresh.close();
  }
}

function valueOf(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

/** A name that is described twice, or whose lines are not together, is refused by strict readers. */
function isWellFormed(t: Test, text: string): void {
  const described = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]);
  t.same(described, [...new Set(described)], 'every metric is described once');
}

const backEnd = await startBackEnd('redis');
t.teardown(() => backEnd.stop());

t.test('every scrape counts what all processes did, and what the recorder wrote', async (t) => {
  const server = await startSeonchak({ ...backEnd.settings, PROCESSES: '2' });
  t.teardown(() => server.stop());
  const client = new HttpClient(server.origin, 40);
  t.teardown(() => client.close());

  const couponId = await registerCoupon(client, QUANTITY);
  await new Crowd([client.download]).request(couponId, await crowdOf(MEMBERS), { lanes: 40 });
  await rowsOnceThere(backEnd, couponId, QUANTITY);

  for (let times = 0; times < 6; times++) {
    const text = await scrape(server.origin);
    t.equal(valueOf(text, 'seonchak_downloads_total{outcome="issued"}'), QUANTITY);
    t.equal(valueOf(text, 'seonchak_recorded_total'), QUANTITY);
    t.equal(valueOf(text, 'seonchak_queue_depth'), 0);
    t.match(text, /^seonchak_durability_level\{level="\w+"\} 1$/m);
    t.equal([...text.matchAll(/^seonchak_process_cpu_seconds_total\{.*role="api"/gm)].length, 2);
    t.equal([...text.matchAll(/^seonchak_process_cpu_seconds_total\{.*role="parent"/gm)].length, 1);
    isWellFormed(t, text);
  }
});

t.test('a process that only records reports its lag, and why it cannot go on', async (t) => {
  const { settings } = backEnd;
  const api = await startSeonchak({ ...settings, ROLES: 'api' });
  t.teardown(() => api.stop());
  const client = new HttpClient(api.origin, 40);
  t.teardown(() => client.close());

  const couponId = await registerCoupon(client, QUANTITY);
  await new Crowd([client.download]).request(couponId, await crowdOf(MEMBERS), { lanes: 40 });
  const behind = await scrape(api.origin);
  t.equal(valueOf(behind, 'seonchak_queue_depth'), QUANTITY, 'no process records');
  t.ok(valueOf(behind, 'seonchak_oldest_unrecorded_seconds') > 0);
  t.notMatch(behind, 'seonchak_recorded_total');

  const recorder = await startSeonchak({ ...settings, ROLES: 'recorder' });
  t.teardown(() => recorder.stop());
  await rowsOnceThere(backEnd, couponId, QUANTITY);
  let text = await scrape(recorder.origin);
  // The row is there a moment before the thread reports it.
  for (let tries = 0; tries < 600 && valueOf(text, 'seonchak_recorded_total') < QUANTITY; tries++) {
    text = await scrape(recorder.origin);
  }
  t.equal(valueOf(text, 'seonchak_recorded_total'), QUANTITY);
  t.equal(valueOf(text, 'seonchak_record_lag_seconds_count'), QUANTITY, 'the lag of every row');
  t.ok(valueOf(text, 'seonchak_record_lag_seconds_sum') > 0, 'which is not negative');
  t.equal(
    valueOf(text, 'seonchak_record_lag_seconds_bucket{le="0.01"}'),
    0,
    'they had to wait for a recorder',
  );
  t.equal(valueOf(text, 'seonchak_record_batch_size_sum'), QUANTITY);
  t.match(text, /^seonchak_process_cpu_seconds_total\{role="recorder",pid="\d+"\} [\d.]+$/m);
  isWellFormed(t, text);

  const watch = new HttpClient(recorder.origin, 1);
  t.teardown(() => watch.close());
  t.match(await watch.call('/healthz'), { status: 200 });
  t.match(await watch.call('/readyz'), { status: 200 });
  t.match(await watch.call('/v1/coupons'), { status: 404 }, 'it serves no other caller');

  await backEnd.mariadb?.kill('SIGKILL');
  const unready = await watch.call('/readyz');
  t.match(unready, {
    status: 503,
    body: { code: 'not_ready', reasons: [/^The database (cannot be reached|is not responding)/] },
  });
  t.match(await watch.call('/healthz'), { status: 200 }, 'no reason to restart it');
});
