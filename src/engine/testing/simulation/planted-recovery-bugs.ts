/** Plants bugs of verification and recovery; see planted-bugs.ts. */
import type { CouponId, Issuance } from '../../domain/coupon.js';
import type {
  Inspection,
  MergeSource,
  RecoveryLock,
  ResumeCoupon,
  SuspendReply,
  SuspendRequest,
} from '../../ports/recovery-store.js';
import type { Planting } from './planting.js';
import type { Scenario } from './scenario.js';
import { StoreRecovery } from './simulated-recovery-store.js';
import type { SimulatedStore, StoredCoupon } from './simulated-store.js';

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
  presses: 24,
  sellerActs: 0,
  freezes: 2,
  losses: ['older', 'older'],
});

export const recoveryBugs: Readonly<Record<string, Partial<Planting>>> = {
  'numbers restart after a rebuild': withRecovery(NumbersRestart),
  'rebuild from the store only': withRecovery(RebuildFromStoreOnly),
  'rebuild from the ledger only': withRecovery(RebuildFromLedgerOnly),
  'revocations forgotten by the rebuild': withRecovery(RevocationsForgotten),
  'restart believed': withRecovery(RestartBelieved),
  'verified on another server': { ...withRecovery(VerifiedAnywhere), scenario: storesGoBack },
};
