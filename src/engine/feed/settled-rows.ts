/**
 * Reads the rows of a coupon up to its frontier: the highest number below which every number is explained.
 *
 * Recorders commit in any order, and one that dies leaves its rows to a successor, seconds later. A reader whose cursor is the highest number
 * it saw would miss those rows for good. So a page ends before the first number that may still become a row. A number is explained by its row,
 * by a revocation, by a dead letter, or by being *void*: given up with a store under the level `memory`, or by a rebuild.
 *
 * The ledger is its own outbox: numbers have no gaps (I1), so nothing is written besides the row. Rejected: a sequence assigned at commit
 * (a lock for each recorder's transaction), and a cursor over an auto-increment id, whose values commit out of order as well.
 */
import type { CouponId } from '../domain/coupon.js';
import type { IssuanceLedger, LedgerRow } from '../ports/issuance-ledger.js';
import type { LedgerAudit } from '../ports/ledger-audit.js';
import { FRONTIER_WINDOWS_MAX, STEP_ISSUANCES_MAX } from '../domain/limits.js';
import { FrontierWaits } from './frontier-waits.js';
import { UnexplainedNumbers } from './unexplained-numbers.js';
import type { UnexplainedNumbersPorts } from './unexplained-numbers.js';

export interface SettledPage {
  /** Ascending by number, without a number passed over. */
  readonly rows: readonly LedgerRow[];
  /** Every number above the cursor up to this one is explained: the cursor of the next page. */
  readonly frontier: number;
  /** Whether more may be settled above `frontier` at this moment. */
  readonly more: boolean;
}

export interface SettledRowsPorts extends UnexplainedNumbersPorts {
  readonly ledger: Pick<IssuanceLedger, 'rows'>;
  readonly audit: Pick<LedgerAudit, 'revocations' | 'deadLetters'>;
}

/** Consecutive numbers, few enough for one query. */
interface Window {
  readonly first: number;
  readonly last: number;
}

/** @throws StoreUnavailableError, StoreOutcomeUnknownError: nothing was changed, read again. */
export class SettledRows {
  readonly waits: FrontierWaits;
  readonly #ports: SettledRowsPorts;
  readonly #unexplained: UnexplainedNumbers;

  constructor(ports: SettledRowsPorts) {
    this.#ports = ports;
    this.waits = new FrontierWaits(ports.clock);
    this.#unexplained = new UnexplainedNumbers(ports, this.waits);
  }

  /**
   * @param afterIssueNo 0, or the frontier of an earlier page: numbers up to it are taken as read.
   * @param upTo explain numbers up to this one also where no row follows them. Absent: the list ends with the last row.
   */
  async read(couponId: CouponId, afterIssueNo: number, limit: number, upTo = 0): Promise<SettledPage> {
    const page = await this.#read(couponId, afterIssueNo, limit, upTo);
    this.waits.passed(couponId, page.frontier);
    return page;
  }

  async #read(couponId: CouponId, afterIssueNo: number, limit: number, upTo: number): Promise<SettledPage> {
    const settled: LedgerRow[] = [];
    let frontier = afterIssueNo;
    for (let windows = 0; windows < FRONTIER_WINDOWS_MAX; windows += 1) {
      const room = limit - settled.length;
      const rows = await this.#ports.ledger.rows(couponId, frontier, room + 1);
      const beyond = rows[room];
      const end = beyond === undefined ? Math.max(rows.at(-1)?.issueNo ?? 0, upTo) : beyond.issueNo - 1;
      if (frontier < end) {
        // Rows and gaps together: where every second hold was confirmed, a window for each gap read every row five hundred times.
        const window = { first: frontier + 1, last: Math.min(end, frontier + STEP_ISSUANCES_MAX) };
        const explainedUpTo = await this.#explain(couponId, window, rows);
        if (explainedUpTo === 'read_again') continue;
        for (const row of rows) if (row.issueNo <= explainedUpTo) settled.push(row);
        frontier = explainedUpTo;
        if (frontier < window.last) {
          this.waits.begin(couponId, frontier + 1);
          return { rows: settled, frontier, more: false };
        }
      }
      if (frontier >= end && beyond === undefined) return { rows: settled, frontier, more: false };
      if (frontier >= end && settled.length === limit) return { rows: settled, frontier, more: true };
    }
    return { rows: settled, frontier, more: true };
  }

  /**
   * The number before the first one of the window that may still become a row; `read_again` when one has become a row meanwhile.
   *
   * @param rows every row of the window, and maybe others.
   */
  async #explain(
    couponId: CouponId,
    window: Window,
    rows: readonly LedgerRow[],
  ): Promise<number | 'read_again'> {
    const gaps = numbersWithout(window, rows);
    const missing = await this.#unaccounted(couponId, gaps);
    const [first] = missing;
    if (first === undefined) return window.last;
    const pending = await this.#unexplained.firstPending(couponId, missing);
    // The store was read after the ledger, so the ledger is read again: an issuance travels from the store to the
    // ledger.
    const later = await this.#ports.ledger.rows(couponId, first - 1, STEP_ISSUANCES_MAX);
    const unexplained = new Set(missing.filter((issueNo) => issueNo <= (pending ?? Infinity)));
    if (later.some(({ issueNo }) => unexplained.has(issueNo))) return 'read_again';
    if (pending === first) return pending - 1;
    const still = new Set(await this.#unaccounted(couponId, missing));
    const voids = missing.filter((issueNo) => issueNo < (pending ?? Infinity) && still.has(issueNo));
    this.#unexplained.giveUp(couponId, voids);
    return (pending ?? window.last + 1) - 1;
  }

  /** Those of the numbers, at most {@link STEP_ISSUANCES_MAX} apart, that neither a revocation nor a dead letter explains. */
  async #unaccounted(couponId: CouponId, numbers: readonly number[]): Promise<number[]> {
    const [first] = numbers;
    if (first === undefined) return [];
    const { audit } = this.#ports;
    const revocations = await audit.revocations(couponId, first - 1, STEP_ISSUANCES_MAX);
    const letters = await audit.deadLetters(
      couponId,
      { issueNo: first - 1, holder: LAST_TEXT },
      STEP_ISSUANCES_MAX,
    );
    const explained = new Set([...revocations, ...letters].map(({ issueNo }) => issueNo));
    return numbers.filter((issueNo) => !explained.has(issueNo));
  }
}

function numbersWithout({ first, last }: Window, rows: readonly LedgerRow[]): number[] {
  const recorded = new Set(rows.map(({ issueNo }) => issueNo));
  const numbers: number[] = [];
  for (let issueNo = first; issueNo <= last; issueNo += 1) if (!recorded.has(issueNo)) numbers.push(issueNo);
  return numbers;
}

/** Sorts after every member id, also one that the schema refused. */
const LAST_TEXT = '\u{10FFFF}';
