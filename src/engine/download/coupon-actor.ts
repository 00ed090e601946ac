/**
 * Queues the downloads of one coupon in one process, and has the store decide them in batches.
 *
 * States (actor-state.ts)
 * - `cold`: the coupon is not loaded yet. Downloads wait in the mailbox; a loader's answer leads to `open`, to
 *   `sealed`, or to the end of the actor when there is no such coupon.
 * - `open`: the store decides. One batch is outstanding; downloads that arrive meanwhile go with the next, so the batch
 *   grows with the load. Nothing waits for a batch to fill.
 * - `sealed`: at this version no member can win (sold out, paused, closed, not yet open). Answers come from memory, in
 *   the same turn of the event loop, for as long as the store confirmed the version less than a second ago.
 *
 * Transitions
 * - cold → open, cold → sealed (before opening, nothing issued): snapshot loaded
 * - open → sealed: the store refused a member, and the winners of that version have been fetched
 * - sealed → open: another version, or a window bound, or the confirmation is too old (until it is renewed)
 * - any → cold: the store lost the coupon or was rebuilt
 *
 * Calls are synchronous: the actor enters the line of its shard (shard.ts), which asks {@link CouponActor.prepare} for
 * a batch and passes the answer to `decided` or `failed`. So a thousand coupons cost one promise a round, not one each.
 *
 * Deadlines: a download is answered within `admitDeadlineMs` of its arrival. If no attempt was made by then it is
 * `busy` (`not_ready` while cold); if one was made and its answer was lost, `outcome_unknown`. A lost batch is sent
 * again, as the head of the line: admission is safe to repeat, and the store refuses commands that arrive after
 * `notAfterMs`. Until then the lost attempt may still arrive, after the opening or a top-up, and issue: so a member
 * refused at the second attempt gets `outcome_unknown`, and retries (docs/adr/0024). A download that only asks is refused at any
 * attempt: none of them could issue (docs/adr/0085).
 */
import { refusalOf } from '../ports/admission.js';
import type { AdmitBatch, AdmitDecisions, AdmitReply } from '../ports/admission.js';
import type { CouponId, CouponSnapshot } from '../domain/coupon.js';
import type { AskingActor, CouponActorContext } from './actor-context.js';
import { assertState, COLD, winnersHeldBy } from './actor-state.js';
import type { ActorState, Sealed } from './actor-state.js';
import type { DownloadOutcome, PendingDownload } from '../domain/download.js';
import { CouponRecoveringError, StoreOutcomeUnknownError, StoreUnavailableError } from '../domain/errors.js';
import { MARK_PENDING_EVERY_MS, RETRY_PAUSE_MS } from '../domain/limits.js';
import { askersLast } from './askers-last.js';
import { Mailbox } from './mailbox.js';
import type { DownloadBatch } from './mailbox.js';
import { BUSY, NOT_READY, OUTCOME_UNKNOWN, refusedOutcome, UNKNOWN_COUPON } from './outcomes.js';
import { readWinners } from './read-winners.js';
import { NO_WINNERS, SealedAnswers } from './sealed-answers.js';
import { settleDecided } from './settle-decided.js';
import { StoreClock } from '../domain/store-clock.js';

/**
 * - `idle`: the mailbox is empty
 * - `in_line`: the shard will call `prepare`
 * - `asked`: a batch is with the store
 * - `learning`: a snapshot is being loaded, or pauses before the next try
 */
type Phase = 'idle' | 'in_line' | 'asked' | 'loading';

export class CouponActor implements AskingActor {
  readonly couponId: CouponId;
  readonly #context: CouponActorContext;
  readonly #mailbox: Mailbox;
  readonly #storeClock = new StoreClock();
  /** The highest number this actor has seen: a store that has given fewer has lost its data. */
  #seenIssueNo = 0;
  #state: ActorState = COLD;
  /** Until then the state is sealed and confirmed. */
  #localUntilMs = Number.NEGATIVE_INFINITY;
  #phase: Phase = 'idle';
  /** The head of the line: taken out of the mailbox and not yet decided. */
  #head: DownloadBatch | undefined;
  /** What was last asked about the head, its downloads in that order, and the snapshot this was based on. */
  #asked:
    | {
        readonly batch: AdmitBatch;
        readonly downloads: readonly PendingDownload[];
        readonly snapshot: CouponSnapshot;
      }
    | undefined;
  /** An attempt to decide the head may have been carried out, or may yet be. */
  #attempted = false;
  #sealing = false;
  /** The version whose winners could not be read or were too many: not tried again. */
  #unsealableVersion = 0;
  #markedAtMs = Number.NEGATIVE_INFINITY;
  #markedEpoch = 0;
  #lastOfferMs: number;

  constructor(couponId: CouponId, context: CouponActorContext) {
    this.couponId = couponId;
    this.#context = context;
    this.#mailbox = new Mailbox(context.limits.mailboxMax);
    this.#lastOfferMs = context.clock.monotonicMs();
  }

  /** Takes a download: answers it now if memory can, else puts it into the line, where it stays before all that come later. */
  offer(download: PendingDownload, mayWait = true): void {
    const nowMs = this.#context.clock.monotonicMs();
    this.#lastOfferMs = nowMs;
    if (
      nowMs < this.#localUntilMs &&
      nowMs < this.#context.reception.untilMs &&
      this.#state.kind === 'sealed'
    ) {
      this.#context.counters.sealedAnswers++;
      download.settle(this.#state.answers.answer(download.holder, download.refusedAs));
      return;
    }
    if (!mayWait || !this.#mailbox.offer(download, nowMs)) {
      this.#context.counters.mailboxFull++;
      download.settle(BUSY);
      return;
    }
    this.#advance();
  }

  /**
   * The shard's turn has come to this actor: what to ask the store, or nothing.
   *
   * @param room how many members a new batch may have; one that is repeated stays as it is.
   */
  prepare(nowMs: number, room: number): AdmitBatch | undefined {
    this.#phase = 'idle';
    this.#settleOverdueHead(nowMs);
    const { snapshot } = this.#state;
    if (snapshot === undefined) {
      if (this.#waits) void this.#learn();
      return undefined;
    }
    const head = this.#head ?? this.#mailbox.take(Math.min(room, this.#context.limits.batchMax));
    const newestMs = head.sinceMs.at(-1);
    if (newestMs === undefined) return undefined;
    const { couponId } = this;
    const { downloads, askers } = askersLast(head.downloads);
    const batch: AdmitBatch = {
      couponId,
      epoch: snapshot.epoch,
      holders: downloads.map((download) => download.holder),
      askers,
      seenIssueNo: this.#seenIssueNo,
      notAfterMs: Math.ceil(this.#storeClock.latestMs(newestMs + this.#context.limits.admitDeadlineMs)),
    };
    this.#head = head;
    this.#asked = { batch, downloads, snapshot };
    this.#phase = 'asked';
    return batch;
  }

  /** Whether the answer to this batch is still due. */
  awaits(batch: AdmitBatch): boolean {
    return this.#phase === 'asked' && this.#asked?.batch === batch;
  }

  /** The store's answer to what `prepare` asked. */
  decided(reply: AdmitReply, sentAtMs: number): void {
    this.#storeClock.observe(reply.storeNowMs, sentAtMs);
    if (reply.status === 'decided') {
      this.#settle(reply);
      return;
    }
    if (reply.status !== 'expired') this.#becomeCold();
    this.#again();
  }

  /** What `prepare` asked was not answered. */
  failed(fault: unknown): void {
    if (fault instanceof StoreOutcomeUnknownError) {
      this.#attempted = true;
    } else if (!(fault instanceof StoreUnavailableError)) {
      // Neither of the two faults that a store may have: it is unknown whether the batch was carried out.
      this.#endHead(OUTCOME_UNKNOWN);
      return;
    }
    this.notSent();
  }

  /** The batch of `prepare` was not sent; the actor sends it after a pause. */
  notSent(): void {
    this.#phase = 'in_line';
    this.#context.enterLineLater(this);
  }

  /**
   * Whether the coupon must be marked for the recorders before it is asked about: before the first admission and every so often after it,
   * so that the queue is found even if this process dies next. A rebuilt store may have lost the mark, so every epoch needs a new one.
   *
   * @param everyMs how old a mark may be.
   */
  isMarkDue(nowMs: number, everyMs = MARK_PENDING_EVERY_MS): boolean {
    return nowMs >= this.#markedAtMs + everyMs || this.#asked?.batch.epoch !== this.#markedEpoch;
  }

  /** A mark was left at `sentAtMs` or later, while the coupon was served in this epoch. */
  marked(sentAtMs: number, epoch: number): void {
    if (sentAtMs < this.#markedAtMs) return;
    this.#markedAtMs = sentAtMs;
    this.#markedEpoch = epoch;
  }

  /** Answers what has waited too long (nothing was attempted for it), and gives the places of members who have left to others. */
  settleOverdue(nowMs: number): void {
    const outcome = this.#state.kind === 'cold' ? NOT_READY : BUSY;
    for (const download of this.#mailbox.takeOverdue(nowMs - this.#context.limits.admitDeadlineMs)) {
      download.settle(outcome);
    }
    this.#mailbox.dropAbandoned();
  }

  /** News of a version: what is answered from memory under another one ends now. */
  onVersion(version: number): void {
    if (this.#state.snapshot?.version !== version) this.#localUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** News of versions may have been lost: memory answers again once the store has confirmed the version. */
  onGap(): void {
    this.#localUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** A snapshot asked for at `sentAtMs`, or `undefined` when the store no longer has the coupon. */
  onVersionCheck(snapshot: CouponSnapshot | undefined, sentAtMs: number): void {
    if (snapshot === undefined || snapshot.lastIssueNo < this.#seenIssueNo) this.#becomeCold();
    else this.#adopt(snapshot, sentAtMs);
  }

  /** Whether its local answers need the version confirmed from time to time. */
  get needsVersionChecks(): boolean {
    return this.#state.kind === 'sealed';
  }

  get isQuiet(): boolean {
    return this.#phase === 'idle' && !this.#waits;
  }

  /** Downloads in the mailbox. */
  get waiting(): number {
    return this.#mailbox.size;
  }

  get lastOfferMs(): number {
    return this.#lastOfferMs;
  }

  /** Frees what is held in memory; the engine drops the actor afterwards. */
  release(): void {
    this.#becomeCold();
  }

  get #waits(): boolean {
    return this.#head !== undefined || this.#mailbox.size > 0;
  }

  /** Into the line of the shard, unless the actor is there, has asked, or loads the coupon. */
  #advance(): void {
    if (this.#phase !== 'idle' || !this.#waits) return;
    this.#phase = 'in_line';
    this.#context.enterLine(this);
  }

  #again(): void {
    this.#phase = 'idle';
    this.#advance();
  }

  /** The one place where the state changes. */
  #enter(next: ActorState, localUntilMs = Number.NEGATIVE_INFINITY): void {
    assertState(next);
    const change = winnersHeldBy(next) - winnersHeldBy(this.#state);
    if (change !== 0) this.#context.winnersHeld(change);
    this.#state = next;
    this.#localUntilMs = localUntilMs;
    if (next.kind === 'sealed') this.#answerFromMemory(next);
  }

  async #learn(): Promise<void> {
    this.#phase = 'loading';
    try {
      const loaded = await this.#context.load(this.couponId, this.#seenIssueNo);
      if (loaded === undefined) {
        this.#context.onUnknownCoupon(this.couponId);
        this.#answerAll(UNKNOWN_COUPON, UNKNOWN_COUPON);
      } else {
        this.#adopt(loaded.snapshot, loaded.sentAtMs);
      }
    } catch (fault) {
      if (fault instanceof CouponRecoveringError)
        this.#answerAll(this.#attempted ? OUTCOME_UNKNOWN : NOT_READY, NOT_READY);
      else this.#context.onFault(fault, this.couponId);
      await this.#context.pause(RETRY_PAUSE_MS);
    }
    this.#again();
  }

  #answerAll(ofHead: DownloadOutcome, ofOthers: DownloadOutcome): void {
    this.#settleHead(ofHead);
    for (const download of this.#mailbox.take(Number.POSITIVE_INFINITY).downloads) download.settle(ofOthers);
  }

  #adopt(snapshot: CouponSnapshot, sentAtMs: number): void {
    this.#storeClock.observe(snapshot.storeNowMs, sentAtMs);
    this.#seenIssueNo = Math.max(this.#seenIssueNo, snapshot.lastIssueNo);
    if (this.#state.kind === 'sealed' && this.#state.answers.confirm(snapshot)) {
      this.#seal(snapshot, this.#state.answers, sentAtMs);
      return;
    }
    const refusal = refusalOf(snapshot, snapshot.issued, snapshot.storeNowMs);
    if (refusal !== undefined && snapshot.issued === 0)
      this.#seal(snapshot, new SealedAnswers(snapshot, refusal, NO_WINNERS), sentAtMs);
    else this.#enter({ kind: 'open', snapshot });
  }

  #seal(snapshot: CouponSnapshot, answers: SealedAnswers, sentAtMs: number): void {
    const confirmed = sentAtMs >= this.#context.reception.sinceMs;
    const untilMs = confirmed ? answers.validUntilMs(sentAtMs, this.#storeClock) : Number.NEGATIVE_INFINITY;
    this.#enter({ kind: 'sealed', snapshot, answers }, untilMs);
  }

  /** What was waiting when the answers became local need not ask the store any more. */
  #answerFromMemory({ answers }: Sealed): void {
    if (this.#phase === 'asked' || this.#head !== undefined) return;
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs >= this.#localUntilMs || nowMs >= this.#context.reception.untilMs) return;
    for (const download of this.#mailbox.take(Number.POSITIVE_INFINITY).downloads) {
      download.settle(answers.answer(download.holder, download.refusedAs));
    }
  }

  #becomeCold(): void {
    this.#enter(COLD);
    this.#unsealableVersion = 0;
  }

  #settle(decisions: AdmitDecisions): void {
    if (this.#head === undefined || this.#asked === undefined) return;
    const { downloads, snapshot: asked } = this.#asked;
    const { refusal, version, issuedCount, firstIssueNo, storeNowMs } = decisions;
    if (issuedCount > 0) {
      this.#context.bell?.ring(this.couponId);
      this.#seenIssueNo = Math.max(this.#seenIssueNo, firstIssueNo + issuedCount - 1);
    }
    if (refusal === 'not_open' && version !== asked.version) {
      // Terms have changed since, and the opening time that goes with the refusal is the new one. No unit was issued,
      // so a retry under the new terms costs only time.
      this.#becomeCold();
      this.#again();
      return;
    }
    const refused = refusal === undefined ? undefined : refusedOutcome(refusal, asked, storeNowMs);
    try {
      settleDecided(downloads, decisions, refused && this.#attempted ? OUTCOME_UNKNOWN : refused);
      this.#endHead();
    } catch (fault) {
      this.#context.onFault(fault, this.couponId);
      this.#endHead(OUTCOME_UNKNOWN);
    }
    if (refusal !== undefined && version !== undefined) void this.#readWinnersAndSeal(version, asked.epoch);
  }

  /** The head is decided, or ends with this outcome; the actor continues with the rest of the line. */
  #endHead(outcome?: DownloadOutcome): void {
    if (outcome !== undefined) this.#settleHead(outcome);
    this.#dropHead();
    this.#again();
  }

  #settleHead(outcome: DownloadOutcome): void {
    for (const download of this.#head?.downloads ?? []) download.settle(outcome);
    this.#dropHead();
  }

  #settleOverdueHead(nowMs: number): void {
    const head = this.#head;
    if (head === undefined) return;
    const beforeMs = nowMs - this.#context.limits.admitDeadlineMs;
    const outcome = this.#attempted ? OUTCOME_UNKNOWN : BUSY;
    while (head.sinceMs.length > 0 && (head.sinceMs[0] ?? 0) <= beforeMs) {
      head.sinceMs.shift();
      head.downloads.shift()?.settle(outcome);
    }
    if (head.sinceMs.length === 0) this.#dropHead();
  }

  #dropHead(): void {
    this.#head = undefined;
    this.#attempted = false;
  }

  /** open → sealed. Members keep being answered by the store while the winners are read. */
  async #readWinnersAndSeal(version: number, epoch: number): Promise<void> {
    if (this.#sealing || this.#state.kind === 'sealed' || version === this.#unsealableVersion) return;
    this.#sealing = true;
    try {
      const limit = this.#context.winnersAllowance();
      const read = await readWinners(this.#context, this.couponId, { version, epoch }, limit);
      if (read === 'unsealable') this.#unsealableVersion = version;
      if (typeof read === 'string') return;
      const { snapshot, winners, sentAtMs } = read;
      const refusal = refusalOf(snapshot, snapshot.issued, snapshot.storeNowMs);
      this.#storeClock.observe(snapshot.storeNowMs, sentAtMs);
      if (refusal === undefined) this.#enter({ kind: 'open', snapshot });
      else this.#seal(snapshot, new SealedAnswers(snapshot, refusal, winners), sentAtMs);
    } catch (fault) {
      this.#context.onFault(fault, this.couponId);
    } finally {
      this.#sealing = false;
    }
  }
}
