/** Handles the public requests for coupons. */
import type { CouponCursor, CouponSort } from '../../engine/ports/coupon-catalogue.js';
import type { CouponListQuery, CouponRegistry, CouponView } from '../../engine/sellers/coupon-registry.js';
import { couponBody, couponReply } from './coupon-body.js';
import { couponIdOf, json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseQuery } from '../wire/parse-input.js';
import { refuse } from '../wire/problems.js';
import { couponListQuery } from '../wire/coupon-schemas.js';

export class CouponHandlers {
  readonly #registry: CouponRegistry;

  constructor(registry: CouponRegistry) {
    this.#registry = registry;
  }

  async list(request: ApiRequest): Promise<Reply> {
    const { coupons, next } = await couponPage(this.#registry, request);
    return json(200, { items: coupons.map(couponBody), next });
  }

  async show(request: ApiRequest): Promise<Reply> {
    const coupon = await this.#registry.find(couponIdOf(request));
    return coupon === undefined
      ? refuse('unknown_coupon', 'There is no coupon with this id.')
      : couponReply(200, coupon);
  }
}

/** The page that a query asks for. With `state` or `q` it may be short, even empty, and still have a `next`. */
export async function couponPage(
  registry: CouponRegistry,
  request: ApiRequest,
): Promise<{ readonly coupons: readonly CouponView[]; readonly next: number | string | null }> {
  const { after, limit, sort, state, sellerId, q, ...range } = parseQuery(couponListQuery, request);
  const query: CouponListQuery = {
    sort,
    ...(state === undefined ? {} : { state }),
    ...(sellerId === undefined ? {} : { sellerId }),
    ...(q === undefined ? {} : { nameHas: q }),
    ...(range.opensFrom === undefined ? {} : { opensFromMs: range.opensFrom }),
    ...(range.opensBefore === undefined ? {} : { opensBeforeMs: range.opensBefore }),
    ...(range.createdFrom === undefined ? {} : { createdFromMs: range.createdFrom }),
    ...(range.createdBefore === undefined ? {} : { createdBeforeMs: range.createdBefore }),
  };
  const page = await registry.list(query, cursorOf(after, sort), limit);
  return { coupons: page.coupons, next: nextOf(page.next, sort) };
}

function nextOf(cursor: CouponCursor | undefined, sort: CouponSort): number | string | null {
  if (cursor === undefined) return null;
  const { couponId, opensAtMs } = cursor;
  const isDescending = sort.startsWith('-');
  if (!sort.endsWith('opensAt')) return isDescending ? -couponId : couponId;
  return `${isDescending ? '-' : ''}${opensAtMs ?? ''}.${couponId}`;
}

function cursorOf(after: string, sort: CouponSort): CouponCursor | undefined {
  if (after === '0') return undefined;
  const [first = '', second] = after.replace('-', '').split('.');
  if (after.startsWith('-') !== sort.startsWith('-') || (second !== undefined) !== sort.endsWith('opensAt')) {
    refuse('invalid_input', 'after: must be the `next` of a page in the same order', {
      errors: [{ field: 'after', message: 'must be the `next` of a page in the same order' }],
    });
  }
  if (second === undefined) return { couponId: Number(first), opensAtMs: undefined };
  return { couponId: Number(second), opensAtMs: first === '' ? undefined : Number(first) };
}
