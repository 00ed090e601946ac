/**
 * Compares the admitted issuances of one coupon with its rows, by member and by number.
 *
 * Correct during downloads: a suspected difference is checked again in the order in which an issuance travels (winners,
 * queue and claims in one read, ledger), so an issuance that only moved is not reported. A million winners are read in
 * chunks.
 */
import type { Admission } from '../ports/admission.js';
import type { AdmittedIssuances } from '../ports/admitted-issuances.js';
import type { CouponRecord } from '../ports/coupon-catalogue.js';
import type { CouponSnapshot, Issuance } from '../domain/coupon.js';
import { unfinishedRevocations } from './unfinished-revocations.js';
import type { IssuanceLedger } from '../ports/issuance-ledger.js';
import type { IssuanceQueue } from '../ports/issuance-queue.js';
import type { DeadLetter, LedgerAudit } from '../ports/ledger-audit.js';
import { deadLetterPages, revocationPages, rowPages } from '../ports/ledger-pages.js';
import { FINDINGS_MAX, STUCK_CLAIM_MS } from '../domain/limits.js';
import { NumberSet } from '../domain/number-set.js';
import type { CouponReconciliation, Findings } from './comparison.js';

export interface ReconcilePorts {
  readonly admission: Admission;
  readonly ledger: IssuanceLedger;
  readonly audit: LedgerAudit;
  /** Absent with the embedded back end: there the table is compared with itself. */
  readonly distributed?: { readonly queue: IssuanceQueue; readonly admitted: AdmittedIssuances };
  /** Our clock, for the age of a revocation. */
  nowMs(): number;
}

export interface ReconcileHooks {
  /** Rows and winners compared since the last call. */
  onProgress?(issuances: number): void;
  /** Called with each chunk of what is missing, all of it and not only the first few. */
  onUnrecorded?(issuances: readonly Issuance[]): Promise<void>;
  /** Called with each page of revokes that are not applied to the store, all of them too. */
  onUnfinishedRevocations?(issuances: readonly Issuance[]): Promise<void>;
  /** Called with each chunk of rows whose member holds no such issuance. @returns those that stay: the others were removed. */
  onOrphanedRows?(rows: readonly Issuance[]): Promise<readonly Issuance[]>;
}

/** @throws StoreUnavailableError, StoreOutcomeUnknownError: nothing was changed; begin anew. */
export async function reconcileCoupon(
  ports: ReconcilePorts,
  record: CouponRecord,
  hooks: ReconcileHooks = {},
): Promise<CouponReconciliation> {
  return new Reconciliation(ports, record, hooks).run();
}

class Collected<Item> {
  count = 0;
  readonly first: Item[] = [];

  add(items: readonly Item[]): void {
    this.count += items.length;
    this.first.push(...items.slice(0, FINDINGS_MAX - this.first.length));
  }
}

class Reconciliation {
  readonly #ports: ReconcilePorts;
  readonly #record: CouponRecord;
  readonly #hooks: ReconcileHooks;
  readonly #rows = new NumberSet();
  readonly #held = new NumberSet();
  readonly #dead = new Set<string>();
  readonly #unrecorded = new Collected<Issuance>();
  readonly #orphanedRows = new Collected<Issuance>();
  readonly #duplicateNumbers = new Collected<number>();
  readonly #unfinishedRevocations = new Collected<Issuance>();
  readonly #revokedRows = new Collected<number>();
  readonly #deadLetters = new Collected<DeadLetter>();

  constructor(ports: ReconcilePorts, record: CouponRecord, hooks: ReconcileHooks) {
    this.#ports = ports;
    this.#record = record;
    this.#hooks = hooks;
  }

  async run(): Promise<CouponReconciliation> {
    const { admission, ledger, distributed } = this.#ports;
    const { couponId } = this.#record;
    const [snapshot] = distributed === undefined ? [] : await admission.snapshots([couponId]);
    const admitted = snapshot === undefined ? undefined : distributed?.admitted;

    await this.#readDeadLetters();
    await this.#readRows(admitted);
    if (admitted !== undefined) await this.#readWinners(admitted);
    const revoked = await this.#readRevocations(admitted);
    const [depth] = (await distributed?.queue.depths([couponId])) ?? [];
    const [highest = 0] = await ledger.highestIssueNos([couponId]);
    const quantity = Math.max(snapshot?.quantity ?? 0, this.#record.quantity);
    return {
      couponId,
      quantity,
      inService: snapshot !== undefined,
      outOfService:
        distributed !== undefined &&
        (snapshot === undefined || depth === undefined) &&
        this.#record.epoch > 0,
      admitted: snapshot?.issued ?? this.#rows.size,
      recorded: this.#rows.size,
      queued: depth?.queued ?? 0,
      claimed: depth?.claimed ?? 0,
      revoked: revoked.size,
      ...{
        unrecorded: this.#unrecorded,
        orphanedRows: this.#orphanedRows,
        duplicateNumbers: this.#duplicateNumbers,
      },
      ...{
        unfinishedRevocations: this.#unfinishedRevocations,
        revokedRows: this.#revokedRows,
        deadLetters: this.#deadLetters,
      },
      gaps: this.#gaps(snapshot?.lastIssueNo ?? highest, revoked),
      stuckClaims:
        snapshot === undefined || admitted === undefined
          ? 0
          : await admitted.lapsedClaims(couponId, snapshot.storeNowMs - STUCK_CLAIM_MS),
      excess: Math.max(0, this.#rows.size - quantity),
      storeBehindLedger: await this.#isStoreBehind(snapshot, highest),
      catalogueBehindStore: (snapshot?.version ?? 0) > this.#record.version,
    };
  }

  /**
   * The ledger was read after the store, so the store is read again: numbers issued meanwhile may be recorded already.
   */
  async #isStoreBehind(snapshot: CouponSnapshot | undefined, highest: number): Promise<boolean> {
    if (snapshot === undefined || highest <= snapshot.lastIssueNo) return false;
    const [later] = await this.#ports.admission.snapshots([this.#record.couponId]);
    return later !== undefined && highest > later.lastIssueNo;
  }

  async #readDeadLetters(): Promise<void> {
    for await (const letters of deadLetterPages(this.#ports.audit, this.#record.couponId)) {
      this.#deadLetters.add(letters);
      for (const { issueNo, holder } of letters) this.#dead.add(`${issueNo}:${holder}`);
    }
  }

  async #readRows(admitted: AdmittedIssuances | undefined): Promise<void> {
    const { couponId } = this.#record;
    for await (const rows of rowPages(this.#ports.ledger, couponId)) {
      this.#hooks.onProgress?.(rows.length);
      const removed = new Set(admitted === undefined ? [] : await this.#checkRows(admitted, rows));
      for (const row of rows) if (!removed.has(row.issueNo)) this.#rows.add(row.issueNo);
    }
  }

  /** @returns the numbers whose rows were removed. */
  async #checkRows(admitted: AdmittedIssuances, rows: readonly Issuance[]): Promise<number[]> {
    const suspects = await this.#notHeld(admitted, rows);
    if (suspects.length === 0) return [];
    // A row that still exists although its member does not hold it is orphaned; one that was revoked meanwhile no
    // longer exists.
    const orphaned = await this.#stillRecorded(suspects);
    const staying = (await this.#hooks.onOrphanedRows?.(orphaned)) ?? orphaned;
    this.#orphanedRows.add(staying);
    return orphaned.filter((row) => !staying.includes(row)).map(({ issueNo }) => issueNo);
  }

  async #readWinners(admitted: AdmittedIssuances): Promise<void> {
    const { couponId } = this.#record;
    const seen = new Map<number, string>();
    for await (const chunk of admitted.winners(couponId)) {
      this.#hooks.onProgress?.(chunk.length);
      for (const holder of chunk) {
        if (this.#dead.has(`${holder.issueNo}:${holder.holder}`)) continue;
        if (this.#held.has(holder.issueNo) && (await this.#isDouble(holder, seen.get(holder.issueNo)))) {
          this.#duplicateNumbers.add([holder.issueNo]);
        }
        this.#held.add(holder.issueNo);
        if (seen.size < RECENT_HOLDERS) seen.set(holder.issueNo, holder.holder);
      }
      await this.#collectMissing(admitted, chunk);
    }
  }

  /** A scan may show a member twice; two members under one number is another matter. */
  async #isDouble({ issueNo, holder }: Issuance, other: string | undefined): Promise<boolean> {
    if (other !== undefined) return other !== holder;
    const { ledger, admission } = this.#ports;
    const { couponId } = this.#record;
    const known =
      (await ledger.rowAt(couponId, issueNo)) ?? (await admission.unrecordedHolder(couponId, issueNo));
    return known !== undefined && known.holder !== holder;
  }

  async #collectMissing(admitted: AdmittedIssuances, chunk: readonly Issuance[]): Promise<void> {
    const { couponId } = this.#record;
    const unseen = chunk.filter(
      ({ issueNo, holder }) => !this.#rows.has(issueNo) && !this.#dead.has(`${issueNo}:${holder}`),
    );
    if (unseen.length === 0) return;
    const nowhere = await admitted.unqueued(couponId, unseen);
    const recorded = new Set((await this.#stillRecorded(nowhere)).map(({ issueNo }) => issueNo));
    const unrecorded = nowhere.filter(({ issueNo }) => !recorded.has(issueNo));
    const revoked = new Set((await this.#notHeld(admitted, unrecorded)).map(({ issueNo }) => issueNo));
    const missing = unrecorded.filter(({ issueNo }) => !revoked.has(issueNo));
    if (missing.length === 0) return;
    this.#unrecorded.add(missing);
    await this.#hooks.onUnrecorded?.(missing);
  }

  async #readRevocations(admitted: AdmittedIssuances | undefined): Promise<NumberSet> {
    const { couponId } = this.#record;
    const revoked = new NumberSet();
    for await (const revocations of revocationPages(this.#ports.audit, couponId)) {
      for (const { issueNo } of revocations) revoked.add(issueNo);
      const rows = revocations.filter(({ issueNo }) => this.#rows.has(issueNo));
      const contradicted = await this.#stillRecorded(
        rows.map((row) => ({ ...row, issuedAtMs: row.revokedAtMs })),
      );
      this.#revokedRows.add(contradicted.map(({ issueNo }) => issueNo));
      if (admitted === undefined) continue;
      const unfinished = await unfinishedRevocations(admitted, couponId, revocations, this.#ports.nowMs());
      this.#unfinishedRevocations.add(unfinished);
      if (unfinished.length > 0) await this.#hooks.onUnfinishedRevocations?.(unfinished);
    }
    return revoked;
  }

  async #notHeld(admitted: AdmittedIssuances, issuances: readonly Issuance[]): Promise<Issuance[]> {
    const holders = issuances.map(({ holder }) => holder);
    const held = await admitted.held(this.#record.couponId, holders);
    return issuances.filter(({ issueNo }, place) => held[place]?.issueNo !== issueNo);
  }

  async #stillRecorded(issuances: readonly Issuance[]): Promise<Issuance[]> {
    const holders = issuances.map(({ holder }) => holder);
    const rows = await this.#ports.audit.rowsOf(this.#record.couponId, holders);
    const numberOf = new Map(rows.map((row) => [row.holder, row.issueNo]));
    return issuances.filter(({ holder, issueNo }) => numberOf.get(holder) === issueNo);
  }

  #gaps(lastIssueNo: number, revoked: NumberSet): Findings<number> {
    const gaps = new Collected<number>();
    const dead = new NumberSet();
    for (const key of this.#dead) dead.add(Number(key.slice(0, key.indexOf(':'))));
    for (let issueNo = 1; issueNo <= lastIssueNo; issueNo += 1) {
      const explained = [this.#rows, this.#held, revoked, dead].some((numbers) => numbers.has(issueNo));
      if (!explained) gaps.add([issueNo]);
    }
    return gaps;
  }
}

/**
 * Holders remembered to distinguish a repetition of the scan from a duplicate number; beyond this many the ledger is
 * asked.
 */
const RECENT_HOLDERS = 100_000;
