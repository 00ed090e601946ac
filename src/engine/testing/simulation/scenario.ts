/** Draws the scenario of one history from its seed. */
import type { CouponTerms } from '../../domain/coupon.js';
import type { NetworkFaults } from './simulated-network.js';
import { calmNetwork } from './simulated-network.js';
import type { Random } from './random.js';
import type { RoundShape } from './store-ports.js';

/** Small bounds make rare meetings common: full mailboxes, many batches, leases that end. */
export const CALL_DEADLINE_MS = 150;
export const ADMIT_DEADLINE_MS = 400;
export const LEASE_MS = 600;
/** Shorter than a recovery with its waits, so that others take it over while its process still lives. */
export const RECOVERY_LOCK_MS = 1_000;
export const FREEZE_MAX_MS = 1_800;
export const STILL_MAX_MS = 500;
export const NEWS_BROKEN_MAX_MS = 1_800;

/** How many histories have several coupons, and how many at most. */
const SEVERAL_COUPONS = 0.25;
const COUPONS_MAX = 8;

/** How many histories have coupons of which a member may have several units. */
const SEVERAL_UNITS = 0.2;

/** How many histories have coupons whose issuances are held until an order confirms them, and for how long at most. */
const HELD = 0.2;
const HOLD_MAX_MS = 700;

/** How many histories with several coupons have one that excludes the holders of another. */
const EXCLUDES = 0.3;

/** In how many histories coupons are recalled. */
const RECALLED = 0.1;

/** In how many histories the store comes back without an issuance that it has just taken back. */
const UNDONE = 0.1;

/** The store's clock when the history begins, if its own axis begins at 0. */
export const STORE_OFFSET_MS = Date.UTC(2026, 10, 22, 12);

/** A key is lost and the others are there, or the store comes back empty, as an older copy, or with all it had. */
export type LossKind = 'emptied' | 'older' | 'restarted' | 'part';

export interface Scenario extends Sharing {
  readonly apiProcesses: number;
  readonly recorders: number;
  readonly members: number;
  readonly terms: CouponTerms;
  readonly batchMax: number;
  readonly mailboxMax: number;
  readonly recordBatchMax: number;
  /** Faults happen until then, and only until then. */
  readonly healMs: number;
  readonly storeNetwork: NetworkFaults;
  readonly databaseNetwork: NetworkFaults;
  readonly newsLost: number;
  /** How often the subscription of an API process to the news breaks for a while. */
  readonly newsBreaks: number;
  /** The sellers recall their coupons, each at some instant. */
  readonly recalls: boolean;
  /** The store takes an issuance back, and comes back a moment later as it was before. */
  readonly undone: boolean;
  /** How many of each happen, at random instants. */
  readonly requests: number;
  readonly sellerActs: number;
  readonly crashes: number;
  readonly freezes: number;
  readonly stills: number;
  readonly refusals: number;
  readonly losses: readonly LossKind[];
}

/** How many coupons there are, and how they share shards and calls. */
export interface Sharing {
  /** Terms of the other coupons. The terms of the first are the scenario's. */
  readonly otherTerms: readonly CouponTerms[];
  readonly rounds: RoundShape;
  /** How many units a member may have, and what the limit is changed to at some instant. */
  readonly perMember: number;
  readonly perMemberLater: number;
  /** How long an issuance is held; `undefined`: it is the member's at once. */
  readonly holdMs: number | undefined;
  /** The second of several coupons is for members who do not hold the first, which is closed at some instant. */
  readonly excludes: boolean;
}

/**
 * @param sharing draws what was added when rounds came to carry several coupons, and later: from numbers of its own, so that the seeds of
 *   histories without them still lead to the same draws.
 */
export function drawScenario(random: Random, sharing: Random): Scenario {
  const healMs = random.between(300, 1_500);
  // A history in four has a sound network, so that what crashes and freezes do alone is seen as well.
  const sound = random.chance(0.25);
  return {
    apiProcesses: random.between(1, 3),
    recorders: random.between(1, 2),
    members: random.between(2, 7),
    terms: drawTerms(random, healMs),
    batchMax: random.between(1, 6),
    mailboxMax: random.between(4, 8),
    recordBatchMax: random.between(1, 4),
    healMs,
    storeNetwork: sound ? calmNetwork : drawNetwork(random),
    databaseNetwork: sound ? calmNetwork : drawNetwork(random),
    newsLost: random.pick([0, 0.3, 1]),
    requests: random.between(4, 24),
    sellerActs: random.pick([0, 0, 1, 2, 3, 5]),
    crashes: random.pick([0, 0, 1, 2]),
    freezes: random.pick([0, 0, 1, 2]),
    stills: random.pick([0, 0, 1]),
    refusals: random.pick([0, 0, 1]),
    losses: drawLosses(random),
    ...drawSharing(sharing, healMs),
    newsBreaks: sharing.pick([0, 0, 0, 0, 1, 2]),
    recalls: sharing.chance(RECALLED),
    undone: sharing.chance(UNDONE),
  };
}

function drawSharing(random: Random, healMs: number): Sharing {
  const others = random.chance(SEVERAL_COUPONS) ? random.between(1, COUPONS_MAX - 1) : 0;
  return {
    otherTerms: Array.from({ length: others }, () => drawTerms(random, healMs)),
    rounds: {
      shards: random.pick([1, 1, 2]),
      couponsPerCall: random.pick([1, 2, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]),
      stragglers: random.chance(0.5),
    },
    ...drawLimits(random),
    holdMs: random.chance(HELD) ? random.between(50, HOLD_MAX_MS) : undefined,
    excludes: random.chance(EXCLUDES),
  };
}

function drawLimits(random: Random): Pick<Sharing, 'perMember' | 'perMemberLater'> {
  if (!random.chance(SEVERAL_UNITS)) return { perMember: 1, perMemberLater: 1 };
  const perMember = random.between(1, 3);
  return { perMember, perMemberLater: random.chance(0.5) ? perMember : random.between(1, 3) };
}

function drawLosses(random: Random): LossKind[] {
  const times = random.chance(0.2) ? random.pick([1, 1, 2]) : 0;
  return Array.from({ length: times }, () =>
    random.pick<LossKind>(['emptied', 'older', 'older', 'restarted', 'part', 'part']),
  );
}

function drawTerms(random: Random, healMs: number): CouponTerms {
  const opens = random.chance(0.4);
  const closes = random.chance(0.2);
  return {
    quantity: random.between(0, 5),
    opensAtMs: opens ? STORE_OFFSET_MS + random.between(1, healMs) : undefined,
    closesAtMs: closes ? STORE_OFFSET_MS + random.between(healMs / 2, healMs * 2) : undefined,
    paused: random.chance(0.05),
    closed: false,
  };
}

function drawNetwork(random: Random): NetworkFaults {
  const level = random.pick([0.01, 0.05, 0.2]);
  const some = (): number => (random.chance(0.6) ? level : 0);
  return {
    refused: some(),
    requestLost: some(),
    replyLost: some(),
    duplicated: some(),
    late: some(),
    delayMaxMs: random.pick([2, 20, 120]),
  };
}
