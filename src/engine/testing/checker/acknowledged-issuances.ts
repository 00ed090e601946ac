/** Collects every issuance by number from answers, rows, revocations, dead letters and the store. */
import type { Issuance, HolderId } from '../../domain/coupon.js';
import type { DownloadCall, History, SellerCall } from './history.js';
import { mayBeInForce } from './possible-terms.js';

/** An answer that named a number. */
export interface Acknowledged extends Issuance {
  readonly call: DownloadCall;
  readonly answeredMs: number;
}

export class AcknowledgedIssuances {
  readonly history: History;
  readonly acknowledged: readonly Acknowledged[];
  /** In the order in which they were made. */
  readonly callsOf: ReadonlyMap<HolderId, readonly DownloadCall[]>;
  readonly rowOf: ReadonlyMap<number, Issuance>;
  /** Number → earliest invocation of a call to revoke it that was not refused, or when it was taken back. */
  readonly revokeAskedMs: ReadonlyMap<number, number>;
  /** Number → earliest certain answer, or when its unit was taken back to stock. */
  readonly revokeDoneMs: ReadonlyMap<number, number>;

  /** Number → the latest instant at which it was given; more than one only after a loss. */
  readonly #lastGivenMs = new Map<number, number>();

  constructor(history: History) {
    this.history = history;
    this.acknowledged = history.downloads.flatMap((call) => {
      const { outcome, answeredMs, holder } = call;
      if (outcome === undefined || answeredMs === undefined || !('issueNo' in outcome)) return [];
      return [{ holder, issueNo: outcome.issueNo, issuedAtMs: outcome.issuedAtMs, call, answeredMs }];
    });
    this.callsOf = grouped(history.downloads);
    this.rowOf = new Map(history.final.rows.map((row) => [row.issueNo, row]));
    for (const { issueNo, issuedAtMs } of [...history.final.rows, ...this.acknowledged]) {
      this.#lastGivenMs.set(issueNo, Math.max(this.#lastGivenMs.get(issueNo) ?? 0, issuedAtMs));
    }
    const asked = new Map<number, number>();
    const done = new Map<number, number>();
    for (const call of history.sellerCalls) noteRevoke(call, asked, done);
    noteTakenBack(history, asked, done);
    this.revokeAskedMs = asked;
    this.revokeDoneMs = done;
  }

  /** On the history's own axis. */
  trueMs(storeMs: number): number {
    return storeMs - this.history.storeOffsetMs;
  }

  storeMs(trueMs: number): number {
    return trueMs + this.history.storeOffsetMs;
  }

  /** By a seller or with its hold: a rebuild revokes what an older copy brought back beyond the quantity, and that was lost before. */
  isRevoked(issueNo: number, holder: HolderId): boolean {
    return this.history.final.revoked.get(issueNo) === holder && this.revokeAskedMs.has(issueNo);
  }

  /** The same number, member and instant: after a loss a member may win the same number anew. */
  hasRow({ issueNo, holder, issuedAtMs }: Issuance): boolean {
    const row = this.rowOf.get(issueNo);
    return row?.holder === holder && row.issuedAtMs === issuedAtMs;
  }

  /** It has no row and no revocation of its own, and the store that knew of it came back without it. */
  isLost(issuance: Issuance): boolean {
    const { issueNo, holder, issuedAtMs } = issuance;
    const givenAgain = issuedAtMs < (this.#lastGivenMs.get(issueNo) ?? 0);
    if (this.hasRow(issuance) || (this.isRevoked(issueNo, holder) && !givenAgain)) return false;
    const { losses, instantMs } = this.history;
    const issuedMs = this.trueMs(issuedAtMs);
    return losses.some(
      ({ sinceMs, atMs }) => issuedMs >= sinceMs - instantMs && issuedMs <= atMs + instantMs,
    );
  }
}

function grouped(calls: readonly DownloadCall[]): Map<HolderId, DownloadCall[]> {
  const groups = new Map<HolderId, DownloadCall[]>();
  for (const call of calls) {
    const group = groups.get(call.holder);
    if (group === undefined) groups.set(call.holder, [call]);
    else group.push(call);
  }
  return groups;
}

function noteRevoke(call: SellerCall, asked: Map<number, number>, done: Map<number, number>): void {
  if (call.act.kind !== 'revoke' || !mayBeInForce(call)) return;
  const { issueNo } = call.act;
  asked.set(issueNo, Math.min(asked.get(issueNo) ?? Infinity, call.invokedMs));
  if (call.result !== 'done' || call.answeredMs === undefined) return;
  done.set(issueNo, Math.min(done.get(issueNo) ?? Infinity, call.answeredMs));
}

function noteTakenBack(
  { losses, instantMs, takenBack = [] }: History,
  asked: Map<number, number>,
  done: Map<number, number>,
): void {
  for (const { issueNo, endedMs, returnedMs } of takenBack) {
    asked.set(issueNo, Math.min(asked.get(issueNo) ?? Infinity, endedMs - instantMs));
    // An older copy of the store may bring the member back, until the revocation is followed again.
    if (returnedMs === undefined || losses.length > 0) continue;
    done.set(issueNo, Math.min(done.get(issueNo) ?? Infinity, returnedMs));
  }
}
