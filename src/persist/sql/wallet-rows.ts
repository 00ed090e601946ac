/** Reads issuances as a wallet shows them: with the name of the coupon, its discount, and the effect of its rules on the issuance. */
import type { Kysely } from 'kysely';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import { holderOf } from '../../engine/domain/holder.js';
import { confirmByOf, expiryOf, walletState } from '../../engine/domain/redemption.js';
import type { OrderId } from '../../engine/domain/redemption.js';
import type {
  IssuanceName,
  WalletCursor,
  WalletOrder,
  WalletRow,
} from '../../engine/ports/redemption-ledger.js';
import { RULE_COLUMNS, rulesOf } from './redemption-rules.js';
import type { Database } from './schema.js';
import { discountOf } from './sql-coupon-catalogue.js';
import type { SqlFlavour } from './sql-flavour.js';
import { reading } from './transaction.js';

/** What a member holds after `after`. */
export async function walletRows(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  memberId: MemberId,
  order: WalletOrder,
  after: WalletCursor | undefined,
  limit: number,
): Promise<WalletRow[]> {
  const rows = await reading(() => {
    const all = issuances(db, flavour).where('member_coupon.member_id', '=', memberId).limit(limit);
    if (order === 'coupon') {
      return all
        .$if(after !== undefined, (query) =>
          query.where((row) =>
            row.or([
              row('member_coupon.coupon_id', '>', after?.couponId ?? 0),
              row.and([
                row('member_coupon.coupon_id', '=', after?.couponId ?? 0),
                row('member_coupon.unit', '>', after?.unit ?? 0),
              ]),
            ]),
          ),
        )
        .orderBy('member_coupon.coupon_id')
        .orderBy('member_coupon.unit')
        .execute();
    }
    return all
      .$if(after !== undefined, (query) =>
        query.where((row) =>
          row.or([
            row('member_coupon.issued_at', '<', after?.issuedAtMs ?? 0),
            row.and([
              row('member_coupon.issued_at', '=', after?.issuedAtMs ?? 0),
              row('member_coupon.coupon_id', '<', after?.couponId ?? 0),
            ]),
            row.and([
              row('member_coupon.issued_at', '=', after?.issuedAtMs ?? 0),
              row('member_coupon.coupon_id', '=', after?.couponId ?? 0),
              row('member_coupon.unit', '<', after?.unit ?? 0),
            ]),
          ]),
        ),
      )
      .orderBy('member_coupon.issued_at', 'desc')
      .orderBy('member_coupon.coupon_id', 'desc')
      .orderBy('member_coupon.unit', 'desc')
      .execute();
  });
  return rows.map(walletRow);
}

/** A member without a unit means the first. */
export async function findWalletRow(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  issuance: IssuanceName,
): Promise<WalletRow | undefined> {
  const row = await reading(() => {
    const ofCoupon = issuances(db, flavour).where('member_coupon.coupon_id', '=', issuance.couponId);
    return 'memberId' in issuance
      ? ofCoupon
          .where('member_coupon.member_id', '=', issuance.memberId)
          .where('member_coupon.unit', '=', issuance.unit ?? 1)
          .executeTakeFirst()
      : ofCoupon.where('member_coupon.issue_no', '=', issuance.issueNo).executeTakeFirst();
  });
  return row && walletRow(row);
}

function issuances(db: Kysely<Database>, flavour: SqlFlavour) {
  return db
    .selectFrom('member_coupon')
    .innerJoin('coupon', 'coupon.id', 'member_coupon.coupon_id')
    .select([
      'member_coupon.coupon_id as couponId',
      'member_coupon.issue_no as issueNo',
      'member_coupon.member_id as memberId',
      'member_coupon.unit',
      'member_coupon.issued_at as issuedAtMs',
      'member_coupon.used_at as usedAtMs',
      'member_coupon.used_order as orderId',
      'member_coupon.confirmed_at as confirmedAtMs',
      'coupon.name',
      'coupon.seller_id as sellerId',
      'coupon.discount_type',
      'coupon.discount_value',
      'coupon.discount_currency',
      ...RULE_COLUMNS.map((column) => `coupon.${column}` as const),
      flavour.nowMs.as('nowMs'),
    ])
    .$narrowType<{ couponId: CouponId; memberId: MemberId; orderId: OrderId | null }>();
}

type IssuanceRow = Awaited<ReturnType<ReturnType<typeof issuances>['execute']>>[number];

function walletRow(row: IssuanceRow): WalletRow {
  const { couponId, issueNo, memberId, unit, issuedAtMs, name, sellerId } = row;
  const usedAtMs = row.usedAtMs ?? undefined;
  const rules = rulesOf(row);
  const expiresAtMs = expiryOf(rules.validity, issuedAtMs);
  const confirmByMs = row.confirmedAtMs === null ? confirmByOf(rules, issuedAtMs) : undefined;
  return {
    ...{ couponId, issueNo, holder: holderOf(memberId, unit), issuedAtMs, usedAtMs },
    ...{ name, sellerId, expiresAtMs, confirmByMs },
    discount: discountOf(row),
    redeemBy: rules.redeemBy,
    state: walletState(usedAtMs, expiresAtMs, row.nowMs, confirmByMs),
    orderId: row.orderId ?? undefined,
  };
}
