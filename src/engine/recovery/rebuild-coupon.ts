/**
 * Rebuilds the winners of a suspended coupon from the admission store and the ledger.
 *
 * The order of the steps matters:
 *
 * 1. Wait for the claims made before the loss: a recorder may hold in memory what the store lost, and may still
 *   insert it.
 * 2. Raise the epoch before anything is read, terms included, so that no older batch is decided on the new data.
 * 3. Read queue and claims before the rows: an issuance that a recorder moves meanwhile is then seen in at least one.
 * 4. Rows overrule the store. An issuance displaced by a row goes to the ledger, which moves it to dead_letter or
 *   knows it as revoked.
 * 5. Dead letters keep their unit: their member was answered that it holds one, and the case needs a manual decision.
 * 6. Revocations overrule all of the above.
 * 7. More winners than units: an older copy has brought back issuances that were lost before and whose units were
 *   issued again since. The latest unrecorded ones are revoked.
 * 8. Winners that are neither recorded nor dead letters are queued (again): a replay costs nothing.
 *
 * Every step may be repeated, so if a process dies here, another one continues.
 */
import type { AdmittedIssuances } from '../ports/admitted-issuances.js';
import { chunksOf } from '../domain/chunks.js';
import type { Scheduler } from '../domain/clock.js';
import type { CouponCatalogue, CouponRecord } from '../ports/coupon-catalogue.js';
import type { CouponChanges } from '../ports/coupon-changes.js';
import { termsToResume } from './terms-to-resume.js';
import type { Issuance } from '../domain/coupon.js';
import { parseHolder } from '../domain/holder.js';
import type { IssuanceLedger } from '../ports/issuance-ledger.js';
import type { RecorderBell } from '../ports/issuance-queue.js';
import type { DeadLetter, LedgerAudit } from '../ports/ledger-audit.js';
import { deadLetterPages, readAhead, revocationPages, rowPages } from '../ports/ledger-pages.js';
import { STEP_ISSUANCES_MAX, REBUILT_ROWS_MAX, RECOVERY_POLL_MS } from '../domain/limits.js';
import { NumberSet } from '../domain/number-set.js';
import type { MergeSource, RecoveryLock, RecoveryStore, SuspendReply } from '../ports/recovery-store.js';

export interface RebuildPorts {
  readonly store: RecoveryStore;
  readonly admitted: AdmittedIssuances;
  readonly bell: Pick<RecorderBell, 'markPending'>;
  readonly ledger: IssuanceLedger;
  readonly audit: LedgerAudit;
  readonly catalogue: CouponCatalogue;
  readonly changes: Pick<CouponChanges, 'withUnsettledChange'>;
  readonly scheduler: Scheduler;
}

/** What a recovery found and did, by issuances. */
export interface RebuildReport {
  readonly epoch: number;
  readonly version: number;
  readonly lastIssueNo: number;
  readonly recorded: number;
  /** Live in the store and not in the ledger: queued for the recorder. */
  readonly requeued: number;
  /** Contradicted a row: now a dead letter. */
  readonly deadLettered: number;
  /** There was no unit left for them: revoked. */
  readonly revoked: number;
}

interface Holders {
  /** How many numbers are held: of several holders of one, all but one become dead letters. */
  readonly held: number;
  readonly heldTwice: NumberSet;
  /** Winners that are neither recorded nor dead-lettered. */
  readonly remaining: number;
  /** Highest number of the winners that were read. Where `meta` and the queue are lost together, no other source has it. */
  readonly highestIssueNo: number;
}

/** Another process took over, which is the end of this run and not a fault. */
class TakenOver extends Error {}

/**
 * @param claimsEndMs how long claims from before the loss may last, milliseconds: the lease of the recorders.
 * @returns `taken_over` when another process continues the rebuild.
 * @throws StoreUnavailableError, StoreOutcomeUnknownError: the lock lapses, and the next process that reads the coupon
 *   begins anew.
 */
export async function rebuildCoupon(
  ports: RebuildPorts,
  record: CouponRecord,
  lock: RecoveryLock,
  begun: SuspendReply & { readonly status: 'begun' },
  claimsEndMs: number,
): Promise<RebuildReport | 'taken_over'> {
  try {
    return await new Rebuild(ports, record, lock).run(begun, claimsEndMs);
  } catch (fault) {
    if (fault instanceof TakenOver) return 'taken_over';
    throw fault;
  }
}

class Rebuild {
  readonly #ports: RebuildPorts;
  readonly #record: CouponRecord;
  readonly #lock: RecoveryLock;
  readonly #known = new NumberSet();
  #deadLettered = 0;

  constructor(ports: RebuildPorts, record: CouponRecord, lock: RecoveryLock) {
    this.#ports = ports;
    this.#record = record;
    this.#lock = lock;
  }

  async run(
    begun: SuspendReply & { readonly status: 'begun' },
    claimsEndMs: number,
  ): Promise<RebuildReport | 'taken_over'> {
    const { store, admitted, ledger, audit, catalogue, changes, bell } = this.#ports;
    const { couponId } = this.#record;
    await this.#waitForClaims(begun, claimsEndMs);
    const epoch = await catalogue.nextEpoch(couponId);
    // A change that begins after this reading finds the coupon out of service, and is made when the coupon is back.
    const couponWithChange = (await changes.withUnsettledChange(couponId)) ?? {
      record: this.#record,
      unsettled: undefined,
    };

    for await (const chunk of admitted.unrecorded(couponId)) await this.#merge('unrecorded', chunk);
    const recorded = await this.#mergeRows(epoch);
    for await (const letters of deadLetterPages(audit, couponId)) {
      await this.#merge('unrecorded', letters.flatMap(issuanceOf));
    }
    let revokedAny = false;
    for await (const revocations of revocationPages(audit, couponId)) {
      revokedAny = true;
      await this.#merge(
        'revoked',
        revocations.map((revocation) => ({ ...revocation, issuedAtMs: revocation.revokedAtMs })),
      );
    }
    const dead = await this.#deadLetters();
    const { held, heldTwice, remaining, highestIssueNo } =
      dead.size === 0 && !revokedAny ? await this.#holdersOfRows() : await this.#holders(dead);
    const terms = termsToResume(couponWithChange, held, begun.terms);
    const revoked = await this.#revokeBeyond(terms.quantity, held, { epoch, atMs: begun.storeNowMs, dead });
    const requeued = remaining === 0 ? 0 : await this.#requeueRemaining(dead);
    if (heldTwice.size > 0) await this.#deadLetterHolders(epoch, heldTwice);

    const version = terms.version + 1;
    const [inLedger = 0] = await ledger.highestIssueNos([couponId]);
    const lastIssueNo = Math.max(begun.lastIssueNo, highestIssueNo, inLedger);
    const resumed = { ...terms, couponId, epoch, version, lastIssueNo };
    // The recorders' mark may be lost, and there may be no further downloads: the issuances queued again must be found
    // nevertheless.
    await bell.markPending([couponId]);
    if ((await store.resume(this.#lock.token, resumed)) === 'taken_over') return 'taken_over';
    await catalogue.saveTerms(couponId, resumed);
    return { epoch, version, lastIssueNo, recorded, requeued, deadLettered: this.#deadLettered, revoked };
  }

  async #waitForClaims(begun: SuspendReply & { readonly status: 'begun' }, claimsEndMs: number) {
    let leftMs = begun.sinceMs + claimsEndMs - begun.storeNowMs;
    while (leftMs > 0) {
      await this.#ports.scheduler.pause(Math.min(leftMs, RECOVERY_POLL_MS));
      const reply = await this.#ports.store.suspend(this.#record.couponId, {
        ...this.#lock,
        epoch: undefined,
        seenIssueNo: 0,
        birth: this.#record.birth,
      });
      if (reply.status !== 'begun') throw new TakenOver();
      leftMs = reply.sinceMs + claimsEndMs - reply.storeNowMs;
    }
  }

  async #merge(source: MergeSource, chunk: readonly Issuance[]): Promise<readonly Issuance[]> {
    const displaced = await this.#ports.store.merge(this.#record.couponId, this.#lock, source, chunk);
    if (displaced === 'taken_over') throw new TakenOver();
    return displaced;
  }

  async #mergeRows(epoch: number): Promise<number> {
    const { couponId } = this.#record;
    let recorded = 0;
    for await (const rows of readAhead(rowPages(this.#ports.ledger, couponId, REBUILT_ROWS_MAX))) {
      for (const row of rows) this.#known.add(row.issueNo);
      recorded += rows.length;
      const merges = [...chunksOf(rows, STEP_ISSUANCES_MAX)].map((chunk) => this.#merge('recorded', chunk));
      const displaced = (await Promise.all(merges)).flat();
      if (displaced.length > 0) await this.#deadLetter(epoch, displaced);
    }
    return recorded;
  }

  async #deadLetters(): Promise<ReadonlySet<string>> {
    const dead = new Set<string>();
    for await (const letters of deadLetterPages(this.#ports.audit, this.#record.couponId)) {
      for (const letter of letters) dead.add(keyOf(letter));
    }
    return dead;
  }

  /** After a merge of rows alone each row has its holder. With as many winners as rows there are no others, and none needs to be read. */
  async #holdersOfRows(): Promise<Holders> {
    const winners = await this.#ports.admitted.countWinners(this.#record.couponId);
    if (winners !== this.#known.size) return this.#holders(new Set());
    return { held: winners, heldTwice: new NumberSet(), remaining: 0, highestIssueNo: 0 };
  }

  async #holders(dead: ReadonlySet<string>): Promise<Holders> {
    const once = new NumberSet();
    const heldTwice = new NumberSet();
    let remaining = 0;
    let highestIssueNo = 0;
    for await (const chunk of readAhead(this.#ports.admitted.winners(this.#record.couponId))) {
      for (const winner of chunk) {
        (once.has(winner.issueNo) ? heldTwice : once).add(winner.issueNo);
        if (this.#remains(winner, dead)) remaining += 1;
        highestIssueNo = Math.max(highestIssueNo, winner.issueNo);
      }
    }
    return { held: once.size, heldTwice, remaining, highestIssueNo };
  }

  #remains(winner: Issuance, dead: ReadonlySet<string>): boolean {
    return !this.#known.has(winner.issueNo) && !dead.has(keyOf(winner));
  }

  /** The winners of each chunk that are neither recorded nor dead-lettered. */
  async *#remaining(dead: ReadonlySet<string>): AsyncIterable<readonly Issuance[]> {
    for await (const chunk of this.#ports.admitted.winners(this.#record.couponId)) {
      const remaining = chunk.filter((winner) => this.#remains(winner, dead));
      if (remaining.length > 0) yield remaining;
    }
  }

  async #revokeBeyond(
    quantity: number,
    held: number,
    {
      epoch,
      atMs,
      dead,
    }: { readonly epoch: number; readonly atMs: number; readonly dead: ReadonlySet<string> },
  ): Promise<number> {
    if (held <= quantity) return 0;
    const remaining: Issuance[] = [];
    for await (const chunk of this.#remaining(dead)) remaining.push(...chunk);
    const { couponId } = this.#record;
    const beyond = remaining.sort((one, other) => other.issueNo - one.issueNo).slice(0, held - quantity);
    // The ledger cannot show whether this process still has the lock. While the winners were read another process may
    // have put the coupon into service and issued more of them. The process that has the lock now has had it all the
    // time.
    await this.#merge('revoked', []);
    for (const { issueNo, holder } of beyond) {
      const reply = await this.#ports.ledger.revoke(couponId, epoch, issueNo, holder, atMs);
      if (reply === 'stale') throw new TakenOver();
    }
    for (const some of chunksOf(beyond, STEP_ISSUANCES_MAX)) await this.#merge('revoked', some);
    return beyond.length;
  }

  async #requeueRemaining(dead: ReadonlySet<string>): Promise<number> {
    let requeued = 0;
    for await (const remaining of this.#remaining(dead)) {
      requeued += await this.#ports.admitted.requeue(this.#record.couponId, remaining);
    }
    return requeued;
  }

  /** Where a number has several holders, the one with the row keeps it. The ledger returns that member and makes the others dead letters. */
  async #deadLetterHolders(epoch: number, numbers: NumberSet): Promise<void> {
    const { admitted } = this.#ports;
    for await (const chunk of admitted.winners(this.#record.couponId)) {
      const holders = chunk.filter(({ issueNo }) => numbers.has(issueNo) && this.#known.has(issueNo));
      if (holders.length > 0) await this.#deadLetter(epoch, holders);
    }
  }

  /** The ledger compares them with its rows, and knows what is revoked. */
  async #deadLetter(epoch: number, issuances: readonly Issuance[]): Promise<void> {
    const result = await this.#ports.ledger.record({ couponId: this.#record.couponId, epoch, issuances });
    if (result.stale > 0) throw new TakenOver();
    this.#deadLettered += result.deadLettered;
  }
}

function keyOf({ issueNo, holder }: { readonly issueNo: number; readonly holder: string }): string {
  return `${issueNo}:${holder}`;
}

/** A dead letter as an issuance, where it can be one. */
function issuanceOf({ issueNo, holder, issuedAtMs }: DeadLetter): Issuance[] {
  const parsed = parseHolder(holder);
  return parsed === undefined || issueNo < 1 || issuedAtMs < 0
    ? []
    : [{ holder: parsed, issueNo, issuedAtMs }];
}
