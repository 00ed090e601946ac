/**
 * Admits members without end and prints every acknowledged number, until the test kills the process.
 *
 * Started by `src/persist/sqlite/crash.test.ts`.
 */
import type { CouponId, MemberId } from '../../src/engine/domain/coupon.js';
import { openEmbedded } from '../../src/persist/sqlite/open-embedded.js';

const [dataDir = '', run = '0'] = process.argv.slice(2);
const COUPONS = 3;
const BATCH = 40;

const { admission, ledger } = await openEmbedded({ dataDir, as: 'server' });
async function* rowsOf(couponId: CouponId) {
  for (let after = 0; ;) {
    const rows = await ledger.rows(couponId, after, 500);
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)?.issueNo ?? after;
  }
}

async function burst(couponId: CouponId): Promise<never> {
  const terms = {
    quantity: 1_000_000,
    opensAtMs: undefined,
    closesAtMs: undefined,
    paused: false,
    closed: false,
  };
  const [lastIssueNo = 0] = await ledger.highestIssueNos([couponId]);
  const coupon = { ...terms, couponId, version: 1, epoch: 1, lastIssueNo };
  await admission.warm(couponId, () => Promise.resolve({ coupon, issued: rowsOf(couponId) }));
  for (let request = 0; ; request++) {
    const memberIds = Array.from(
      { length: BATCH },
      (_, place) => `r${run}-${request * BATCH + place}` as MemberId,
    );
    const reply = await admission.admit({ couponId, epoch: 1, holders: memberIds, notAfterMs: Infinity });
    if (reply.status !== 'decided') throw new Error(reply.status);
    const said = memberIds.map((memberId, place) => `${couponId} ${reply.firstIssueNo + place} ${memberId}`);
    process.stdout.write(`${said.join('\n')}\n`);
  }
}

await Promise.all(Array.from({ length: COUPONS }, (_, index) => burst((index + 1) as CouponId)));
