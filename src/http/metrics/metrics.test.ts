/** Tests that `GET /metrics` matches the requests that were made. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { call } from '../testing/client.js';
import { startEmbeddedServer } from '../testing/embedded-server.js';

const server = await startEmbeddedServer(t);

/** The value of one line of the exposition, by its name with labels. */
async function metric(line: string): Promise<number | undefined> {
  const { text } = await call(server.url, 'GET /metrics');
  const found = text.split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

async function registerCoupon(quantity: number): Promise<number> {
  const answer = await call(server.url, 'POST /v1/coupons', {
    token: await server.token('seller', 'seller'),
    body: { name: 'counted', quantity },
    headers: { 'content-type': 'application/json' },
  });
  return Number(answer.body['id']);
}

async function request(couponId: number, member: string): Promise<void> {
  await call(server.url, `POST /v1/coupons/${couponId}/download`, { token: await server.token(member) });
}

t.test('downloads are counted by outcome, and what never happened is zero', async (t) => {
  const couponId = await registerCoupon(2);
  for (const member of ['a', 'b', 'c', 'a']) await request(couponId, member);
  t.equal(await metric('seonchak_downloads_total{outcome="issued"}'), 2);
  t.equal(await metric('seonchak_downloads_total{outcome="sold_out"}'), 1);
  t.equal(await metric('seonchak_downloads_total{outcome="already_issued"}'), 1);
  t.equal(await metric('seonchak_downloads_total{outcome="outcome_unknown"}'), 0);
  t.ok(((await metric('seonchak_sealed_answers_total')) ?? 0) >= 1);
});

t.test('batches are a proper histogram: classes add up, and the last holds everything', async (t) => {
  const count = (await metric('seonchak_admit_batch_size_count')) ?? 0;
  t.ok(count >= 2);
  t.equal(await metric('seonchak_admit_batch_size_bucket{le="+Inf"}'), count);
  t.equal(await metric('seonchak_admit_batch_size_bucket{le="1"}'), count, 'single presses');
  t.equal(await metric('seonchak_admit_batch_size_sum'), count);
  t.equal(await metric('seonchak_admit_seconds_bucket{le="2.5"}'), count);
  const { text } = await call(server.url, 'GET /metrics');
  t.match(text, /^# TYPE seonchak_admit_seconds histogram$/m);
});

t.test('the metrics show the state of the process', async (t) => {
  t.equal(await metric('seonchak_durability_level{level="fsync"}'), 1);
  t.equal(await metric('seonchak_mailbox_depth'), 0);
  t.equal(await metric('seonchak_live_watchers'), 0);
  t.ok((await metric('process_cpu_seconds_total')) !== undefined);
  for (const what of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'])
    t.ok(((await metric(`nodejs_eventloop_lag_${what}_seconds`)) ?? -1) >= 0, what);
  // A scrape begins anew, and a sample takes two tenths of a second then. None is on the instant.
  while ((await metric('nodejs_eventloop_lag_max_seconds')) === 0) await pause(500);
  t.ok((await metric('nodejs_eventloop_lag_seconds')) !== undefined);
  const { headers } = await call(server.url, 'GET /metrics');
  t.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
});
