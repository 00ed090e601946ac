/** Handles the public requests for coupons. */
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import { couponBody, couponReply } from './coupon-body.js';
import { couponIdOf, json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseQuery } from '../wire/parse-input.js';
import { refuse } from '../wire/problems.js';
import { couponListQuery } from '../wire/schemas.js';

export class CouponHandlers {
  readonly #registry: CouponRegistry;

  constructor(registry: CouponRegistry) {
    this.#registry = registry;
  }

  /** With `state` a page may be short, even empty, and still have a `next`. */
  async list(request: ApiRequest): Promise<Reply> {
    const { after, limit, state, sellerId } = parseQuery(couponListQuery, request);
    const filter = {
      ...(state === undefined ? {} : { state }),
      ...(sellerId === undefined ? {} : { sellerId }),
    };
    const page = await this.#registry.list(filter, after, limit);
    return json(200, { items: page.coupons.map(couponBody), next: page.next ?? null });
  }

  async show(request: ApiRequest): Promise<Reply> {
    const coupon = await this.#registry.find(couponIdOf(request));
    return coupon === undefined
      ? refuse('unknown_coupon', 'There is no coupon with this id.')
      : couponReply(200, coupon);
  }
}
