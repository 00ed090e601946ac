/** Tests 5,000 silent and 2,000 very slow connections beside a crowd of honest members. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { Crowd } from '../../src/demo/crowd.js';
import { HttpClient } from '../clients/http-client.js';
import { startSeonchak } from '../servers/seonchak.js';
import { startEmbedded } from '../system/embedded-back-end.js';
import { assertPromises, crowdOf, inRounds, registerCoupon, rowsOnceThere } from '../system/burst.js';
import { residentBytes } from './peak-memory.js';
import { SlowConnections } from './slow-connections.js';

const IDLE = 5_000;
const SLOW = 2_000;
const MEMBERS = 900;
const QUANTITY = 300;
/** What 7,000 connections may add; a connection takes some 2 KB. */
const MEMORY_MAX_BYTES = 200_000_000;
const PATIENCE_MS = 60_000;

t.test('idle and slow connections do not hurt the others', async (t) => {
  const backEnd = await startEmbedded();
  t.teardown(() => backEnd.stop());
  const server = await startSeonchak(backEnd.settings);
  t.teardown(() => server.stop());
  const client = new HttpClient(server.origin, 50);
  t.teardown(() => client.close());
  const couponId = await registerCoupon(client, QUANTITY);
  const members = await crowdOf(MEMBERS);
  const bytesBefore = residentBytes(server.pid());

  const hostile = new SlowConnections();
  t.teardown(() => hostile.close());
  await hostile.openSlow(server.port, SLOW);
  await hostile.openIdle(server.port, IDLE);
  t.ok(hostile.open >= IDLE, `${hostile.open} connections are open`);

  const crowd = new Crowd([client.download]);
  await crowd.request(couponId, inRounds(members, 2), { lanes: 50 });
  t.equal(crowd.requests.length, 2 * MEMBERS, 'no press needed repeating');
  assertPromises(t, QUANTITY, crowd.requests, await rowsOnceThere(backEnd, couponId, QUANTITY));
  const more = residentBytes(server.pid()) - bytesBefore;
  t.ok(more < MEMORY_MAX_BYTES, `${more} bytes more`);

  hostile.close();
  const untilMs = performance.now() + PATIENCE_MS;
  while ((await inFlight(client)) > 0 && performance.now() < untilMs) await pause(100);
  t.equal(await inFlight(client), 0, 'nothing is left of them');
});

/** Requests taken and not answered, without the one that asks. */
async function inFlight(client: HttpClient): Promise<number> {
  const { body } = await client.call('/metrics');
  return Number(/^seonchak_requests_in_flight (\d+)/m.exec(String(body['text']))?.[1]) - 1;
}
