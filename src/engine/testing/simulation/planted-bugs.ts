/**
 * Plants known bugs of such systems into the ports and stores of the simulation.
 *
 * None of them exists in production code, behind a switch or otherwise: they are subclasses and wrappers in this
 * folder.
 */
import type { Admission } from '../../ports/admission.js';
import type { CouponId, CouponSnapshot, HolderId } from '../../domain/coupon.js';
import type { ClaimedBatch, RecordResult } from '../../ports/issuance-ledger.js';
import type { AnswerEnding, ClaimName, ClaimReply, IssuanceQueue } from '../../ports/issuance-queue.js';
import { recoveryBugs } from './planted-recovery-bugs.js';
import { doorBugs, exclusionBugs } from './planted-door-bugs.js';
import { drainBugs } from './planted-drain-bugs.js';
import { holdBugs, recallBugs } from './planted-hold-bugs.js';
import { newsBugs } from './planted-news-bugs.js';
import { roundBugs } from './planted-round-bugs.js';
import { sellerBugs } from './planted-seller-bugs.js';
import { unitBugs } from './planted-unit-bugs.js';
import { nothingPlanted, wrapAdmission } from './planting.js';
import type { Planting } from './planting.js';
import { SimulatedDatabase } from './simulated-database.js';
import type { RecordedTogether, Revoked } from './simulated-database.js';
import type { SimulatedStore } from './simulated-store.js';
import {
  PopWithoutClaim,
  NoMarker,
  ClaimsWithoutLease,
  AckWithoutToken,
  CounterBesideWinners,
  StockReadOnce,
  WindowByProcessClock,
  ResendDoubles,
  LateIsWelcome,
  RevokeKeepsVersion,
  CutBelowIssued,
  NumbersInBlocks,
  AlreadyOffByOne,
  ReleaseDropsOne,
} from './planted-store-bugs.js';

/** The recorder acknowledges before it records. */
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
    withBacklog: (couponIds) => queue.withBacklog(couponIds),
  };
}

/** Once sold out is seen by a process, it is trusted for ever. */
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
  ...exclusionBugs,
  ...holdBugs,
  ...recallBugs,
  ...newsBugs,
  'number of another answered again': withStore(AlreadyOffByOne),
  'release drops one': withStore(ReleaseDropsOne),
};

/** Bugs that show only when several things happen to meet: the first seed to try, so that the way to it is not run every time. */
const seldom: Readonly<Record<string, number>> = {
  'late command carried out': 19_100,
  'what was read before a gap of news is trusted': 8_300,
  'ledger without a fence': 2_200,
  'lost is sent again in silence': 1_000,
  'lost is called refused': 1_000,
  'the cursor passes over rows that come late': 2_900,
  'a command of any epoch': 500,
  'no check of the marker': 1_400,
  'the store before the ledger': 1_000,
  'a lost round is an attempt for its first coupon only': 1_400,
  'a group of coupons is not fenced': 1_500,
  'revocations forgotten by the rebuild': 16_600,
  'warm reads before it begins': 12_300,
  'verified on another server': 800,
  'a refused save taken for a save': 100,
  'a take-back that a crash cut in two stays so': 2_800,
  'a recall skips what is claimed': 1_000,
  'a recall takes what is confirmed': 4_000,
  'one unit taken back frees its member': 15_100,
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
