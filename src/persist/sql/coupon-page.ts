/** Builds the query of a page of coupons: filters, order, and the place where the previous page ended. */
import type { Expression, ExpressionBuilder, Kysely, SelectQueryBuilder, SqlBool } from 'kysely';
import type { CouponCursor, CouponQuery, CouponSort } from '../../engine/ports/coupon-catalogue.js';
import type { Database } from './schema.js';

type Builder = ExpressionBuilder<Database, 'coupon'>;

/** Every database here sorts NULL before all numbers, so after them when descending. */
const AFTER: Record<CouponSort, (row: Builder, after: CouponCursor) => Expression<SqlBool>> = {
  id: (row, { couponId }) => row('id', '>', couponId),
  '-id': (row, { couponId }) => row('id', '<', couponId),
  opensAt: (row, { couponId, opensAtMs }) =>
    opensAtMs === undefined
      ? row.or([row('opens_at', 'is not', null), row('id', '>', couponId)])
      : row.or([
          row('opens_at', '>', opensAtMs),
          row.and([row('opens_at', '=', opensAtMs), row('id', '>', couponId)]),
        ]),
  '-opensAt': (row, { couponId, opensAtMs }) =>
    opensAtMs === undefined
      ? row.and([row('opens_at', 'is', null), row('id', '<', couponId)])
      : row.or([
          row('opens_at', '<', opensAtMs),
          row.and([row('opens_at', '=', opensAtMs), row('id', '<', couponId)]),
          row('opens_at', 'is', null),
        ]),
};

export function couponPage(
  db: Kysely<Database>,
  { sellerId, sort = 'id', ...range }: CouponQuery,
  after: CouponCursor | undefined,
): SelectQueryBuilder<Database, 'coupon', object> {
  const direction = sort.startsWith('-') ? 'desc' : 'asc';
  let query = db.selectFrom('coupon');
  if (sellerId !== undefined) query = query.where('seller_id', '=', sellerId);
  if (range.opensFromMs !== undefined) query = query.where('opens_at', '>=', range.opensFromMs);
  if (range.opensBeforeMs !== undefined) query = query.where('opens_at', '<', range.opensBeforeMs);
  if (range.createdFromMs !== undefined) query = query.where('created_at', '>=', range.createdFromMs);
  if (range.createdBeforeMs !== undefined) query = query.where('created_at', '<', range.createdBeforeMs);
  if (after !== undefined) query = query.where((row) => AFTER[sort](row, after));
  if (sort.endsWith('opensAt')) query = query.orderBy('opens_at', direction);
  return query.orderBy('id', direction);
}
