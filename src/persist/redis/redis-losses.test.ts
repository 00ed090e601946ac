/** Tests the answers of the Redis back end after Redis lost its data or was replaced. Numbers in names are those of the fault list. */
import t from 'tap';
import { inChunks, warmWith } from '../../engine/testing/contracts/admission-driver.js';
import { freshCouponId, member } from '../../engine/testing/contracts/ids.js';
import { couponKey, metaKey } from './keys.js';
import { single, warmed, request, FAR_FUTURE_MS, backEndAt, UNAVAILABLE } from './testing/faulty-redis.js';

t.test('11: an emptied Redis is not ready, never sold out', async (t) => {
  const { client, backEnd } = await single(t);
  const couponId = await warmed(backEnd, 1);
  await request(backEnd, couponId, 'a');
  await client.flushall();
  t.same(await request(backEnd, couponId, 'a', 'b'), ['not_ready', 'not_ready']);
});

t.test('10: what a warm read before the store lost everything is not put in afterwards', async (t) => {
  const { client, backEnd } = await single(t);
  const slow = freshCouponId();
  const terms = { quantity: 1, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
  const coupon = { couponId: slow, ...terms, version: 1, epoch: 1, lastIssueNo: 0 };
  const warming = backEnd.admission.warm(slow, async () => {
    // Another process is quicker, and gives away what there is.
    t.equal(await warmWith(backEnd.admission, { ...coupon, epoch: 2 }), 'warmed');
    await backEnd.admission.admit({
      couponId: slow,
      epoch: 2,
      holders: [member('a')],
      notAfterMs: FAR_FUTURE_MS,
    });
    await client.flushall();
    return { coupon, issued: inChunks([]) };
  });
  await t.rejects(warming, UNAVAILABLE);
  t.same(await backEnd.admission.snapshots([slow]), [undefined]);
});

t.test('9: nor what it read before another server took over with its temporary key', async (t) => {
  const { client, server } = await single(t);
  const backEnd = await backEndAt(t, server.port, { checkServer: true });
  const couponId = freshCouponId();
  const terms = { quantity: 1, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
  const coupon = { couponId, ...terms, version: 1, epoch: 1, lastIssueNo: 1 };
  const issued = inChunks([{ holder: member('a'), issueNo: 1, issuedAtMs: 1 }]);
  const warming = backEnd.admission.warm(couponId, async () => {
    const [key = ''] = await client.keys(couponKey(couponId, 'warming:*'));
    const runId = /^run_id:(\S+)/m.exec(await client.info('server'))?.[1];
    t.equal(await client.hget(key, ''), runId?.slice(0, 20), 'the key says where it was begun');
    await client.hset(key, '', 'another server');
    return { coupon, issued };
  });
  await t.rejects(warming, UNAVAILABLE);
  t.same(await backEnd.admission.snapshots([couponId]), [undefined]);
});

t.test('9: nor is a coupon marked verified on another server than the one it was compared on', async (t) => {
  const { client, server } = await single(t);
  const backEnd = await backEndAt(t, server.port, { checkServer: true });
  const couponId = await warmed(backEnd);
  const found = await backEnd.recovery.inspect(couponId, 0);
  if (found === 'absent') throw new Error('it is there');
  t.match(found, { status: 'serving', epoch: 1, server: /^\w{20}$/ });
  // The same content on another server: an older copy of it, for all that is known.
  await client.hset(metaKey(couponId), 'server', 'another server');
  await backEnd.recovery.markVerified(couponId, { ...found, server: 'another server' }, 2);
  t.match(await backEnd.recovery.inspect(couponId, 0), { status: 'unverified', epoch: 1 });
  await backEnd.recovery.markVerified(couponId, found, 2);
  t.match(await backEnd.recovery.inspect(couponId, 0), { status: 'serving', epoch: 2 });
});
