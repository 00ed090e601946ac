/** Plants bugs about units of one member. */
import type { CouponId, HolderId, Issuance } from '../../domain/coupon.js';
import { holderOf, memberOf, unitOf } from '../../domain/holder.js';
import type { AdmitBatch, AdmitReply } from '../../ports/admission.js';
import type { RecordResult } from '../../ports/issuance-ledger.js';
import type { Planting } from './planting.js';
import { SimulatedDatabase } from './simulated-database.js';
import { type DoorVerdict, SimulatedDoor } from './simulated-door.js';
import { SimulatedStore } from './simulated-store.js';

/** The limit is checked before membership: who holds a unit above a lowered limit never learns its number. */
class LimitFirst extends SimulatedDoor {
  override judge(holder: HolderId, nowMs: number): DoorVerdict {
    return { ...super.judge(holder, nowMs), answersAlone: true };
  }
}

/** A process keeps the first limit it has read. */
class LimitNotFollowed extends SimulatedDoor {
  protected override limitKnownAt(): number {
    return this.limits[0]?.perMember ?? 1;
  }
}

/** A retry counts as a request for a new unit. */
class RetryIsNewUnit extends SimulatedStore {
  override admit(batch: AdmitBatch): AdmitReply {
    const winners = this.coupons.get(batch.couponId)?.winners;
    const holders = batch.holders.map((holder) =>
      winners?.has(holder) === true ? holderOf(memberOf(holder), unitOf(holder) + 1) : holder,
    );
    return super.admit({ ...batch, holders });
  }
}

/** Rows of all units are rows of the first one. */
class RowsWithoutUnit extends SimulatedDatabase {
  protected override recordOne(couponId: CouponId, issuance: Issuance, quantity: number): keyof RecordResult {
    return super.recordOne(couponId, { ...issuance, holder: memberOf(issuance.holder) }, quantity);
  }

  protected override isPlain(): boolean {
    return false;
  }
}

export const unitBugs: Readonly<Record<string, Partial<Planting>>> = {
  'limit checked before membership': { door: (limits, random) => new LimitFirst(limits, random) },
  'limit not followed': { door: (limits, random) => new LimitNotFollowed(limits, random) },
  'retry counted as a new unit': { store: (nowMs) => new RetryIsNewUnit(nowMs) },
  'rows without their unit': { database: () => new RowsWithoutUnit() },
};
