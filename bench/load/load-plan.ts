/** Defines which members download which coupons, in which order. */

export interface LoadPlan {
  /** Where: `127.0.0.1:port`. */
  readonly host: string;
  readonly couponIds: readonly number[];
  /**
   * - `random`: any member requests any coupon, so members repeat, as in the load test of the reference service
   * - `each-once`: every member requests the first coupon once, then once for the next: with enough stock every request wins
   * - `all-coupons`: the first member requests every coupon once, then the next member
   */
  readonly order: 'random' | 'each-once' | 'all-coupons';
  /** Names the tokens, which were signed before. */
  readonly tokens: string;
  /** Every request brings a presence ticket. */
  readonly tickets?: true;
  /** Connections of this generator. */
  readonly connections: number;
  readonly seconds: number;
  /** This generator sends for members `share`, `share + shares`, … unless the order is random. */
  readonly share: number;
  readonly shares: number;
}

/** One request on its way. One object per connection, used again and again. */
export interface LoadRequest {
  couponId: number;
  /** Counted from 0; member ids start at 1. */
  member: number;
  sentUs: number;
}

/** Deals out the requests of a plan. */
export class RequestLine {
  readonly #plan: LoadPlan;
  readonly #members: number;
  #dealt = 0;

  constructor(plan: LoadPlan, members: number) {
    this.#plan = plan;
    this.#members = members;
  }

  /** `false`: the plan is used up, and `request` is as it was. */
  deal(request: LoadRequest): boolean {
    const { order, couponIds, share, shares } = this.#plan;
    if (order === 'random') {
      request.couponId = couponIds[Math.floor(Math.random() * couponIds.length)] ?? 0;
      request.member = Math.floor(Math.random() * this.#members);
      return true;
    }
    const ownMembers = Math.floor(this.#members / shares);
    const place = this.#dealt;
    if (place >= ownMembers * couponIds.length) return false;
    this.#dealt += 1;
    const coupon = order === 'each-once' ? Math.floor(place / ownMembers) : place % couponIds.length;
    const member = order === 'each-once' ? place % ownMembers : Math.floor(place / couponIds.length);
    request.couponId = couponIds[coupon] ?? 0;
    request.member = member * shares + share;
    return true;
  }
}
