/** Changes of coupons in a {@link SimulatedDatabase}: what `sql-coupon-changes.ts` does in one transaction is one step here. */
import type { AuditEntry } from '../../ports/audit-log.js';
import type { BeginReply, BegunChange, ChangeRequest, CouponWithChange } from '../../ports/coupon-changes.js';
import type { CouponRecord } from '../../ports/coupon-catalogue.js';
import { type CouponId, type CouponTerms, QUANTITY_MAX } from '../../domain/coupon.js';
import { doorAfter, sameDoor } from '../../domain/door-rule.js';
import { defaultRedemptionRules, rulesAfter, sameRules } from '../../domain/redemption.js';
import type { KeyedRequest } from '../../ports/idempotency.js';
import { sameTerms, termsAfter, termsOf } from '../../ports/terms-change.js';

interface Unsettled {
  change: BegunChange;
  readonly request: ChangeRequest;
}

interface Coupons {
  readonly coupons: Map<CouponId, CouponRecord>;
}

export class SimulatedCouponChanges {
  /** Oldest first. */
  readonly auditLog: AuditEntry[] = [];
  readonly #database: Coupons;
  readonly #unsettled = new Map<CouponId, Unsettled>();
  readonly #keys = new Map<string, KeyedRequest>();

  constructor(database: Coupons) {
    this.#database = database;
  }

  begin(request: ChangeRequest): BeginReply {
    const { couponId, ifRevisions, keyed, addUnits } = request;
    const record = this.#database.coupons.get(couponId);
    if (record === undefined) return { status: 'unknown_coupon' };
    const unsettled = this.#unsettled.get(couponId);
    if (unsettled !== undefined) return { status: 'unsettled', change: unsettled.change };
    const known = keyed && this.#keys.get(keyOf(keyed));
    if (known !== undefined && keyed !== undefined) {
      const same = known.route === keyed.route && known.bodyHash === keyed.bodyHash;
      return { status: same ? 'repeated' : 'key_reused' };
    }
    if (ifRevisions !== undefined && !ifRevisions.includes(record.revision)) {
      return { status: 'changed_meanwhile' };
    }
    const terms =
      addUnits === undefined ? request.terms : { ...request.terms, quantity: record.quantity + addUnits };
    if ((terms.quantity ?? 0) > QUANTITY_MAX) return { status: 'quantity_too_large' };
    if (keyed !== undefined) this.#keys.set(keyOf(keyed), keyed);
    const changeNo = record.changesBegun + 1;
    const begun = { ...record, changesBegun: changeNo };
    this.#database.coupons.set(couponId, begun);
    if (Object.keys(terms).length === 0) return { status: 'made', record: this.#save(begun, request, begun) };
    const change = { couponId, changeNo, taken: 0, terms };
    this.#unsettled.set(couponId, { change, request });
    return { status: 'begun', change };
  }

  takeOver({ couponId, changeNo }: BegunChange): BegunChange | undefined {
    return this.#unsettled.get(couponId)?.change.changeNo === changeNo ? this.#take(couponId) : undefined;
  }

  complete(change: BegunChange, version: number, terms: CouponTerms): CouponRecord | undefined {
    const record = this.#database.coupons.get(change.couponId);
    const removed = this.#remove(change);
    if (record === undefined || removed === undefined) return undefined;
    const saved = { ...record, ...termsOf(terms), version: Math.max(version, record.version) };
    return this.#save(saved, removed.request, record);
  }

  discard(change: BegunChange): boolean {
    const removed = this.#remove(change);
    if (removed?.request.keyed !== undefined) this.#keys.delete(keyOf(removed.request.keyed));
    return removed !== undefined;
  }

  unsettled(): BegunChange[] {
    return [...this.#unsettled.values()].map(({ change }) => change);
  }

  unsettledOf(couponId: CouponId): number {
    return this.#unsettled.has(couponId) ? 1 : 0;
  }

  withUnsettledChange(couponId: CouponId): CouponWithChange | undefined {
    const record = this.#database.coupons.get(couponId);
    return record && { record, unsettled: this.#take(couponId) };
  }

  #take(couponId: CouponId): BegunChange | undefined {
    const unsettled = this.#unsettled.get(couponId);
    if (unsettled === undefined) return undefined;
    unsettled.change = { ...unsettled.change, taken: unsettled.change.taken + 1 };
    return unsettled.change;
  }

  #remove({ couponId, changeNo, taken }: BegunChange): Unsettled | undefined {
    const unsettled = this.#unsettled.get(couponId);
    if (unsettled?.change.changeNo !== changeNo || unsettled.change.taken !== taken) return undefined;
    this.#unsettled.delete(couponId);
    return unsettled;
  }

  #save(saved: CouponRecord, request: ChangeRequest, before: CouponRecord): CouponRecord {
    const { name, door, rules, terms, audit } = request;
    const rulesBefore = before.redemption ?? defaultRedemptionRules;
    const redemption = rulesAfter(rulesBefore, rules ?? {});
    const named = {
      ...saved,
      name: name ?? saved.name,
      ...(rules === undefined ? {} : { redemption }),
    };
    const record = door === undefined ? named : { ...named, door: doorAfter(before.door, door) };
    const wanted = termsAfter(before, terms, 0);
    const altered =
      record.name !== before.name ||
      !sameDoor(record.door, before.door) ||
      !sameRules(redemption, rulesBefore) ||
      !sameTerms(record, before) ||
      (typeof wanted !== 'string' && !sameTerms(wanted, before));
    const kept = altered ? { ...record, revision: record.revision + 1 } : record;
    this.#database.coupons.set(kept.couponId, kept);
    if (audit !== undefined) this.auditLog.push(audit);
    return kept;
  }
}

function keyOf({ sellerId, key }: KeyedRequest): string {
  return `${sellerId} ${key}`;
}
