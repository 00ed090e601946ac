/** Makes coupons whose issuances are redeemed. */
import type { CouponId } from '../../domain/coupon.js';
import { parseOrderId, type OrderId, type RedemptionRules } from '../../domain/redemption.js';
import type { AuditActor, AuditLog } from '../../ports/audit-log.js';
import type { CouponChanges } from '../../ports/coupon-changes.js';
import type { CouponCatalogue } from '../../ports/coupon-catalogue.js';
import type { IssuanceLedger } from '../../ports/issuance-ledger.js';
import type { RedemptionLedger } from '../../ports/redemption-ledger.js';
import { member } from './ids.js';

export interface RedemptionsUnderTest {
  readonly redemptions: RedemptionLedger;
  /** The same database through connections of its own; the same object where there is only one. */
  readonly others: RedemptionLedger;
  readonly ledger: IssuanceLedger;
  readonly catalogue: CouponCatalogue;
  readonly changes: CouponChanges;
  readonly auditLog: AuditLog;
  close(): Promise<void>;
}

export const HOUR_MS = 3_600_000;

export const seller: AuditActor = { kind: 'seller', id: 's-1', address: '127.0.0.1' };

export const holder: AuditActor = { kind: 'member', id: 'm1', address: '127.0.0.1' };

export function order(text: string): OrderId {
  const orderId = parseOrderId(text);
  if (orderId === undefined) throw new Error(`${text} is no order id`);
  return orderId;
}

/** Registers a coupon with these rules, and records members `m1` to `m<rows>`. */
export async function couponWith(
  { catalogue, ledger }: Pick<RedemptionsUnderTest, 'catalogue' | 'ledger'>,
  rules: Partial<RedemptionRules> = {},
  rows = 1,
  issuedAtMs = Date.now(),
): Promise<CouponId> {
  const redemption: RedemptionRules = {
    validity: undefined,
    onCancel: 'restore',
    redeemBy: 'member',
    ...rules,
  };
  const { couponId } = await catalogue.insert({
    ...{ sellerId: 's-1', name: 'A cup', quantity: 10_000, createdAtMs: 1, redemption },
    ...{ discount: { type: 'percent', value: 10 }, opensAtMs: undefined, closesAtMs: undefined },
    ...{ paused: false, closed: false },
  });
  const issuances = Array.from({ length: rows }, (_, place) => ({
    ...{ issueNo: place + 1, holder: member(`m${place + 1}`), issuedAtMs },
  }));
  await ledger.record({ couponId, epoch: 0, issuances });
  return couponId;
}
