import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { mayMount, smallDisk } from '../../../test/servers/small-disk.js';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import { warmWith } from '../../engine/testing/contracts/admission-driver.js';
import { openEmbedded } from './open-embedded.js';

const DISK_BYTES = 8 * 2 ** 20;
const BALLAST_BYTES = 4 * 2 ** 20;
const BATCH = 500;
const COUPONS = [1, 2, 3] as CouponId[];

if (mayMount(t)) diskFullTest((await smallDisk(t, DISK_BYTES)).folder);

function diskFullTest(disk: string): void {
  t.test('a full disk: refused and undone, and on it goes when space returns', async (t) => {
    const dataDir = join(disk, 'data');
    mkdirSync(dataDir);
    const stores = await openEmbedded({ dataDir, as: 'server' });
    const { admission } = stores;
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
    const terms = {
      quantity: 1_000_000,
      opensAtMs: undefined,
      closesAtMs: undefined,
      paused: false,
      closed: false,
    };
    for (const couponId of COUPONS) {
      await warmWith(admission, { ...terms, couponId, version: 1, epoch: 1, lastIssueNo: 0 });
    }

    /** One batch for each coupon at once, so they share a commit. */
    const request = (name: string) =>
      Promise.allSettled(
        COUPONS.map((couponId) => {
          const memberIds = Array.from({ length: BATCH }, (_, index) => `${name}-${index}` as MemberId);
          return admission.admit({ couponId, epoch: 1, holders: memberIds, notAfterMs: Infinity });
        }),
      );
    const answered = new Map(COUPONS.map((couponId) => [couponId, 0]));
    const note = (replies: Awaited<ReturnType<typeof request>>): number => {
      let refused = 0;
      replies.forEach((reply, index) => {
        const couponId = COUPONS[index] ?? COUPONS[0];
        if (couponId === undefined) return;
        const before = answered.get(couponId) ?? 0;
        if (reply.status === 'rejected') {
          refused++;
          t.match(reply.reason, { code: 'store_unavailable' });
        } else if (reply.value.status === 'decided') {
          t.equal(reply.value.firstIssueNo, before + 1, 'numbers go on where they were');
          answered.set(couponId, before + reply.value.issuedCount);
        }
      });
      return refused;
    };

    let requests = 0;
    while (note(await request(`p${requests}`)) === 0) requests++;
    t.comment(`full after ${requests} batches of ${BATCH} for each coupon`);

    const issued = async () =>
      (await admission.snapshots(COUPONS)).map((snapshot) => [
        snapshot?.issued,
        snapshot?.lastIssueNo,
        snapshot?.version,
      ]);
    const expected = () => COUPONS.map((id) => [answered.get(id), answered.get(id), 1]);
    t.same(await issued(), expected(), 'what was refused is not issued');
    // A seller's command alone might still fit into the space that the failed commit released; together with the crowd
    // it does not.
    const crowd = request('crowd');
    const amended = COUPONS.map((couponId) => admission.amend(couponId, { quantity: 7_000_000 }));
    t.equal(note(await crowd), COUPONS.length);
    for (const promise of amended) await t.rejects(promise, { code: 'store_unavailable' });
    t.same(await issued(), expected(), 'the terms are the old ones');
    for (const couponId of COUPONS) {
      for (const name of [`p${requests}-0`, 'crowd-0']) {
        t.equal(
          await admission.issuanceOf(couponId, name as MemberId),
          undefined,
          'a refused member holds nothing',
        );
      }
    }

    rmSync(ballast);
    t.equal(note(await request(`p${requests}`)), 0, 'the refused members are issued one at a retry');
    t.equal(note(await request('later')), 0);
    await stores.close();

    const again = await openEmbedded({ dataDir, as: 'server' });
    for (const couponId of COUPONS) {
      const total = answered.get(couponId) ?? 0;
      t.match(await again.ledger.counts([couponId]), [{ recorded: total, deadLettered: 0 }]);
      t.same(await again.ledger.highestIssueNos([couponId]), [total], 'numbers without a gap');
    }
    await again.close();
  });
}
