/**
 * Answers downloads of a sealed coupon from memory, exactly as the store would.
 *
 * While a coupon is sold out, paused, closed or not yet open, no member can win at that version. So the winners of the
 * version and the refusal determine every answer, until a new version or, for a window, until a point in time.
 */
import { refusalOf } from '../ports/admission.js';
import type { Refusal, WinnersView } from '../ports/admission.js';
import type { CouponSnapshot, HolderId } from '../domain/coupon.js';
import type { DoorRefusal, DownloadOutcome } from '../domain/download.js';
import { LOCAL_ANSWER_MS, OPENING_MARGIN_MS } from '../domain/limits.js';
import { refusedOutcome } from './outcomes.js';
import type { StoreClock } from '../domain/store-clock.js';

export class SealedAnswers {
  readonly refusal: Refusal;
  #snapshot: CouponSnapshot;
  readonly #winners: WinnersView;
  #refused: DownloadOutcome;

  constructor(snapshot: CouponSnapshot, refusal: Refusal, winners: WinnersView) {
    this.refusal = refusal;
    this.#snapshot = snapshot;
    this.#winners = winners;
    this.#refused = refusedOutcome(refusal, snapshot, snapshot.storeNowMs);
  }

  /** How many winners are held for this. */
  get size(): number {
    return this.#winners.size;
  }

  /** Whether these answers were made for the version and epoch of this snapshot. */
  isOf(snapshot: CouponSnapshot): boolean {
    return this.#snapshot.version === snapshot.version && this.#snapshot.epoch === snapshot.epoch;
  }

  /** Whether the answers still hold under this newer snapshot; if so, its clock is taken over. */
  confirm(newer: CouponSnapshot): boolean {
    if (!this.isOf(newer)) return false;
    if (refusalOf(newer, newer.issued, newer.storeNowMs) !== this.refusal) return false;
    this.#snapshot = newer;
    this.#refused = refusedOutcome(this.refusal, newer, newer.storeNowMs);
    return true;
  }

  /** @param refusedAs the refusal of a member who may not win; it comes before that of the coupon. */
  answer(holder: HolderId, refusedAs?: DoorRefusal): DownloadOutcome {
    const issuance = this.#winners.get(holder);
    return issuance === undefined
      ? (refusedAs ?? this.#refused)
      : { outcome: 'already_issued', issueNo: issuance.issueNo, issuedAtMs: issuance.issuedAtMs };
  }

  /**
   * The monotonic instant until which these answers are valid, given that the store confirmed the version to a question
   * sent at `confirmedAtMs`. A window bound still ahead ends them earlier: near it the store's clock decides.
   */
  validUntilMs(confirmedAtMs: number, storeClock: StoreClock): number {
    const { opensAtMs, closesAtMs } = this.#snapshot;
    const bound =
      this.refusal === 'not_open' ? opensAtMs : this.refusal === 'sold_out' ? closesAtMs : undefined;
    const versionBound = confirmedAtMs + LOCAL_ANSWER_MS;
    return bound === undefined
      ? versionBound
      : Math.min(versionBound, storeClock.notBeforeMs(bound) - OPENING_MARGIN_MS);
  }
}

/** No member holds the coupon. */
export const NO_WINNERS: WinnersView = { size: 0, get: () => undefined };
