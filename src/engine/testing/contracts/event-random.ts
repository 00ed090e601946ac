/** Follows events at random beside recorders and readers, and checks them against the tables. */
import { randomInt } from 'node:crypto';
import type { CouponId } from '../../domain/coupon.js';
import { FEED_START, type FeedEvent } from '../../domain/events.js';
import { type EventsUnderTest, FollowedShop, lineOf } from './followed-shop.js';

/** Two coupons of a shop, and deeds at random. */
export class RandomDeeds {
  readonly coupons: readonly CouponId[];
  readonly #shop: FollowedShop;
  readonly #issued: Map<CouponId, number>;
  readonly #slow: (() => Promise<void>)[] = [];

  private constructor(shop: FollowedShop, coupons: readonly CouponId[]) {
    this.#shop = shop;
    this.coupons = coupons;
    this.#issued = new Map(coupons.map((couponId) => [couponId, 0]));
  }

  static async open(shop: FollowedShop): Promise<RandomDeeds> {
    return new RandomDeeds(shop, [await shop.coupon(), await shop.coupon()]);
  }

  async round(round: number): Promise<void> {
    const [couponId] = this.#pick();
    const count = 1 + randomInt(8);
    await this.#shop.admit(couponId, count);
    this.#issued.set(couponId, (this.#issued.get(couponId) ?? 0) + count);
    await Promise.all([this.#record(couponId), this.#deed(round), this.#deed(round)]);
  }

  /** Some recorders are slow, and others overtake them. */
  async #record(couponId: CouponId): Promise<void> {
    const finish = await this.#shop.claim(couponId, 1 + randomInt(10));
    if (finish !== undefined && randomInt(3) === 0) this.#slow.push(finish);
    else await finish?.();
    if (randomInt(4) === 0) await this.#slow.shift()?.();
  }

  async recordRemaining(): Promise<void> {
    for (const finish of this.#slow.splice(0)) await finish();
    for (const couponId of this.coupons) await this.#shop.recordAll(couponId);
  }

  #pick(): readonly [CouponId, number] {
    const couponId = this.coupons[randomInt(this.coupons.length)];
    if (couponId === undefined) throw new Error('no coupons');
    return [couponId, 1 + randomInt(Math.max(1, this.#issued.get(couponId) ?? 1))];
  }

  async #deed(round: number): Promise<void> {
    const [couponId, issueNo] = this.#pick();
    const choice = randomInt(5);
    if (choice === 0) await this.#shop.revoke(couponId, issueNo);
    else if (choice === 1) await this.#shop.cancel(couponId, issueNo, `R-${randomInt(round + 1)}`);
    else await this.#shop.redeem(couponId, issueNo, `R-${round}`);
  }
}

/** Deeds, recorders that overtake each other, and two readers, at random. @returns what a follower was not given as promised. */
export async function randomFollowing(under: EventsUnderTest, rounds: number): Promise<string[]> {
  const shop = new FollowedShop(under);
  const deeds = await RandomDeeds.open(shop);
  const feeds = [shop.feed(), shop.feed()];
  const got: FeedEvent[] = [];
  let position = FEED_START;
  const read = async (): Promise<void> => {
    const feed = feeds[randomInt(feeds.length)];
    const page = await feed?.read(shop.sellerId, position, {}, 1 + randomInt(20));
    if (page === undefined || page === 'removed') throw new Error('removed');
    got.push(...page.events);
    ({ position } = page);
  };
  for (let round = 0; round < rounds; round += 1) await Promise.all([deeds.round(round), read()]);
  await deeds.recordRemaining();
  for (let quiet = 0; quiet < 3;) {
    const before = got.length;
    await read();
    quiet = got.length === before ? quiet + 1 : 0;
  }
  return checkEvents(got, await truthOf(under, deeds.coupons));
}

/** What has happened according to the tables. */
export async function truthOf(under: EventsUnderTest, coupons: readonly CouponId[]): Promise<Set<string>> {
  const truth = new Set<string>();
  for (const couponId of coupons) {
    const revocations = await under.audit.revocations(couponId, 0, 10_000);
    for (const { issueNo } of revocations) truth.add(`${couponId} issuance.revoked ${issueNo}`);
    for (const { issueNo } of await under.events.issuances(couponId, 0, 1_000_000, 100_000)) {
      truth.add(`${couponId} issuance.recorded ${issueNo}`);
      const history = await under.redemptions.history({ couponId, issueNo }, 1_000);
      for (const entry of history === 'absent' ? [] : history) {
        truth.add(`${couponId} redemption.made ${issueNo} ${entry.orderId}`);
        if (entry.cancelledAtMs !== undefined)
          truth.add(`${couponId} redemption.cancelled ${issueNo} ${entry.orderId}`);
      }
    }
  }
  return truth;
}

/** @returns findings: what is missing, comes twice, is wrong, or out of order. */
export function checkEvents(got: readonly FeedEvent[], truth: ReadonlySet<string>): string[] {
  const findings: string[] = [];
  const seen = new Set<string>();
  const highest = new Map<CouponId, number>();
  for (const event of got) {
    const { couponId, kind, fields } = event;
    const line = `${couponId} ${lineOf(event)}`;
    const issueNo = Number(fields['issueNo']);
    if (seen.has(line)) findings.push(`twice: ${line}`);
    seen.add(line);
    const before = highest.get(couponId) ?? 0;
    if (kind === 'issuance.recorded') {
      if (issueNo <= before) findings.push(`out of order: ${line} after ${before}`);
      highest.set(couponId, issueNo);
    } else if (kind !== 'issuance.revoked' && !seen.has(`${couponId} issuance.recorded ${issueNo}`)) {
      findings.push(`before its number: ${line}`);
    }
    if (kind === 'redemption.cancelled' && !seen.has(line.replace('cancelled', 'made')))
      findings.push(`before its redemption: ${line}`);
  }
  // Redemptions of an issuance that was revoked later have no row to ask for; what the tables have must be there.
  for (const line of truth) if (!seen.has(line)) findings.push(`missing: ${line}`);
  return findings;
}
