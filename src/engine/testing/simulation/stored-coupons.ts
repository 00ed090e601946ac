/** Keeps the coupons of the simulated store, and loses all of them or one part, as Redis may. */
import type { CouponId } from '../../domain/coupon.js';
import { StoreUnavailableError } from '../../domain/errors.js';
import { copyOf } from './stored-coupon.js';
import type { CouponPart, StoreContent, StoredCoupon } from './stored-coupon.js';

export class StoredCoupons {
  readonly coupons = new Map<CouponId, StoredCoupon>();
  /** Coupon → when it was last marked pending, by the store's clock. */
  readonly pendingMs = new Map<CouponId, number>();
  readonly #nowMs: () => number;
  /** Its run id, so to speak: another one after every restart. What a connection began before cannot be finished after. */
  life = 1;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return Math.floor(this.#nowMs());
  }

  /** Not while it is recovered, nor until it was verified after a restart of the store, nor while one of these parts is lost. */
  protected serving(couponId: CouponId, ...parts: readonly CouponPart[]): StoredCoupon | undefined {
    const coupon = this.coupons.get(couponId);
    if (coupon?.recovery !== undefined || coupon?.verifiedIn !== this.life) return undefined;
    return coupon.epoch > 0 && this.isWhole(coupon, parts) ? coupon : undefined;
  }

  /** Whether these parts are the ones that were put in. */
  isWhole({ lost }: StoredCoupon, parts: readonly CouponPart[]): boolean {
    return lost.size === 0 || !parts.some((part) => lost.has(part));
  }

  /** @throws StoreUnavailableError while one of these parts is lost. */
  demandWhole(coupon: StoredCoupon, parts: readonly CouponPart[]): void {
    if (!this.isWhole(coupon, parts)) throw new StoreUnavailableError('A part of the coupon was lost.');
  }

  /** Removes everything, as FLUSHALL does or a master that came back empty. */
  loseEverything(): void {
    this.restart({ coupons: new Map(), pendingMs: new Map() });
  }

  /** Removes one key and leaves the others. */
  lose(couponId: CouponId, part: CouponPart): void {
    const coupon = this.coupons.get(couponId);
    if (coupon === undefined) return;
    coupon.lost.add(part);
    switch (part) {
      case 'meta':
        coupon.version = coupon.epoch = coupon.lastIssueNo = coupon.verifiedIn = 0;
        coupon.recovery = coupon.inspecting = undefined;
        break;
      case 'winners':
        coupon.winners.clear();
        break;
      case 'queue':
        coupon.queue = [];
        break;
      case 'claims':
        // Held still, and no process can see whether a lease has ended.
        for (const claim of coupon.claims) claim.leaseUntilMs = Infinity;
        break;
      case 'claimed':
        coupon.claims = [];
    }
  }

  copy(): StoreContent {
    const coupons = new Map([...this.coupons].map(([couponId, coupon]) => [couponId, copyOf(coupon)]));
    return { coupons, pendingMs: new Map(this.pendingMs) };
  }

  /** It comes back, with this content: what it had, an older copy, or nothing. */
  restart(content: StoreContent): void {
    this.life += 1;
    const { coupons, pendingMs } = content;
    this.coupons.clear();
    for (const [couponId, coupon] of coupons) this.coupons.set(couponId, coupon);
    this.pendingMs.clear();
    for (const [couponId, atMs] of pendingMs) this.pendingMs.set(couponId, atMs);
  }
}
