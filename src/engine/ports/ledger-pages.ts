/** Reads the ledger of one coupon page by page. */
import type { CouponId } from '../domain/coupon.js';
import type { DeadLetter, LedgerAudit, Revocation } from './ledger-audit.js';
import type { IssuanceLedger, LedgerRow } from './issuance-ledger.js';
import { STEP_ISSUANCES_MAX } from '../domain/limits.js';

export async function* rowPages(
  ledger: IssuanceLedger,
  couponId: CouponId,
  pageRows = STEP_ISSUANCES_MAX,
): AsyncGenerator<readonly LedgerRow[]> {
  for (let after = 0; ;) {
    const rows = await ledger.rows(couponId, after, pageRows);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    if (rows.length < pageRows) return;
    after = last.issueNo;
  }
}

/** Reads the next page while the caller works on the previous one. */
export async function* readAhead<Page>(pages: AsyncIterable<Page>): AsyncGenerator<Page> {
  const source = pages[Symbol.asyncIterator]();
  for (let next = source.next(); ;) {
    const page = await next;
    if (page.done === true) return;
    next = source.next();
    // The caller may stop at a fault of its own, and nothing awaits this page then.
    next.catch(() => undefined);
    yield page.value;
  }
}

export async function* deadLetterPages(
  audit: LedgerAudit,
  couponId: CouponId,
): AsyncGenerator<readonly DeadLetter[]> {
  for (let after: DeadLetter | undefined; ;) {
    const letters: DeadLetter[] = await audit.deadLetters(couponId, after, STEP_ISSUANCES_MAX);
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
    const revocations = await audit.revocations(couponId, after, STEP_ISSUANCES_MAX);
    const last = revocations.at(-1);
    if (last === undefined) return;
    yield revocations;
    after = last.issueNo;
  }
}
