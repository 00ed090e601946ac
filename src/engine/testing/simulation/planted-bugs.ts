/**
 * Plants known bugs of such systems into the ports and stores of the simulation.
 *
 * None of them exists in production code, behind a switch or otherwise: they are subclasses and wrappers in this
 * folder.
 */
import type { Admission, AdmitBatch, AdmitReply, AlreadyIssued, RevokeReply } from '../../ports/admission.js';
import type { CouponId, CouponSnapshot, HolderId } from '../../domain/coupon.js';
import type { ClaimedBatch, RecordResult } from '../../ports/issuance-ledger.js';
import type {
  AnswerEnding,
  Claim,
  ClaimName,
  ClaimReply,
  IssuanceQueue,
} from '../../ports/issuance-queue.js';
import { recoveryBugs } from './planted-recovery-bugs.js';
import { doorBugs } from './planted-door-bugs.js';
import { drainBugs } from './planted-drain-bugs.js';
import { roundBugs } from './planted-round-bugs.js';
import { sellerBugs } from './planted-seller-bugs.js';
import { unitBugs } from './planted-unit-bugs.js';
import { nothingPlanted, wrapAdmission } from './planting.js';
import type { Planting } from './planting.js';
import { SimulatedDatabase } from './simulated-database.js';
import type { RecordedTogether, Revoked } from './simulated-database.js';
import { SimulatedStore } from './simulated-store.js';
import type { AdmitRefusal, StoredClaim, StoredCoupon } from './simulated-store.js';

/** The recorder says that it is done before it has begun. */
function ackBeforeRecord(queue: IssuanceQueue): IssuanceQueue {
  const done = (claims: readonly ClaimName[], answer: AnswerEnding): Promise<void> => {
    for (const place of claims.keys()) answer(place, true);
    return Promise.resolve();
  };
  return {
    claimRound: async (round, answer) => {
      const replies: ClaimReply[] = [];
      await queue.claimRound(round, (place, reply) => void (replies[place] = reply));
      const claimed = replies.flatMap((reply) =>
        typeof reply === 'object' && 'token' in reply ? [reply] : [],
      );
      if (claimed.length > 0) await queue.ackRound(claimed, () => undefined);
      for (const [place, reply] of replies.entries()) answer(place, reply);
    },
    ackRound: done,
    releaseRound: done,
    shardOf: (couponId) => queue.shardOf(couponId),
    depths: (couponIds) => queue.depths(couponIds),
  };
}

/** As the model's scheduler: a batch is taken out of the queue without a record of the process that has it. */
class PopWithoutClaim extends SimulatedStore {
  override claim(couponId: CouponId, token: string, limit: number): Claim | undefined {
    const coupon = this.coupons.get(couponId);
    const issuances = coupon?.queue.splice(0, limit) ?? [];
    return coupon === undefined || issuances.length === 0
      ? undefined
      : { couponId, epoch: coupon.epoch, token, issuances, backlog: 'full' };
  }
}

/** A key that is missing is taken for one that is empty. */
class NoMarker extends SimulatedStore {
  override isWhole(): boolean {
    return true;
  }
}

/** What a dead recorder took stays taken. */
class ClaimsWithoutLease extends SimulatedStore {
  protected override lapsedClaim(): undefined {
    return undefined;
  }
}

/** A lease that ended is taken over, but an acknowledgement ends the oldest claim, whichever recorder holds it. */
class AckWithoutToken extends SimulatedStore {
  override ack(couponId: CouponId, token: string): boolean {
    const oldest = this.coupons.get(couponId)?.claims[0];
    return super.ack(couponId, oldest?.token ?? token);
  }
}

/** Stock is a number of its own, and a revoke forgets to put the unit back. */
class CounterBesideWinners extends SimulatedStore {
  readonly #taken = new Map<CouponId, number>();

  protected override refusalNow(coupon: StoredCoupon, storeNowMs: number): AdmitRefusal {
    const refusal = super.refusalNow(coupon, storeNowMs);
    if (refusal !== undefined && refusal !== 'sold_out') return refusal;
    return (this.#taken.get(coupon.couponId) ?? 0) >= coupon.terms.quantity ? 'sold_out' : undefined;
  }

  protected override issue(coupon: StoredCoupon, holder: HolderId, issuedAtMs: number): void {
    super.issue(coupon, holder, issuedAtMs);
    this.#taken.set(coupon.couponId, (this.#taken.get(coupon.couponId) ?? 0) + 1);
  }
}

/** Stock is read before the batch and not within it. */
class StockReadOnce extends SimulatedStore {
  #refusal: AdmitRefusal;

  override admit(batch: AdmitBatch): AdmitReply {
    const coupon = this.coupons.get(batch.couponId);
    this.#refusal = coupon && super.refusalNow(coupon, this.nowMs());
    return super.admit(batch);
  }

  protected override refusalNow(): AdmitRefusal {
    return this.#refusal;
  }
}

/** Once sold out is seen by a process, it is believed for ever. */
function soldOutForEver(admission: Admission): Admission {
  const seen = new Map<CouponId, CouponSnapshot>();
  const wrapped = wrapAdmission(admission);
  wrapped.snapshots = async (couponIds) => {
    const snapshots = await admission.snapshots(couponIds);
    return snapshots.map((snapshot) => {
      if (snapshot === undefined) return undefined;
      const before = seen.get(snapshot.couponId);
      if (before !== undefined) return { ...before, storeNowMs: snapshot.storeNowMs };
      if (snapshot.issued > 0 && snapshot.issued >= snapshot.quantity) seen.set(snapshot.couponId, snapshot);
      return snapshot;
    });
  };
  return wrapped;
}

/** A lagging replica answers the reads of the version. */
function laggingReplica(admission: Admission): Admission {
  let past: (CouponSnapshot | undefined)[] = [];
  let reads = 0;
  const wrapped = wrapAdmission(admission);
  wrapped.snapshots = async (couponIds) => {
    const now = await admission.snapshots(couponIds);
    reads += 1;
    if (reads % 12 === 1 || past.length !== now.length || past.includes(undefined)) past = now;
    return past.map(
      (snapshot, place) => snapshot && { ...snapshot, storeNowMs: now[place]?.storeNowMs ?? 0 },
    );
  };
  return wrapped;
}

/** The window is judged by the clock of the process that asks. */
class WindowByProcessClock extends SimulatedStore {
  askerNowMs: number | undefined;

  protected override refusalNow(coupon: StoredCoupon, storeNowMs: number): AdmitRefusal {
    return super.refusalNow(coupon, this.askerNowMs ?? storeNowMs);
  }
}

/** Membership is not checked: a batch that is sent again issues again. */
class ResendDoubles extends SimulatedStore {
  override admit(batch: AdmitBatch): AdmitReply {
    const coupon = this.coupons.get(batch.couponId);
    if (coupon !== undefined && coupon.epoch === batch.epoch) {
      for (const holder of batch.holders) coupon.winners.delete(holder);
    }
    return super.admit(batch);
  }
}

/** Late commands are carried out, however long ago their members were answered. */
class LateIsWelcome extends SimulatedStore {
  override admit(batch: AdmitBatch): AdmitReply {
    return super.admit({ ...batch, notAfterMs: Infinity });
  }
}

/** A rebuilt store keeps the epoch, so what was sealed before the loss is confirmed after it. */
class EpochNotRaised extends SimulatedDatabase {
  override nextEpoch(): number {
    return 1;
  }
}

/** A recorder that was frozen during a rebuild records the rows it had claimed all the same. */
class LedgerWithoutFence extends SimulatedDatabase {
  override record(batch: ClaimedBatch): RecordResult {
    return super.record({ ...batch, epoch: Infinity });
  }

  override recordTogether(batches: readonly ClaimedBatch[]): RecordedTogether {
    return super.recordTogether(batches.map((batch) => ({ ...batch, epoch: Infinity })));
  }
}

/** INSERT IGNORE: with one duplicate in it a batch is taken for a replay. */
class DuplicateSwallowed extends SimulatedDatabase {
  override record(batch: ClaimedBatch): RecordResult {
    const { couponId, issuances } = batch;
    const { rows } = this.ledgerOf(couponId);
    if (!issuances.some(({ issueNo }) => rows.has(issueNo))) return super.record(batch);
    return { inserted: 0, replayed: issuances.length, revoked: 0, deadLettered: 0, stale: 0 };
  }
}

/** A revoke removes the row, if there is one yet, and forbids nothing. */
class RevokeForgetsQueued extends SimulatedDatabase {
  override revoke(couponId: CouponId, epoch: number, issueNo: number, holder: HolderId): Revoked {
    const result = super.revoke(couponId, epoch, issueNo, holder);
    this.ledgerOf(couponId).revoked.delete(issueNo);
    return result;
  }
}

/** A revoke is no new version: who sealed before it answers with the winners of before. */
class RevokeKeepsVersion extends SimulatedStore {
  override revoke(couponId: CouponId, issueNo: number, holder: HolderId): RevokeReply {
    const version = this.coupons.get(couponId)?.version;
    const reply = super.revoke(couponId, issueNo, holder);
    const coupon = this.coupons.get(couponId);
    if (coupon !== undefined && version !== undefined) coupon.version = version;
    return reply;
  }
}

/** A quantity may be cut below what is issued. */
class CutBelowIssued extends SimulatedStore {
  protected override issuedOf(): number {
    return 0;
  }
}

/** Numbers are handed out of blocks, one block a process. */
class NumbersInBlocks extends SimulatedStore {
  asker = '';
  readonly #next = new Map<string, number>();

  protected override issue(coupon: StoredCoupon, holder: HolderId, issuedAtMs: number): void {
    const before = coupon.lastIssueNo;
    coupon.lastIssueNo = (this.#next.get(this.asker) ?? this.#next.size * 10) + 0;
    super.issue(coupon, holder, issuedAtMs);
    this.#next.set(this.asker, coupon.lastIssueNo);
    coupon.lastIssueNo = Math.max(before, coupon.lastIssueNo);
  }
}

/** The numbers of those who already held one are shifted by one place in the batch. */
class AlreadyOffByOne extends SimulatedStore {
  override admit(batch: AdmitBatch): AdmitReply {
    const reply = super.admit(batch);
    if (reply.status !== 'decided') return reply;
    const shift = (held: AlreadyIssued): AlreadyIssued => ({
      ...held,
      issueNo: Math.max(1, held.issueNo - 1),
    });
    return { ...reply, already: reply.already.map(shift) };
  }
}

/** A released claim forgets its last issuance. */
class ReleaseDropsOne extends SimulatedStore {
  override release(couponId: CouponId, token: string): boolean {
    const claim: StoredClaim | undefined = this.coupons
      .get(couponId)
      ?.claims.find((candidate) => candidate.token === token);
    if (claim !== undefined) claim.issuances = claim.issuances.slice(0, -1);
    return super.release(couponId, token);
  }
}

type Plant = Partial<Planting>;

const withStore = (Store: new (nowMs: () => number) => SimulatedStore): Plant => ({
  store: (nowMs) => new Store(nowMs),
});
const withDatabase = (Database: new () => SimulatedDatabase): Plant => ({ database: () => new Database() });

const plants: Readonly<Record<string, Plant>> = {
  'ack before record': { queue: ackBeforeRecord },
  'pop without claim': withStore(PopWithoutClaim),
  'no check of the marker': withStore(NoMarker),
  'claims without lease': withStore(ClaimsWithoutLease),
  'ack without token': withStore(AckWithoutToken),
  'counter beside the winners': withStore(CounterBesideWinners),
  'stock read once a batch': withStore(StockReadOnce),
  'sold out for ever': { admission: soldOutForEver },
  'version from a lagging replica': { admission: laggingReplica },
  "window by the process's clock": {
    store: (nowMs) => new WindowByProcessClock(nowMs),
    admission: (admission, process, store) =>
      askingAs(admission, () => {
        if (store instanceof WindowByProcessClock) store.askerNowMs = process.nowMs();
      }),
  },
  're-send doubles': withStore(ResendDoubles),
  'late command carried out': withStore(LateIsWelcome),
  'epoch not raised': withDatabase(EpochNotRaised),
  'ledger without a fence': withDatabase(LedgerWithoutFence),
  'warm reads before it begins': { admission: warmOfThePast },
  ...recoveryBugs,
  'duplicate swallowed': withDatabase(DuplicateSwallowed),
  'revoke forgets the queued issuance': withDatabase(RevokeForgetsQueued),
  'revoke keeps the version': withStore(RevokeKeepsVersion),
  'quantity cut below issued': withStore(CutBelowIssued),
  'numbers in blocks': {
    store: (nowMs) => new NumbersInBlocks(nowMs),
    admission: (admission, process, store) =>
      askingAs(admission, () => {
        if (store instanceof NumbersInBlocks) store.asker = process.name;
      }),
  },
  ...roundBugs,
  ...sellerBugs,
  ...drainBugs,
  ...unitBugs,
  ...doorBugs,
  'number of another answered again': withStore(AlreadyOffByOne),
  'release drops one': withStore(ReleaseDropsOne),
};

/** Bugs that show only when several things happen to meet: the first seed to try, so that the way to it is not run every time. */
const seldom: Readonly<Record<string, number>> = {
  'late command carried out': 8_900,
  'a lost round is an attempt for its first coupon only': 6_400,
  'a group of coupons is not fenced': 1_400,
  'revocations forgotten by the rebuild': 2_000,
  'warm reads before it begins': 12_300,
  'verified on another server': 46_200,
};

export interface PlantedBug {
  readonly name: string;
  readonly planting: Planting;
  readonly firstSeed: number;
}

export const plantedBugs: readonly PlantedBug[] = Object.entries(plants).map(([name, plant]) => ({
  name,
  planting: { ...nothingPlanted, ...plant },
  firstSeed: seldom[name] ?? 1,
}));

/** What was read belongs to a past that the store may have lost by the time it is asked to take note. */
function warmOfThePast(admission: Admission): Admission {
  const wrapped = wrapAdmission(admission);
  wrapped.warm = async (couponId, read) => {
    const content = await read();
    return admission.warm(couponId, () => Promise.resolve(content));
  };
  return wrapped;
}

function askingAs(admission: Admission, before: () => void): Admission {
  const wrapped = wrapAdmission(admission);
  wrapped.admitRound = (batches, answer) => {
    before();
    return admission.admitRound(batches, answer);
  };
  return wrapped;
}
