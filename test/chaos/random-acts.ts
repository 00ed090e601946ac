/** Lets sellers, orders and the clocks of servers act at random while the faults of a round last. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../src/engine/testing/simulation/random.js';
import type { CouponUnderFault } from './coupon-under-fault.js';
import { HOUR_MS, HOUR_SLOW_MS, NEARLY_HOUR_FAST_MS, type WrongClock } from './wrong-clock.js';

const PAUSE_MOST_MS = 1_200;
/** From which a seller revokes. */
const RECENT_REQUESTS = 500;
/** Members added, and removed, at once. */
const LIST_CHANGE_MOST = 20;
/** Probability, each time that the seller acts. */
const CLOSES = 0.04;

export const CLOSE = { kind: 'amend', change: { closed: true } } as const;

/** Now and then the seller does something, until `until` resolves. */
export async function sellerActs(
  { seller, crowd, couponId, quantity, recall }: CouponUnderFault,
  until: Promise<void>,
  random: Random,
  recallAfterMs: number | undefined,
) {
  const state = endedWith(until);
  const recallAtMs = recallAfterMs === undefined ? Infinity : performance.now() + recallAfterMs;
  let latest = quantity;
  let topUps = 0;
  while (!state.ended) {
    await pause(random.between(100, PAUSE_MOST_MS));
    if (recall.calls.length === 0 && performance.now() > recallAtMs) {
      await recall.run(seller);
      continue;
    }
    if (random.chance(CLOSES)) await seller.act(CLOSE);
    const act = random.between(0, 6);
    const winner = crowd.requests.at(-random.between(1, RECENT_REQUESTS))?.issueNo;
    if (act === 0) await seller.act({ kind: 'amend', change: { quantity: (latest += 10) } });
    else if (act === 1 && winner !== undefined) await seller.act({ kind: 'revoke', issueNo: winner });
    else if (act === 2) await seller.act({ kind: 'amend', change: { paused: true } });
    else if (act >= 5) {
      // Now and then the previous one is sent again: it must count once.
      if (topUps === 0 || random.chance(0.7)) topUps += 1;
      await seller.act({ kind: 'top_up', by: 3, key: `${couponId}-${topUps}` });
    } else await seller.act({ kind: 'amend', change: { paused: false } });
  }
  if (recallAfterMs !== undefined && recall.calls.length === 0) await recall.run(seller);
}

/** Orders pay for what was issued lately, or release it, until `until` resolves. */
export async function ordersPay({ orders, crowd }: CouponUnderFault, until: Promise<void>, random: Random) {
  const state = endedWith(until);
  while (!state.ended) {
    await pause(random.between(20, 200));
    const issueNo = crowd.requests.at(-random.between(1, RECENT_REQUESTS))?.issueNo;
    if (issueNo === undefined) continue;
    if (random.chance(0.2)) await orders.release(issueNo);
    else await orders.confirm(issueNo, random.pick(['A', 'A', 'B']), 1_000);
  }
}

/** Tills redeem what was issued lately of a coupon without holds, until `until` resolves. */
export async function tillsRedeem({ orders, crowd }: CouponUnderFault, until: Promise<void>, random: Random) {
  const state = endedWith(until);
  while (!state.ended) {
    await pause(random.between(20, 200));
    const issueNo = crowd.requests.at(-random.between(1, RECENT_REQUESTS))?.issueNo;
    if (issueNo !== undefined) await orders.redeem(issueNo);
  }
}

/** The seller adds and removes members of its list, until `until` resolves. */
export async function listChanges(
  { list }: CouponUnderFault,
  until: Promise<void>,
  random: Random,
): Promise<void> {
  const state = endedWith(until);
  while (!state.ended && list?.isMoving === true) {
    await pause(random.between(50, PAUSE_MOST_MS));
    await list.change(random.between(1, LIST_CHANGE_MOST));
  }
}

/** One of the clocks becomes slow, fast or right now and then, until `until` resolves. */
export async function clocksJump(
  clocks: readonly WrongClock[],
  until: Promise<void>,
  random: Random,
): Promise<void> {
  const state = endedWith(until);
  while (!state.ended && clocks.length > 0) {
    const offsets = [HOUR_SLOW_MS, -random.between(0, HOUR_MS), 0, NEARLY_HOUR_FAST_MS];
    random.pick(clocks).set(random.pick(offsets));
    await pause(random.between(100, PAUSE_MOST_MS));
  }
}

function endedWith(until: Promise<void>): { readonly ended: boolean } {
  const state = { ended: false };
  const end = (): void => {
    state.ended = true;
  };
  until.then(end, end);
  return state;
}
