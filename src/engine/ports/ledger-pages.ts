/** Reads the ledger of one coupon page by page. */
import type { CouponId } from '../domain/coupon.js';
import type { DeadLetter, LedgerAudit, Revocation } from './ledger-audit.js';
import type { IssuanceLedger, LedgerRow } from './issuance-ledger.js';
import { ISSUANCES_MAX } from '../domain/limits.js';

export async function* rowPages(
  ledger: IssuanceLedger,
  couponId: CouponId,
): AsyncGenerator<readonly LedgerRow[]> {
  for (let after = 0; ;) {
    const rows = await ledger.rows(couponId, after, ISSUANCES_MAX);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.issueNo;
  }
}

export async function* deadLetterPages(
  audit: LedgerAudit,
  couponId: CouponId,
): AsyncGenerator<readonly DeadLetter[]> {
  for (let after: DeadLetter | undefined; ;) {
    const letters: DeadLetter[] = await audit.deadLetters(couponId, after, ISSUANCES_MAX);
    after = letters.at(-1);
    if (after === undefined) return;
    yield letters;
  }
}

export async function* revocationPages(
  audit: LedgerAudit,
  couponId: CouponId,
): AsyncGenerator<readonly Revocation[]> {
  for (let after = 0; ;) {
    const revocations = await audit.revocations(couponId, after, ISSUANCES_MAX);
    const last = revocations.at(-1);
    if (last === undefined) return;
    yield revocations;
    after = last.issueNo;
  }
}
