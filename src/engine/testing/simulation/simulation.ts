/** Runs one history from its seed: faults and commands, recovery, idle stores, verdict. */
import type { CouponId, CouponTerms, MemberId } from '../../domain/coupon.js';
import { parseMemberId } from '../../domain/coupon.js';
import { holdersOf } from '../../domain/holder.js';
import { termsOf } from '../../ports/terms-change.js';
import { auditedAct } from '../checker/audited-act.js';
import type { FinalState, History, ObservedTerms, UnitLimit, Verdict } from '../checker/history.js';
import { checkHistory } from '../checker/history-checker.js';
import type { Planting } from './planting.js';
import { nothingPlanted } from './planting.js';
import { Random } from './random.js';
import {
  ADMIT_DEADLINE_MS,
  CALL_DEADLINE_MS,
  drawScenario,
  FREEZE_MAX_MS,
  LEASE_MS,
  STILL_MAX_MS,
  STORE_OFFSET_MS,
} from './scenario.js';
import type { LossKind, Scenario } from './scenario.js';
import { SimulatedEligibility } from './simulated-eligibility.js';
import { SimulatedMembers } from './simulated-members.js';
import { LATE_MAX_MS } from './simulated-network.js';
import { SimulatedSellers } from './simulated-sellers.js';
import { couponParts, type TermsInstalled } from './simulated-store.js';
import { SimulatedWorld } from './simulated-world.js';
import type { StoreCopy } from './simulated-world.js';

/** Added to a seed, it is that of the draws about several coupons. */
const SHARING_SEEDS = 1_000_003;
/** The same for the units that the sellers of each coupon add. */
const TOP_UP_SEEDS = 2_000_003;
/** The same for units: which are asked for, and what processes know of their limit. */
const UNIT_SEEDS = 3_000_017;
/** The same for the rules of each coupon, and how late processes know them. */
const RULE_SEEDS = 4_000_037;
/** After healing: what was under way has arrived by then. */
const SETTLE_MS = STILL_MAX_MS + 2 * CALL_DEADLINE_MS;
/** Leases, sweeps and cooldowns included; a history that is not idle by then never will be. */
const IDLE_WAIT_MAX_MS = 10_000;
const IDLE_POLL_MS = 50;
const LAST_PRESS_EVERY_MS = 10;
/** A recovery takes a lease, and longer where a lock has to lapse first; one may follow another. */
const RECOVERY_ROUNDS_MAX = 40;
const RECOVERY_ROUND_MS = 150;
/** A process crashes at one of its first commands and replies, up to this one. */
const CRASH_STEPS_MAX = 60;
/** What a download may wait in a mailbox, then the deadline of the last in its batch, and the error of the store's clock. */
const ADMIT_LATE_MS = 2 * ADMIT_DEADLINE_MS + CALL_DEADLINE_MS;
/** A process that was frozen during a loss continues this soon after it. */
const STALE_MAX_MS = 60;
/** Lookups and a warm before the command, each up to its deadline, then the command itself. */
const SELLER_LATE_MS = LATE_MAX_MS + FREEZE_MAX_MS + 20 * CALL_DEADLINE_MS;

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

/** One coupon of a history, with its members and its seller. */
interface SimulatedCoupon {
  readonly couponId: CouponId;
  readonly terms: CouponTerms;
  readonly limits: readonly UnitLimit[];
  readonly eligibility: SimulatedEligibility;
  readonly members: SimulatedMembers;
  readonly sellers: SimulatedSellers;
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
  const coupons = [scenario.terms, ...scenario.otherTerms].map((terms) =>
    register(world, terms, scenario, seed, planting),
  );

  for (const coupon of coupons) planPresses(world, scenario, coupon, memberIds);
  planFaults(world, scenario);
  for (const { sellers } of coupons) {
    for (let act = 0; act < scenario.sellerActs; act += 1) {
      world.time.at(random.between(1, scenario.healMs), () => sellers.actAtRandom());
    }
  }
  await world.time.runUntil(scenario.healMs);
  world.heal();
  await world.time.runUntil(scenario.healMs + settleMs(scenario));
  await untilIdle(world, () => coupons.every(({ sellers }) => !sellers.busy));
  for (const { couponId, members } of coupons) {
    const serves = world.store.snapshot(couponId) !== undefined;
    if (scenario.losses.length > 0 || !serves) await recovered(world, members, memberIds);
  }

  const healedMs = world.time.nowMs();
  const mostUnits = Math.max(scenario.perMember, scenario.perMemberLater);
  const holders = memberIds.flatMap((memberId) => holdersOf(memberId, mostUnits));
  for (const { members } of coupons) {
    holders.forEach((holder, place) =>
      world.time.after(place * LAST_PRESS_EVERY_MS, () => members.press(holder)),
    );
  }
  await world.time.advance(holders.length * LAST_PRESS_EVERY_MS);
  await untilIdle(world, () =>
    coupons.every(({ couponId, members }) => !members.waiting && isAtRest(world, couponId)),
  );

  const histories = coupons.map((coupon) => ({
    couponId: coupon.couponId,
    history: historyOf(coupon, world, scenario, healedMs),
  }));
  return { seed, scenario, histories, verdict: verdictOf(histories), bugs: world.bugs };
}

function register(
  world: SimulatedWorld,
  terms: CouponTerms,
  { healMs, perMember, perMemberLater }: Scenario,
  seed: number,
  planting: Planting,
): SimulatedCoupon {
  const about = { sellerId: 'seller', name: 'simulated', discount: undefined, createdAtMs: 0 };
  const { couponId } = world.database.insert({ ...terms, ...about });
  const unitRandom = new Random(seed + UNIT_SEEDS + couponId);
  const limits = [
    { fromMs: -Infinity, perMember },
    { fromMs: unitRandom.between(1, healMs), perMember: perMemberLater },
  ];
  const ruleRandom = new Random(seed + RULE_SEEDS + couponId);
  const eligibility = new SimulatedEligibility(ruleRandom, healMs, planting.ruleLagMaxMs);
  return {
    couponId,
    terms,
    limits,
    eligibility,
    members: new SimulatedMembers(
      world,
      couponId,
      { door: planting.door(limits, unitRandom), eligibility },
      healMs,
    ),
    sellers: new SimulatedSellers(world, couponId, new Random(seed + TOP_UP_SEEDS + couponId)),
  };
}

function historyOf(
  { couponId, terms, limits, eligibility, members, sellers }: SimulatedCoupon,
  world: SimulatedWorld,
  scenario: Scenario,
  healedMs: number,
): History {
  return {
    terms,
    limits,
    downloads: members.calls,
    sellerCalls: sellers.calls,
    rules: eligibility.rules,
    observed: world.store.installed.flatMap((one) => (one.couponId === couponId ? observedOf(one) : [])),
    losses: world.losses,
    healedMs,
    endMs: world.time.nowMs(),
    storeOffsetMs: STORE_OFFSET_MS,
    instantMs: 1,
    lateMs: SELLER_LATE_MS,
    // A frozen process has not even taken the download in.
    admitLateMs: ADMIT_LATE_MS + (mayFreeze(scenario) ? FREEZE_MAX_MS : 0),
    repeats: scenario.storeNetwork.duplicated > 0,
    final: finalState(world, couponId),
  };
}

function observedOf({ atMs, terms }: TermsInstalled): ObservedTerms {
  const trueMs = atMs - STORE_OFFSET_MS;
  return { fromMs: trueMs, toMs: trueMs, terms };
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

function planPresses(
  { time, random }: SimulatedWorld,
  scenario: Scenario,
  { terms, members }: SimulatedCoupon,
  memberIds: readonly MemberId[],
): void {
  const { opensAtMs } = terms;
  for (let press = 0; press < scenario.presses; press += 1) {
    const memberId = random.pick(memberIds);
    // Crowds come at the opening, or all at once; the others whenever they like.
    const crowdMs = opensAtMs === undefined ? 100 : opensAtMs - STORE_OFFSET_MS;
    const atMs = random.chance(0.4) ? crowdMs + random.between(-30, 30) : random.between(0, scenario.healMs);
    time.at(Math.min(atMs, scenario.healMs), () => members.pressAny(memberId));
  }
}

function planFaults(world: SimulatedWorld, scenario: Scenario): void {
  const { time, random } = world;
  const sometimes = (count: number, fault: () => void): void => {
    for (let times = 0; times < count; times += 1) time.at(random.between(1, scenario.healMs - 1), fault);
  };
  sometimes(scenario.crashes, () => crashOneProcess(world));
  sometimes(scenario.freezes, () => {
    const { process } = random.chance(0.5)
      ? random.pick(world.apis)
      : { process: random.pick(world.recorders) };
    process.freeze(random.between(50, FREEZE_MAX_MS));
  });
  const servers = [world.storeServer, world.databaseServer];
  sometimes(scenario.stills, () => {
    random.pick(servers).stillUntilMs = time.nowMs() + random.between(20, STILL_MAX_MS);
  });
  sometimes(scenario.refusals, () => {
    random.pick(servers).refusingUntilMs = time.nowMs() + random.between(20, 600);
  });
  for (const kind of scenario.losses) planLoss(world, kind, scenario.healMs);
}

function planLoss(world: SimulatedWorld, kind: LossKind, healMs: number): void {
  const { time, random } = world;
  const atMs = random.between(1, healMs - 1);
  let copy: StoreCopy | undefined;
  if (kind === 'older') time.at(random.between(0, atMs), () => (copy = world.copyStore()));
  let lost = false;
  const lose = (): void => {
    if (lost) return;
    lost = true;
    if (kind === 'part') world.losePart(random.pick(couponParts));
    else if (kind === 'emptied') world.restartStore(emptyCopy());
    else world.restartStore(copy ?? world.copyStore());
  };
  time.at(atMs, lose);
  const stalls = random.pick(['never', 'at_the_loss', 'with_a_claim', 'with_an_epoch'] as const);
  if (stalls === 'never') return;
  const stillMs = random.between(LEASE_MS, FREEZE_MAX_MS);
  if (stalls === 'at_the_loss') {
    time.at(atMs, () => random.pick(world.recorders).freeze(stillMs));
    return;
  }
  if (stalls === 'with_an_epoch') {
    // Others warm the coupon meanwhile and issue numbers; this one wakes up before any process has noticed that they
    // are lost.
    const lossMs = random.between(20, LEASE_MS);
    world.onNextEpoch = (process) => {
      if (lost) return;
      process.freeze(lossMs + random.between(1, STALE_MAX_MS));
      time.after(lossMs, lose);
    };
    return;
  }
  // What a recorder holds then is lost at once, and it wakes up with it when the coupon may have been rebuilt without.
  time.at(random.between(0, atMs), () => {
    world.onNextClaim = (recorder) => {
      if (lost) return;
      recorder.freeze(stillMs);
      time.after(1, lose);
    };
  });
}

function emptyCopy(): StoreCopy {
  return { content: { coupons: new Map(), pendingMs: new Map() }, atMs: -Infinity };
}

/** Dies now or at one of its next steps. */
function crashOneProcess({ random, apis, recorders }: SimulatedWorld): void {
  const process = random.pick([...apis.map((api) => api.process), ...recorders]);
  if (random.chance(0.3)) process.crash();
  else process.crashAtStep(random.between(1, CRASH_STEPS_MAX));
}

function mayFreeze({ freezes, losses }: Scenario): boolean {
  return freezes > 0 || losses.length > 0;
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
 * member presses at each of them, until none finds anything to recover.
 */
async function recovered(
  world: SimulatedWorld,
  members: SimulatedMembers,
  memberIds: readonly MemberId[],
): Promise<void> {
  for (let round = 0; round < RECOVERY_ROUNDS_MAX; round += 1) {
    const asked = world.apis.map((api) => members.press(world.random.pick(memberIds), api));
    await untilIdle(world, () => asked.every((call) => call.outcome !== undefined));
    if (asked.every((call) => call.outcome?.outcome !== 'not_ready')) return;
    await world.time.advance(RECOVERY_ROUND_MS);
  }
}

function isAtRest({ store, database }: SimulatedWorld, couponId: CouponId): boolean {
  const depth = store.depth(couponId);
  const isDrained = depth?.queued === 0 && depth.claimed === 0;
  return isDrained && database.changes.unsettledOf(couponId) === 0;
}

function finalState({ store, database }: SimulatedWorld, couponId: CouponId): FinalState {
  const ledger = database.ledgerOf(couponId);
  const coupon = store.coupons.get(couponId);
  const record = database.coupons.get(couponId);
  if (record === undefined) throw new Error(`coupon ${couponId} was never registered`);
  return {
    catalogue: { terms: termsOf(record), unsettledChanges: database.changes.unsettledOf(couponId) },
    audit: database.changes.auditLog.flatMap(({ action, target, detail }) =>
      target === `coupon ${couponId}` ? (auditedAct(action, detail) ?? []) : [],
    ),
    rows: [...ledger.rows.values()],
    revoked: ledger.revoked,
    deadLetters: ledger.deadLetters,
    store: coupon && {
      terms: coupon.terms,
      lastIssueNo: coupon.lastIssueNo,
      winners: [...coupon.winners.values()],
      queued: coupon.queue,
      claimed: coupon.claims.flatMap((claim) => claim.issuances),
    },
  };
}

function memberNamed(text: string): MemberId {
  const memberId = parseMemberId(text);
  if (memberId === undefined) throw new Error(`${text} is not a member id`);
  return memberId;
}
