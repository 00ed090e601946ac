/**
 * CouponActor: one coupon in one process. It puts a crowd into a line and asks the store about the line, not about each member.
 *
 * States
 * - `cold`: what the coupon is has still to be learnt. Tickets wait in the mailbox; a loader's answer leads to `open`, to
 *   `sealed`, or to the end of the actor when there is no such coupon.
 * - `open`: the store decides. One batch is outstanding; whatever arrives meanwhile goes with the next, so the batch
 *   grows with the load by itself. Nothing waits for a batch to fill.
 * - `sealed`: at this version nobody can win (sold out, paused, closed, not yet open). Answers come from memory, in the same turn of
 *   the event loop, for as long as the store confirmed the version less than a second ago.
 *
 * Transitions
 * - cold → open, cold → sealed (before opening, nobody issued): snapshot loaded
 * - open → sealed: the store refused a member, and the winners of that version have been fetched
 * - sealed → open: another version, or a window bound, or the confirmation is too old (until it is renewed)
 * - any → cold: the store lost the coupon or was rebuilt
 *
 * Deadlines: a ticket is answered within `admitDeadlineMs` of its arrival. If no attempt was made by then it is `busy` (`not_ready` while
 * cold); if one was made and its answer was lost, `outcome_unknown`. A lost batch is sent again, as the head of the
 * line: admission is safe to repeat, and the store refuses what arrives after `notAfterMs`. Until then the lost attempt may still arrive,
 * after the opening or a top-up, and issue: so whoever is refused at the second attempt is told `outcome_unknown`, and
 * asks again (docs/adr/0024).
 */
import { refusalOf } from '../ports/admission.js';
import type { AdmitDecisions, Admission, Refusal, WinnersView } from '../ports/admission.js';
import type { Clock } from '../domain/clock.js';
import type { CouponId, CouponSnapshot } from '../domain/coupon.js';
import type { LoadedCoupon } from './coupon-loader.js';
import type { DownloadOutcome, PendingDownload } from '../domain/download.js';
import { CouponRecoveringError, StoreOutcomeUnknownError, StoreUnavailableError } from '../domain/errors.js';
import type { EngineCounters } from '../domain/counters.js';
import type { RecorderBell } from '../ports/issuance-queue.js';
import { ANNOUNCE_EVERY_MS, RETRY_PAUSE_MS } from '../domain/limits.js';
import { Mailbox } from './mailbox.js';
import type { DownloadBatch } from './mailbox.js';
import { BUSY, NOT_READY, OUTCOME_UNKNOWN, refusedOutcome, UNKNOWN_COUPON } from './outcomes.js';
import { NO_WINNERS, SealedAnswers } from './sealed-answers.js';
import { settleDecided } from './settle-decided.js';
import { StoreClock } from './store-clock.js';

export interface CouponActorLimits {
  readonly batchMax: number;
  readonly mailboxMax: number;
  readonly admitDeadlineMs: number;
}

/** What an actor needs from around it; the engine provides it. */
export interface CouponActorContext {
  readonly admission: Admission;
  /** Absent where the decision is its own record (embedded back end). */
  readonly bell: RecorderBell | undefined;
  readonly clock: Clock;
  readonly limits: CouponActorLimits;
  readonly counters: EngineCounters;
  load(couponId: CouponId, seenIssueNo: number): Promise<LoadedCoupon | undefined>;
  /** Calls the actor's `flush` at the end of this turn of the event loop. */
  scheduleFlush(actor: CouponActor): void;
  /** How many winners may be held for sealed answers at the moment. */
  winnersAllowance(): number;
  winnersHeld(change: number): void;
  pause(ms: number): Promise<void>;
  onUnknownCoupon(couponId: CouponId): void;
  onFault(fault: unknown, couponId: CouponId): void;
}

export class CouponActor {
  readonly couponId: CouponId;
  readonly #context: CouponActorContext;
  readonly #mailbox: Mailbox;
  readonly #storeClock = new StoreClock();
  /** The highest number the store has told us of: one that has given fewer has lost its past. */
  #seenIssueNo = 0;
  /** `undefined` while cold. */
  #snapshot: CouponSnapshot | undefined;
  #sealed: SealedAnswers | undefined;
  #sealedUntilMs = Number.NEGATIVE_INFINITY;
  #sealing = false;
  /** The version whose winners could not be had or were too many: not tried again. */
  #unsealableVersion = 0;
  #loading = false;
  #deciding = false;
  #flushScheduled = false;
  #announcedUntilMs = Number.NEGATIVE_INFINITY;
  #announcedEpoch = 0;
  #lastOfferMs: number;

  constructor(couponId: CouponId, context: CouponActorContext) {
    this.couponId = couponId;
    this.#context = context;
    this.#mailbox = new Mailbox(context.limits.mailboxMax);
    this.#lastOfferMs = context.clock.monotonicMs();
  }

  /** Takes a ticket: answers it now if memory can, else puts it into the line, where it stays before all that come later. */
  offer(ticket: PendingDownload, mayWait = true): void {
    const nowMs = this.#context.clock.monotonicMs();
    this.#lastOfferMs = nowMs;
    if (nowMs < this.#sealedUntilMs && this.#sealed !== undefined) {
      this.#context.counters.sealedAnswers++;
      ticket.settle(this.#sealed.answer(ticket.memberId));
      return;
    }
    if (!mayWait || !this.#mailbox.offer(ticket, nowMs)) {
      this.#context.counters.mailboxFull++;
      ticket.settle(BUSY);
      return;
    }
    this.#flushSoon();
  }

  /** Sends the line to the store, unless a batch is outstanding or the coupon has still to be learnt. */
  flush(): void {
    this.#flushScheduled = false;
    if (this.#deciding || this.#mailbox.size === 0) return;
    if (this.#snapshot === undefined) {
      void this.#learn();
      return;
    }
    const batch = this.#mailbox.take(this.#context.limits.batchMax);
    if (batch.downloads.length === 0) {
      if (this.#mailbox.size > 0) this.#flushSoon();
      return;
    }
    this.#deciding = true;
    void this.#decide(batch);
  }

  /** Answers what has waited too long (nothing was attempted for it), and gives the places of members who have gone to others. */
  settleOverdue(nowMs: number): void {
    const outcome = this.#snapshot === undefined ? NOT_READY : BUSY;
    for (const ticket of this.#mailbox.takeOverdue(nowMs - this.#context.limits.admitDeadlineMs)) {
      ticket.settle(outcome);
    }
    this.#mailbox.dropAbandoned();
  }

  /** News of a version: what is answered from memory under another one ends now. */
  onVersion(version: number): void {
    if (this.#snapshot !== undefined && this.#snapshot.version !== version) this.#sealedUntilMs = 0;
  }

  /** A snapshot asked for at `sentAtMs`, or `undefined` when the store no longer has the coupon. */
  onVersionCheck(snapshot: CouponSnapshot | undefined, sentAtMs: number): void {
    if (snapshot === undefined || snapshot.lastIssueNo < this.#seenIssueNo) this.#becomeCold();
    else this.#adopt(snapshot, sentAtMs);
  }

  /** Whether its local answers need the version confirmed from time to time. */
  get needsVersionChecks(): boolean {
    return this.#sealed !== undefined;
  }

  get isQuiet(): boolean {
    return !this.#deciding && !this.#loading && this.#mailbox.size === 0;
  }

  /** Tickets in the line. */
  get waiting(): number {
    return this.#mailbox.size;
  }

  get lastOfferMs(): number {
    return this.#lastOfferMs;
  }

  /** Lets go of what is held in memory; the engine drops the actor afterwards. */
  release(): void {
    this.#unseal();
  }

  #flushSoon(): void {
    if (this.#flushScheduled || this.#deciding) return;
    this.#flushScheduled = true;
    this.#context.scheduleFlush(this);
  }

  async #learn(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    try {
      const loaded = await this.#context.load(this.couponId, this.#seenIssueNo);
      if (loaded === undefined) this.#endAsUnknown();
      else this.#adopt(loaded.snapshot, loaded.sentAtMs);
    } catch (fault) {
      if (fault instanceof CouponRecoveringError) this.#answerAll(NOT_READY);
      else this.#context.onFault(fault, this.couponId);
      await this.#context.pause(RETRY_PAUSE_MS);
    } finally {
      this.#loading = false;
    }
    if (this.#mailbox.size > 0) this.#flushSoon();
  }

  #endAsUnknown(): void {
    this.#context.onUnknownCoupon(this.couponId);
    this.#answerAll(UNKNOWN_COUPON);
  }

  #answerAll(outcome: DownloadOutcome): void {
    for (const ticket of this.#mailbox.take(Number.POSITIVE_INFINITY).downloads) ticket.settle(outcome);
  }

  #adopt(snapshot: CouponSnapshot, sentAtMs: number): void {
    this.#storeClock.observe(snapshot.storeNowMs, sentAtMs);
    this.#snapshot = snapshot;
    this.#seenIssueNo = Math.max(this.#seenIssueNo, snapshot.lastIssueNo);
    if (this.#sealed?.confirm(snapshot) === true) {
      this.#sealedUntilMs = this.#sealed.standUntilMs(sentAtMs, this.#storeClock);
      this.#answerFromMemory();
      return;
    }
    this.#unseal();
    const refusal = refusalOf(snapshot, snapshot.issued, snapshot.storeNowMs);
    if (refusal !== undefined && snapshot.issued === 0) this.#seal(snapshot, refusal, NO_WINNERS, sentAtMs);
  }

  /** What was waiting when the answers became local need not ask the store any more. */
  #answerFromMemory(): void {
    if (this.#deciding || this.#sealed === undefined) return;
    if (this.#context.clock.monotonicMs() >= this.#sealedUntilMs) return;
    for (const ticket of this.#mailbox.take(Number.POSITIVE_INFINITY).downloads) {
      ticket.settle(this.#sealed.answer(ticket.memberId));
    }
  }

  #becomeCold(): void {
    this.#unseal();
    this.#snapshot = undefined;
    this.#unsealableVersion = 0;
  }

  #seal(snapshot: CouponSnapshot, refusal: Refusal, winners: WinnersView, sentAtMs: number): void {
    this.#sealed = new SealedAnswers(snapshot, refusal, winners);
    this.#context.winnersHeld(this.#sealed.size);
    this.#sealedUntilMs = this.#sealed.standUntilMs(sentAtMs, this.#storeClock);
    this.#answerFromMemory();
  }

  #unseal(): void {
    if (this.#sealed !== undefined) this.#context.winnersHeld(-this.#sealed.size);
    this.#sealed = undefined;
    this.#sealedUntilMs = Number.NEGATIVE_INFINITY;
  }

  async #decide(batch: DownloadBatch): Promise<void> {
    try {
      await this.#decideOrGiveUp(batch);
    } catch (fault) {
      // Neither of the two faults that a store may have: whether the batch was carried out cannot be told.
      this.#context.onFault(fault, this.couponId);
      for (const ticket of batch.downloads) ticket.settle(OUTCOME_UNKNOWN);
    } finally {
      this.#deciding = false;
    }
    if (this.#mailbox.size > 0) this.#flushSoon();
  }

  /** Repeats the batch until the store has decided it or every ticket of it is overdue. */
  async #decideOrGiveUp(batch: DownloadBatch): Promise<void> {
    const { admission, clock, limits, counters } = this.#context;
    let attempted = false;
    for (;;) {
      const nowMs = clock.monotonicMs();
      settleOverdueHead(batch, nowMs - limits.admitDeadlineMs, attempted);
      const newestMs = batch.sinceMs.at(-1);
      if (newestMs === undefined) return;
      try {
        const snapshot = this.#snapshot ?? (await this.#relearn());
        if (snapshot === undefined) {
          for (const ticket of batch.downloads) ticket.settle(UNKNOWN_COUPON);
          return;
        }
        await this.#announce(nowMs, snapshot.epoch);
        const sentAtMs = clock.monotonicMs();
        const reply = await admission.admit({
          couponId: this.couponId,
          epoch: snapshot.epoch,
          memberIds: batch.downloads.map((ticket) => ticket.memberId),
          seenIssueNo: this.#seenIssueNo,
          notAfterMs: Math.ceil(this.#storeClock.latestMs(newestMs + limits.admitDeadlineMs)),
        });
        this.#storeClock.observe(reply.storeNowMs, sentAtMs);
        if (reply.status === 'decided') {
          counters.batchSizes.add(batch.downloads.length);
          counters.admitMs.add(clock.monotonicMs() - sentAtMs);
          await this.#settle(batch, reply, snapshot, attempted);
          return;
        }
        if (reply.status !== 'expired') this.#becomeCold();
      } catch (fault) {
        if (fault instanceof CouponRecoveringError) {
          for (const ticket of batch.downloads) ticket.settle(attempted ? OUTCOME_UNKNOWN : NOT_READY);
          return;
        }
        if (fault instanceof StoreOutcomeUnknownError) attempted = true;
        else if (!(fault instanceof StoreUnavailableError)) throw fault;
        this.#context.onFault(fault, this.couponId);
        await this.#context.pause(RETRY_PAUSE_MS);
      }
    }
  }

  async #relearn(): Promise<CouponSnapshot | undefined> {
    const loaded = await this.#context.load(this.couponId, this.#seenIssueNo);
    if (loaded === undefined) return undefined;
    this.#adopt(loaded.snapshot, loaded.sentAtMs);
    return loaded.snapshot;
  }

  /**
   * Before the first admission and every so often after it, so that the queue is found even if this process dies next. A
   * rebuilt store may have lost the mark, so it is left again in every epoch.
   */
  async #announce(nowMs: number, epoch: number): Promise<void> {
    if (this.#context.bell === undefined) return;
    if (epoch === this.#announcedEpoch && nowMs < this.#announcedUntilMs) return;
    await this.#context.bell.markPending([this.couponId]);
    this.#announcedUntilMs = nowMs + ANNOUNCE_EVERY_MS;
    this.#announcedEpoch = epoch;
  }

  async #settle(
    batch: DownloadBatch,
    decisions: AdmitDecisions,
    asked: CouponSnapshot,
    attempted: boolean,
  ): Promise<void> {
    if (decisions.issuedCount > 0) {
      this.#context.bell?.ring(this.couponId);
      this.#seenIssueNo = Math.max(this.#seenIssueNo, decisions.firstIssueNo + decisions.issuedCount - 1);
    }
    // Terms have changed since: the opening time that goes with a refusal is the new one.
    const terms =
      decisions.refusal === 'not_open' && decisions.version !== asked.version
        ? ((await this.#relearn()) ?? asked)
        : { ...asked, storeNowMs: decisions.storeNowMs };
    const refused = decisions.refusal === undefined ? undefined : refusedOutcome(decisions.refusal, terms);
    settleDecided(batch.downloads, decisions, refused && attempted ? OUTCOME_UNKNOWN : refused);
    if (decisions.refusal !== undefined) void this.#fetchWinnersAndSeal(decisions.version, asked.epoch);
  }

  /**
   * open → sealed. Members keep being answered by the store while the winners are fetched.
   *
   * The version alone does not prove that the winners read are all of them: before the opening instant a version refuses, after
   * it the same version issues, and a rebuilt store may come back under the same version. Within one version and epoch winners
   * are only added, so as many as the store counts are all.
   */
  async #fetchWinnersAndSeal(version: number, epoch: number): Promise<void> {
    if (this.#sealing || this.#sealed !== undefined || version === this.#unsealableVersion) return;
    this.#sealing = true;
    try {
      const { admission, clock } = this.#context;
      const winners = await admission.winners(this.couponId, version, this.#context.winnersAllowance());
      const sentAtMs = clock.monotonicMs();
      const [snapshot] = await admission.snapshots([this.couponId]);
      if (snapshot?.version !== version || snapshot.epoch !== epoch) return;
      if (winners === undefined) {
        this.#unsealableVersion = version;
        return;
      }
      if (winners.size !== snapshot.issued) return;
      const refusal = refusalOf(snapshot, snapshot.issued, snapshot.storeNowMs);
      this.#storeClock.observe(snapshot.storeNowMs, sentAtMs);
      this.#snapshot = snapshot;
      if (refusal !== undefined) this.#seal(snapshot, refusal, winners, sentAtMs);
    } catch (fault) {
      this.#context.onFault(fault, this.couponId);
    } finally {
      this.#sealing = false;
    }
  }
}

function settleOverdueHead(batch: DownloadBatch, beforeMs: number, attempted: boolean): void {
  while (batch.sinceMs.length > 0 && (batch.sinceMs[0] ?? 0) <= beforeMs) {
    batch.sinceMs.shift();
    batch.downloads.shift()?.settle(attempted ? OUTCOME_UNKNOWN : BUSY);
  }
}
