/** Redeems an issuance for an order, for any caller, and formats what redemptions and wallets show. */
import type { AuditActor } from '../../engine/ports/audit-log.js';
import { holderFields } from '../../engine/domain/holder.js';
import type { OrderId } from '../../engine/domain/redemption.js';
import type {
  IssuanceName,
  RedeemResult,
  Redemption,
  RedemptionLedger,
  WalletRow,
} from '../../engine/ports/redemption-ledger.js';
import type { RedemptionAnswer, WalletItemAnswer } from '../openapi/redemption-answers.js';
import { json } from '../wire/exchange.js';
import type { Reply } from '../wire/exchange.js';
import { refuse } from '../wire/problems.js';
import { rfc3339, rfc3339OrNull } from '../wire/rfc3339.js';
import { type NamedIssuancePorts, refuseAbsent } from './named-issuance.js';
import type { RedemptionCounts } from './redemption-counts.js';

export interface RedemptionPorts extends NamedIssuancePorts {
  readonly redemptions: RedemptionLedger;
}

type Redeemed = Extract<RedeemResult, { readonly redemption: Redemption }>;

/** @throws RequestRefused with the code of why it is not redeemed. */
export async function redeem(
  ports: RedemptionPorts,
  counts: RedemptionCounts,
  issuance: IssuanceName,
  orderId: OrderId,
  actor: AuditActor,
): Promise<Redeemed> {
  const result = await ports.redemptions.redeem(issuance, orderId, actor);
  counts.count(result.status === 'absent' ? 'not_issued' : result.status);
  switch (result.status) {
    case 'redeemed':
    case 'repeated':
      return result;
    case 'absent':
      return refuseAbsent(ports, issuance);
    case 'redemption_cancelled':
      return refuse(
        'redemption_cancelled',
        'This order was cancelled, so its id cannot redeem again. Use a new order id for a new attempt.',
      );
    case 'already_used':
      return refuse('already_used', 'This coupon has already been used by another order.');
    case 'redeem_at_shop':
      return refuse('redeem_at_shop', 'Only the shop redeems this coupon. Show it at the till.');
    case 'coupon_expired':
      return refuseExpired(result.expiresAtMs);
    case 'not_confirmed':
      return refuseHeld();
  }
}

/** @throws RequestRefused */
export function refuseExpired(expiresAtMs: number): never {
  return refuse('coupon_expired', 'The validity of this coupon has ended.', {
    expiresAt: rfc3339(expiresAtMs),
  });
}

/** @throws RequestRefused */
export function refuseHeld(): never {
  return refuse('not_confirmed', 'This coupon is held and not confirmed. Confirm the hold first.');
}

export function redeemedReply(result: Redeemed): Reply {
  return json(result.status === 'redeemed' ? 201 : 200, redemptionBody(result.redemption));
}

export function redemptionBody(redemption: Redemption): RedemptionAnswer {
  const { couponId, issueNo, holder, orderId, redeemedAtMs, expiresAtMs } = redemption;
  return {
    ...{ couponId, issueNo, ...holderFields(holder), orderId },
    redeemedAt: rfc3339(redeemedAtMs),
    expiresAt: rfc3339OrNull(expiresAtMs),
  };
}

export function walletItem(row: WalletRow): WalletItemAnswer {
  const { couponId, holder, issueNo, name, redeemBy, state } = row;
  return {
    ...{ couponId, ...holderFields(holder), issueNo, name, redeemBy, state },
    issuedAt: rfc3339(row.issuedAtMs),
    usedAt: rfc3339OrNull(row.usedAtMs),
    discount: row.discount ?? null,
    expiresAt: rfc3339OrNull(row.expiresAtMs),
    ...(row.confirmByMs === undefined ? {} : { confirmBy: rfc3339(row.confirmByMs) }),
    orderId: row.orderId ?? null,
  };
}
