/** Plants bugs of verification and recovery; see planted-bugs.ts. */
import type { CouponId, Issuance } from '../../domain/coupon.js';
import type { VersionedTerms } from '../../ports/coupon-catalogue.js';
import type {
  Inspection,
  MergeSource,
  RecoveryLock,
  ResumeCoupon,
  SuspendReply,
  SuspendRequest,
} from '../../ports/recovery-store.js';
import type { Planting } from './planting.js';
import { SimulatedDatabase } from './simulated-database.js';
import { calmNetwork } from './simulated-network.js';
import { STORE_OFFSET_MS } from './scenario.js';
import type { Scenario } from './scenario.js';
import { StoreRecovery } from './simulated-recovery-store.js';
import type { StoredCoupon } from './stored-coupon.js';
import type { SimulatedStore } from './simulated-store.js';

/** Numbers begin again above the remaining ones. */
class NumbersRestart extends StoreRecovery {
  override resume(token: string, resumed: ResumeCoupon): 'resumed' | 'taken_over' {
    const coupon = this.recovered(resumed.couponId, token);
    if (coupon !== undefined) coupon.lastIssueNo = coupon.winners.size;
    return super.resume(token, { ...resumed, lastIssueNo: coupon?.winners.size ?? 0 });
  }
}

/** What the ledger has is not read. */
class RebuildFromStoreOnly extends StoreRecovery {
  override merge(
    couponId: CouponId,
    lock: RecoveryLock,
    source: MergeSource,
    issuances: readonly Issuance[],
  ): readonly Issuance[] | 'taken_over' {
    return super.merge(couponId, lock, source, source === 'recorded' ? [] : issuances);
  }
}

/** What the store still has is thrown away first. */
class RebuildFromLedgerOnly extends StoreRecovery {
  override suspend(couponId: CouponId, request: SuspendRequest): SuspendReply {
    const reply = super.suspend(couponId, request);
    const coupon = this.store.coupons.get(couponId);
    if (reply.status === 'begun' && coupon !== undefined) {
      coupon.winners.clear();
      coupon.queue = [];
      coupon.claims = [];
    }
    return reply;
  }
}

/** Revoked members come back with the rebuild. */
class RevocationsForgotten extends StoreRecovery {
  override merge(
    couponId: CouponId,
    lock: RecoveryLock,
    source: MergeSource,
    issuances: readonly Issuance[],
  ): readonly Issuance[] | 'taken_over' {
    return super.merge(couponId, lock, source, source === 'revoked' ? [] : issuances);
  }
}

/** A rebuild revokes in the ledger what is beyond the quantity, and does not check first whether it still has the lock. */
class LockIgnored extends StoreRecovery {
  override merge(
    couponId: CouponId,
    lock: RecoveryLock,
    source: MergeSource,
    issuances: readonly Issuance[],
  ): readonly Issuance[] | 'taken_over' {
    const onlyChecks = source === 'revoked' && issuances.length === 0;
    return onlyChecks ? [] : super.merge(couponId, lock, source, issuances);
  }
}

/** A store that was restarted is believed to be what it was. */
class RestartBelieved extends StoreRecovery {
  protected override isVerified(coupon: StoredCoupon): boolean {
    coupon.verifiedIn = this.store.life;
    return true;
  }
}

/** What was found on one server is verified for on another. */
class VerifiedAnywhere extends StoreRecovery {
  override markVerified(
    couponId: CouponId,
    found: Pick<Inspection, 'epoch' | 'server'>,
    raiseTo: number,
  ): void {
    super.markVerified(couponId, { ...found, server: String(this.store.life) }, raiseTo);
  }
}

/** Terms of an earlier epoch, which were not saved, are taken for saved. */
class RefusedIsSaved extends SimulatedDatabase {
  override saveTerms(couponId: CouponId, terms: VersionedTerms): boolean {
    super.saveTerms(couponId, terms);
    return true;
  }
}

const withRecovery = (Recovery: new (store: SimulatedStore) => StoreRecovery): Partial<Planting> => ({
  recovery: (store) => new Recovery(store),
});

/** Older copies of the data come back over and over, while recorders and API processes are frozen; sellers do nothing. */
const storesGoBack = (drawn: Scenario): Scenario => ({
  ...drawn,
  terms: {
    quantity: drawn.terms.quantity,
    opensAtMs: undefined,
    closesAtMs: undefined,
    paused: false,
    closed: false,
  },
  otherTerms: [],
  apiProcesses: 3,
  recorders: 2,
  members: 7,
  requests: 24,
  sellerActs: 0,
  holdMs: undefined,
  freezes: 2,
  losses: ['older', 'older'],
});

/** The store comes back without what a seller has just revoked. */
const revokesComeUndone = (drawn: Scenario): Scenario => ({
  ...storesGoBack(drawn),
  sellerActs: 10,
  undone: true,
});

/**
 * Several processes find a coupon that was never warmed. One warms it, and others begin to recover it, before it opens: no claim of it can exist, so
 * they wait for none. The database is slow, so that units are added and issued between the steps of a recovery that the warm has ended.
 */
const warmedWhileRecovered = (drawn: Scenario): Scenario => ({
  ...drawn,
  terms: {
    quantity: Math.min(1, drawn.terms.quantity),
    opensAtMs: STORE_OFFSET_MS + 500,
    closesAtMs: undefined,
    paused: false,
    closed: false,
  },
  otherTerms: [],
  healMs: 1_500,
  ...{ apiProcesses: 3, members: 7, batchMax: 6, requests: 60, sellerActs: 12 },
  ...{ perMember: 1, perMemberLater: 1, holdMs: undefined },
  storeNetwork: calmNetwork,
  databaseNetwork: { ...calmNetwork, delayMaxMs: 60 },
  ...{ crashes: 0, freezes: 0, stills: 0, refusals: 0, losses: [], undone: false },
});

export const recoveryBugs: Readonly<Record<string, Partial<Planting>>> = {
  'numbers restart after a rebuild': withRecovery(NumbersRestart),
  'rebuild from the store only': withRecovery(RebuildFromStoreOnly),
  'rebuild from the ledger only': withRecovery(RebuildFromLedgerOnly),
  'revocations forgotten by the rebuild': withRecovery(RevocationsForgotten),
  'revokes for a coupon in service': { ...withRecovery(LockIgnored), scenario: warmedWhileRecovered },
  'a refused save taken for a save': { database: () => new RefusedIsSaved(), scenario: revokesComeUndone },
  'restart believed': withRecovery(RestartBelieved),
  'verified on another server': { ...withRecovery(VerifiedAnywhere), scenario: revokesComeUndone },
};
