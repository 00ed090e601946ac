/** Runs one history from its seed: faults and commands, recovery, idle stores, verdict. */
import type { CouponId, CouponTerms, MemberId } from '../../domain/coupon.js';
import { parseMemberId } from '../../domain/coupon.js';
import { defaultRedemptionRules, type RedemptionRules } from '../../domain/redemption.js';
import { holdersOf } from '../../domain/holder.js';
import type { History, Verdict } from '../checker/history.js';
import { checkHistory } from '../checker/history-checker.js';
import type { Planting } from './planting.js';
import { nothingPlanted } from './planting.js';
import { Random } from './random.js';
import { CALL_DEADLINE_MS, drawScenario, FREEZE_MAX_MS, STILL_MAX_MS, STORE_OFFSET_MS } from './scenario.js';
import type { Scenario } from './scenario.js';
import { SWEPT_WITHIN_MS } from './held-coupons.js';
import { SimulatedEligibility } from './simulated-eligibility.js';
import { SimulatedExclusion } from './simulated-exclusion.js';
import { SimulatedMembers } from './simulated-members.js';
import { SimulatedOrders } from './simulated-orders.js';
import { LATE_MAX_MS } from './simulated-network.js';
import { SimulatedRecall } from './simulated-recall.js';
import { SimulatedSellers } from './simulated-sellers.js';
import { SimulatedWorld } from './simulated-world.js';
import { historyOf } from './history-of-coupon.js';
import type { SimulatedCoupon } from './history-of-coupon.js';
import { planBrokenNews, planFaults, planUndoneTakeBack, mayFreeze } from './plan-faults.js';

/** Added to a seed, it is that of the draws about several coupons. */
const SHARING_SEEDS = 1_000_003;
/** The same for the units that the sellers of each coupon add. */
const TOP_UP_SEEDS = 2_000_003;
/** The same for units: which are asked for, and what processes know of their limit. */
const UNIT_SEEDS = 3_000_017;
/** The same for the rules of each coupon, and how late processes know them. */
const RULE_SEEDS = 4_000_037;
/** The same for orders that pay for held issuances. */
const HOLD_SEEDS = 5_000_011;
/** The same for the instant at which a coupon is closed whose holders are excluded from another. */
const EXCLUSION_SEEDS = 6_000_011;
/** The same for recalls. */
const RECALL_SEEDS = 8_000_009;
/** The same for breaks of the news. */
const NEWS_SEEDS = 7_000_003;
/** The same for the loss of what was just taken back. */
const UNDONE_SEEDS = 9_000_011;
/** After healing: what was under way has arrived by then. */
const SETTLE_MS = STILL_MAX_MS + 2 * CALL_DEADLINE_MS;
/** Leases, sweeps and cooldowns included; a history that is not idle by then never will be. */
const IDLE_WAIT_MAX_MS = 10_000;
const IDLE_POLL_MS = 50;
const LAST_REQUESTS_INTERVAL_MS = 10;
/** A recovery takes a lease, and longer where a lock has to lapse first; one may follow another. */
const RECOVERY_ROUNDS_MAX = 40;
const RECOVERY_ROUND_MS = 150;

export interface SimulatedHistory {
  readonly seed: number;
  readonly scenario: Scenario;
  /** One for each coupon. */
  readonly histories: readonly CouponHistory[];
  readonly verdict: Verdict;
  readonly bugs: readonly unknown[];
}

export interface CouponHistory {
  readonly couponId: CouponId;
  readonly history: History;
}

/** @param random of this seed; the history continues to draw from it */
export function scenarioOf(seed: number, random = new Random(seed)): Scenario {
  return drawScenario(random, new Random(seed + SHARING_SEEDS));
}

export async function simulate(seed: number, planting: Planting = nothingPlanted): Promise<SimulatedHistory> {
  const random = new Random(seed);
  const scenario = planting.scenario(scenarioOf(seed, random));
  const world = new SimulatedWorld(scenario, random, planting);
  const memberIds = Array.from({ length: scenario.members }, (_, index) => memberNamed(`m${index}`));
  const coupons: SimulatedCoupon[] = [];
  for (const terms of [scenario.terms, ...scenario.otherTerms]) {
    const other = scenario.excludes && coupons.length === 1 ? coupons[0]?.couponId : undefined;
    coupons.push(register(world, terms, scenario, seed, planting, other));
  }

  for (const coupon of coupons) planRequests(world, scenario, coupon, memberIds);
  planFaults(world, scenario);
  planBrokenNews(world, scenario, new Random(seed + NEWS_SEEDS));
  if (scenario.undone) planUndoneTakeBack(world, scenario, new Random(seed + UNDONE_SEEDS));
  for (const { exclusion, couponId } of coupons) {
    if (exclusion === undefined) continue;
    const closeMs = new Random(seed + EXCLUSION_SEEDS + couponId).between(1, scenario.healMs);
    world.time.at(closeMs, () => coupons[0]?.sellers.act({ kind: 'amend', change: { closed: true } }));
  }
  for (const { sellers } of coupons) {
    for (let act = 0; act < scenario.sellerActs; act += 1) {
      world.time.at(random.between(1, scenario.healMs), () => sellers.actAtRandom());
    }
  }
  await world.time.runUntil(scenario.healMs);
  world.heal();
  await world.time.runUntil(scenario.healMs + settleMs(scenario));
  await untilIdle(world, () =>
    coupons.every(({ sellers, recall }) => !sellers.busy && recall?.isPending !== true),
  );
  for (const coupon of coupons) {
    const serves = world.store.snapshot(coupon.couponId) !== undefined;
    if (scenario.losses.length > 0 || scenario.undone || !serves) await recovered(world, coupon, memberIds);
  }

  await exclusionsKnown(world, coupons);

  const healedMs = world.time.nowMs();
  const mostUnits = Math.max(scenario.perMember, scenario.perMemberLater);
  const holders = memberIds.flatMap((memberId) => holdersOf(memberId, mostUnits));
  for (const { members } of coupons) {
    holders.forEach((holder, place) =>
      world.time.after(place * LAST_REQUESTS_INTERVAL_MS, () => members.request(holder)),
    );
  }
  await world.time.advance(holders.length * LAST_REQUESTS_INTERVAL_MS);
  await untilIdle(world, () =>
    coupons.every(({ couponId, members }) => !members.waiting && isDrainedAndSettled(world, couponId)),
  );

  if (scenario.holdMs !== undefined) await holdsEnded(world, scenario.holdMs);

  const histories = coupons.map((coupon) => ({
    couponId: coupon.couponId,
    history: historyOf(coupon, world, scenario, healedMs),
  }));
  return { seed, scenario, histories, verdict: verdictOf(histories), bugs: world.bugs };
}

function register(
  world: SimulatedWorld,
  terms: CouponTerms,
  { healMs, perMember, perMemberLater, holdMs, recalls }: Scenario,
  seed: number,
  planting: Planting,
  excludesHoldersOf: CouponId | undefined,
): SimulatedCoupon {
  const about = { sellerId: 'seller', name: 'simulated', discount: undefined, createdAtMs: 0 };
  const redemption: RedemptionRules = {
    ...defaultRedemptionRules,
    ...(holdMs === undefined ? {} : { holdSeconds: holdMs / 1_000 }),
  };
  const { couponId } = world.database.insert({ ...terms, ...about, redemption });
  const orders =
    holdMs === undefined
      ? undefined
      : new SimulatedOrders(world, couponId, holdMs, new Random(seed + HOLD_SEEDS + couponId));
  const unitRandom = new Random(seed + UNIT_SEEDS + couponId);
  const limits = [
    { fromMs: -Infinity, perMember },
    { fromMs: unitRandom.between(1, healMs), perMember: perMemberLater },
  ];
  const ruleRandom = new Random(seed + RULE_SEEDS + couponId);
  const eligibility = new SimulatedEligibility(ruleRandom, healMs, planting.ruleLagMaxMs);
  const sellers = new SimulatedSellers(world, couponId, new Random(seed + TOP_UP_SEEDS + couponId));
  const exclusion = excludesHoldersOf === undefined ? undefined : new SimulatedExclusion(excludesHoldersOf);
  return {
    couponId,
    terms,
    limits,
    eligibility,
    exclusion,
    orders,
    members: new SimulatedMembers(
      world,
      couponId,
      { door: planting.door(limits, unitRandom), eligibility, exclusion },
      healMs,
      orders,
    ),
    sellers,
    recall: recalls
      ? recallAtSomeInstant(world, couponId, sellers, healMs, new Random(seed + RECALL_SEEDS + couponId))
      : undefined,
  };
}

function recallAtSomeInstant(
  world: SimulatedWorld,
  couponId: CouponId,
  sellers: SimulatedSellers,
  healMs: number,
  random: Random,
): SimulatedRecall {
  const recall = new SimulatedRecall(world, couponId, sellers, random);
  world.time.at(random.between(1, healMs), () => recall.begin());
  return recall;
}

/** Until then every member of such a coupon is answered "not ready". */
async function exclusionsKnown(world: SimulatedWorld, coupons: readonly SimulatedCoupon[]): Promise<void> {
  for (const { exclusion } of coupons) {
    if (exclusion === undefined) continue;
    for (const api of world.apis) exclusion.follow(api);
    await untilIdle(world, () => world.apis.every((api) => exclusion.isKnownTo(api)));
  }
}

/** Every hold has run out, and its unit is in stock. */
async function holdsEnded(world: SimulatedWorld, holdMs: number): Promise<void> {
  await world.time.advance(holdMs + SWEPT_WITHIN_MS);
  await untilIdle(world, () =>
    [...world.database.coupons.keys()].every((couponId) => {
      const winners = world.store.coupons.get(couponId)?.winners.size;
      return winners === undefined || winners === world.database.ledgerOf(couponId).rows.size;
    }),
  );
}

/** Every coupon's own, taken together. */
function verdictOf(histories: readonly CouponHistory[]): Verdict {
  const verdicts = histories.map(({ couponId, history }) => ({ couponId, ...checkHistory(history) }));
  return {
    violations: verdicts.flatMap(({ couponId, violations }) =>
      violations.map(({ promise, what }) => ({ promise, what: `coupon ${couponId}: ${what}` })),
    ),
    lost: verdicts.reduce((sum, { lost }) => sum + lost, 0),
    wonByLateCommand: verdicts.reduce((sum, verdict) => sum + verdict.wonByLateCommand, 0),
  };
}

function planRequests(
  { time, random }: SimulatedWorld,
  scenario: Scenario,
  { terms, members }: SimulatedCoupon,
  memberIds: readonly MemberId[],
): void {
  const { opensAtMs } = terms;
  for (let request = 0; request < scenario.requests; request += 1) {
    const memberId = random.pick(memberIds);
    // Crowds come at the opening, or all at once; the others whenever they like.
    const crowdMs = opensAtMs === undefined ? 100 : opensAtMs - STORE_OFFSET_MS;
    const atMs = random.chance(0.4) ? crowdMs + random.between(-30, 30) : random.between(0, scenario.healMs);
    time.at(Math.min(atMs, scenario.healMs), () => members.requestAny(memberId));
  }
}

function settleMs(scenario: Scenario): number {
  const { storeNetwork, databaseNetwork } = scenario;
  const isLate = storeNetwork.late + databaseNetwork.late > 0;
  // A message to a frozen process waits for the instant at which the process would have thawed.
  return SETTLE_MS + (isLate ? LATE_MAX_MS : 0) + (mayFreeze(scenario) ? FREEZE_MAX_MS : 0);
}

async function untilIdle(world: SimulatedWorld, isIdle: () => boolean): Promise<void> {
  const untilMs = world.time.nowMs() + IDLE_WAIT_MAX_MS;
  while (!isIdle() && world.time.nowMs() < untilMs) await world.time.advance(IDLE_POLL_MS);
}

/**
 * A loss is noticed by a download at the process that received the highest number, and that may be any of them. So a
 * member requests at each of them, until none finds anything to recover.
 *
 * No download reads the claims. Where their keys are lost, the recorder of the next unit notices, and the coupon leaves service then, long after
 * the fault. So the fault is over once a process has read the whole coupon, as every reading of its stock does.
 */
async function recovered(
  world: SimulatedWorld,
  { couponId, members }: SimulatedCoupon,
  memberIds: readonly MemberId[],
): Promise<void> {
  for (let round = 0; round < RECOVERY_ROUNDS_MAX; round += 1) {
    const asked = world.apis.map((api) => members.request(world.random.pick(memberIds), api));
    await untilIdle(world, () => asked.every((call) => call.outcome !== undefined));
    const isWhole = world.store.snapshot(couponId) !== undefined;
    if (isWhole && asked.every((call) => call.outcome?.outcome !== 'not_ready')) return;
    // Until the next round.
    if (!isWhole) void world.apis[0]?.warmer.prepare(couponId).catch(() => 'recovering');
    await world.time.advance(RECOVERY_ROUND_MS);
  }
}

function isDrainedAndSettled({ store, database }: SimulatedWorld, couponId: CouponId): boolean {
  const depth = store.depth(couponId);
  const isDrained = depth?.queued === 0 && depth.claimed === 0;
  return isDrained && database.changes.unsettledOf(couponId) === 0;
}

function memberNamed(text: string): MemberId {
  const memberId = parseMemberId(text);
  if (memberId === undefined) throw new Error(`${text} is not a member id`);
  return memberId;
}
