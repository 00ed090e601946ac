/**
 * Runs one history of holds from its seed: members win, orders pay late, twice or never, sweeps of several recorders take back, and a bad
 * network, crashes and clocks that are an hour apart come between. Judges it by I5, I6 and I12.
 */
import type { CouponId, HolderId, Issuance } from '../../domain/coupon.js';
import { parseMemberId } from '../../domain/coupon.js';
import { parseOrderId } from '../../domain/redemption.js';
import type { OrderId } from '../../domain/redemption.js';
import { HoldCounters } from '../../holds/hold-counters.js';
import { HoldSweeper } from '../../holds/hold-sweeper.js';
import { Holds } from '../../holds/holds.js';
import { TakeBack, type TakeBackPorts } from '../../holds/take-back.js';
import type { HoldLedger } from '../../ports/hold-ledger.js';
import { finishRevokes, unfinishedRevocations } from '../../reconcile/unfinished-revocations.js';
import type { Link } from './link.js';
import { Random } from './random.js';
import { SimulatedDatabase } from './simulated-database.js';
import { SimulatedHolds } from './simulated-holds.js';
import { calmNetwork, SimulatedLink, SimulatedServer } from './simulated-network.js';
import { SimulatedProcess } from './simulated-process.js';
import { SimulatedStore } from './simulated-store.js';
import { SimulatedAdmission } from './store-ports.js';
import { VirtualTime } from './virtual-time.js';

const CALL_DEADLINE_MS = 150;
const MEMBERS = 6;
/** What members and orders begin, the faults, and when everything that is due has long been taken back. */
const ACTS_MAX_MS = 150_000;
const FAULTS_END_MS = 200_000;
const END_MS = 360_000;
const RECONCILE_MS = 5_000;
const SWEEPERS = 2;
const PAYMENT_REPEATS_MAX = 3;

/** Where bugs may be planted. */
export interface HoldsPlant {
  readonly Holds: typeof SimulatedHolds;
  readonly Store: typeof SimulatedStore;
  /** The ports of a take-back. */
  ports(ports: TakeBackPorts): TakeBackPorts;
  /** The number up to which a cursor may move. */
  frontier(database: SimulatedDatabase, couponId: CouponId, after: number): number;
  readonly reconciles: boolean;
}

export const noHoldsPlant: HoldsPlant = {
  Holds: SimulatedHolds,
  Store: SimulatedStore,
  ports: (ports) => ports,
  frontier: explainedUpTo,
  reconciles: true,
};

function explainedUpTo(database: SimulatedDatabase, couponId: CouponId, after: number): number {
  const { rows, revoked } = database.ledgerOf(couponId);
  let frontier = after;
  while (rows.has(frontier + 1) || revoked.has(frontier + 1)) frontier += 1;
  return frontier;
}

export interface ConfirmCall {
  readonly issueNo: number;
  readonly orderId: OrderId;
  /** `undefined`: lost. */
  answer: string | undefined;
}

export interface HoldHistory {
  readonly seed: number;
  readonly calls: readonly ConfirmCall[];
  readonly issued: number;
  readonly expired: number;
  readonly violations: readonly string[];
}

export async function simulateHolds(seed: number, plant: HoldsPlant = noHoldsPlant): Promise<HoldHistory> {
  const world = new HoldWorld(seed, plant);
  await world.run();
  return { seed, ...world.judge() };
}

class HoldWorld {
  readonly #random: Random;
  readonly #time = new VirtualTime();
  readonly #plant: HoldsPlant;
  readonly #database = new SimulatedDatabase();
  readonly #store: SimulatedStore;
  readonly #holds: SimulatedHolds;
  readonly #tables = new SimulatedServer();
  readonly #redis = new SimulatedServer();
  readonly #couponId: CouponId;
  readonly #quantity: number;
  readonly #holdMs: number;
  readonly #violations = new Set<string>();
  readonly #calls: ConfirmCall[] = [];
  readonly #issued: Issuance[] = [];

  constructor(seed: number, plant: HoldsPlant) {
    this.#plant = plant;
    const random = new Random(seed);
    this.#random = random;
    this.#quantity = random.between(1, 4);
    this.#holdMs = random.between(30, 60) * 1_000;
    this.#store = this.#watchVersions(new plant.Store(() => this.#time.nowMs()));
    this.#holds = new plant.Holds(this.#database, () => this.#time.nowMs(), this.#holdMs);
    const terms = { opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
    const about = { sellerId: 's', name: 'simulated', discount: undefined, createdAtMs: 0 };
    this.#couponId = this.#database.insert({ ...about, ...terms, quantity: this.#quantity }).couponId;
    const level = (): number => random.pick([0, 0.05, 0.2]);
    for (const server of [this.#tables, this.#redis]) {
      server.faults = {
        ...{ refused: level(), requestLost: level(), replyLost: level(), duplicated: level(), late: level() },
        delayMaxMs: random.pick([2, 40]),
      };
    }
  }

  async run(): Promise<void> {
    const random = this.#random;
    const couponId = this.#couponId;
    const terms = { quantity: this.#quantity, opensAtMs: undefined, closesAtMs: undefined };
    const coupon = { couponId, ...terms, paused: false, closed: false, version: 1, epoch: 1, lastIssueNo: 0 };
    this.#store.warm(coupon, []);
    for (let member = 1; member <= MEMBERS; member += 1) {
      for (let presses = random.between(1, 3); presses > 0; presses -= 1) {
        this.#time.at(random.between(0, ACTS_MAX_MS), () => this.#press(holderNamed(member)));
      }
    }
    for (let place = 0; place < SWEEPERS; place += 1) this.#startSweeper(`recorder-${place}`);
    if (this.#plant.reconciles) this.#startReconciler();
    this.#time.at(FAULTS_END_MS, () => {
      this.#tables.faults = this.#redis.faults = calmNetwork;
    });
    await this.#time.runUntil(END_MS);
  }

  /** A download, decided at once; its row comes later, sometimes later than its hold ends. */
  #press(holder: HolderId): void {
    const random = this.#random;
    const [couponId, notAfterMs] = [this.#couponId, Infinity];
    const reply = this.#store.admit({ couponId, epoch: 1, holders: [holder], notAfterMs });
    if (reply.status !== 'decided' || reply.issuedCount === 0) return;
    const { firstIssueNo: issueNo, storeNowMs: issuedAtMs } = reply;
    const issuance = { issueNo, holder, issuedAtMs };
    this.#issued.push(issuance);
    const lateMs = random.chance(0.1) ? random.between(0, this.#holdMs + 60_000) : random.between(0, 400);
    this.#time.at(issuedAtMs + lateMs, () => {
      this.#database.record({ couponId, epoch: 1, issuances: [issuance] });
    });
    const endMs = issuedAtMs + this.#holdMs;
    for (let orders = random.between(0, 2); orders > 0; orders -= 1) {
      const aroundTheEnd = random.chance(0.7);
      const atMs = aroundTheEnd
        ? endMs + random.between(25_000, 35_000)
        : random.between(issuedAtMs, endMs + 60_000);
      const orderId = orderNamed(random.pick(['A', 'A', 'B']));
      this.#time.at(atMs, () => void this.#pay(issueNo, orderId));
    }
    if (random.chance(0.15)) {
      this.#time.at(random.between(issuedAtMs, endMs + 40_000), () => void this.#release(issueNo));
    }
  }

  /** A shop repeats what was not answered, and after a while gives up. */
  async #pay(issueNo: number, orderId: OrderId): Promise<void> {
    const link = this.#linkOf(this.#newProcess('shop'), this.#tables);
    for (let attempt = 0; attempt < PAYMENT_REPEATS_MAX; attempt += 1) {
      const call: ConfirmCall = { issueNo, orderId, answer: undefined };
      this.#calls.push(call);
      try {
        call.answer = await link.call(() => this.#confirm(issueNo, orderId));
        return;
      } catch {
        // Without an answer: the same command once more.
      }
    }
  }

  /** The answer is judged at the instant at which the row decides. */
  #confirm(issueNo: number, orderId: OrderId): string {
    const { status } = this.#holds.confirm(this.#couponId, issueNo, orderId);
    if (status === 'hold_expired' && this.#holds.rowAt(this.#couponId, issueNo) !== undefined)
      this.#violations.add(`number ${issueNo} was refused as ended while it had its row`);
    return status;
  }

  async #release(issueNo: number): Promise<void> {
    const process = this.#newProcess('api');
    if (this.#random.chance(0.3)) process.crashAtStep(this.#random.between(1, 12));
    const holds = new Holds({ ...this.#portsOf(process), clock: process });
    const actor = { kind: 'member', id: 'm', address: '' } as const;
    await holds.release({ couponId: this.#couponId, issueNo }, actor).catch(() => undefined);
  }

  #startSweeper(name: string): void {
    const process = this.#newProcess(name);
    const { holds, takeBack } = this.#portsOf(process);
    const tables = this.#linkOf(process, this.#tables);
    const sweeper = new HoldSweeper({
      ...{ holds, takeBack, clock: process, scheduler: process, counters: new HoldCounters() },
      settledRows: {
        read: (couponId, after) =>
          tables.call(() => ({
            frontier: this.#plant.frontier(this.#database, couponId, after),
            more: false,
          })),
      },
      onExpired: () => undefined,
      onFault: () => undefined,
    });
    sweeper.start();
    if (this.#time.nowMs() > FAULTS_END_MS) return;
    if (this.#random.chance(0.7)) process.crashAtStep(this.#random.between(1, 120));
    if (this.#random.chance(0.2)) process.freeze(this.#random.between(1, 40_000));
    process.onCrash(() => {
      this.#time.after(this.#random.between(0, 20_000), () => this.#startSweeper(name));
    });
  }

  /** As the reconciler of a pending coupon does. */
  #startReconciler(): void {
    const process = this.#newProcess('reconciler');
    const { admission } = this.#portsOf(process);
    const held = (_: CouponId, holders: readonly HolderId[]) =>
      Promise.resolve(holders.map((holder) => this.#store.coupons.get(this.#couponId)?.winners.get(holder)));
    process.every(RECONCILE_MS, () => {
      const revocations = [...this.#holds.ended.values()];
      void unfinishedRevocations({ held }, this.#couponId, revocations, process.nowMs())
        .then((half) =>
          finishRevokes({ admission, versions: { publish: () => undefined } }, this.#couponId, half),
        )
        .catch(() => undefined);
    });
  }

  #portsOf(process: SimulatedProcess) {
    const tables = this.#linkOf(process, this.#tables);
    const admission = new SimulatedAdmission(this.#linkOf(process, this.#redis), this.#store);
    const couponId = this.#couponId;
    const numberOf = (issuance: object): number => ('issueNo' in issuance ? Number(issuance.issueNo) : 0);
    const holds: HoldLedger = {
      confirm: (issuance, orderId) =>
        tables.call(() => this.#holds.confirm(couponId, numberOf(issuance), orderId)),
      stateOf: (issuance) => tables.call(() => this.#holds.stateOf(couponId, numberOf(issuance))),
      revokeMany: (id, _epoch, issuances, reason) =>
        tables.call(() => this.#holds.revokeMany(id, issuances, reason)),
      holdingCoupons: (after) =>
        tables.call(() => (after >= couponId ? [] : [{ couponId, epoch: 1, holdMs: this.#holdMs }])),
      openRows: (id, after, limit) => tables.call(() => this.#holds.openRows(id, after, limit)),
      openCount: (id, after) => tables.call(() => this.#holds.openRows(id, after, Infinity).rows.length),
      counts: () => tables.call(() => ({ held: 0, confirmed: this.#holds.confirmed.size })),
    };
    const catalogue = {
      find: (ids: readonly CouponId[]) => tables.call(() => ids.map((id) => this.#database.coupons.get(id))),
      saveTerms: () => Promise.resolve(),
    };
    const versions = { publish: () => undefined };
    const takeBack = new TakeBack(
      this.#plant.ports({ admission, catalogue, holds, versions, bell: undefined }),
    );
    return {
      takeBack,
      admission,
      holds,
      catalogue,
      warmer: { prepare: () => Promise.resolve('present' as const) },
    };
  }

  /** However many units come back in one step, the version grows by one. */
  #watchVersions(store: SimulatedStore): SimulatedStore {
    const revokeMany = store.revokeMany.bind(store);
    store.revokeMany = (couponId, issuances) => {
      const before = store.coupons.get(couponId)?.version ?? 0;
      const reply = revokeMany(couponId, issuances);
      const grown = (store.coupons.get(couponId)?.version ?? 0) - before;
      const count = reply.status === 'revoked' ? reply.count : 0;
      if (grown !== Math.min(count, 1)) this.#violations.add(`${count} units were ${grown} versions`);
      return reply;
    };
    return store;
  }

  #newProcess(name: string): SimulatedProcess {
    return new SimulatedProcess(name, this.#time, this.#random);
  }

  #linkOf(process: SimulatedProcess, server: SimulatedServer): Link {
    return new SimulatedLink(process, server, { time: this.#time, random: this.#random }, CALL_DEADLINE_MS);
  }

  judge(): Omit<HoldHistory, 'seed'> {
    const violations = this.#violations;
    const { rows } = this.#database.ledgerOf(this.#couponId);
    const winners = this.#store.coupons.get(this.#couponId)?.winners ?? new Map<HolderId, Issuance>();
    const { confirmed, ended } = this.#holds;
    for (const { issueNo, orderId, answer } of this.#calls) {
      const isTheirs = rows.has(issueNo) && confirmed.get(issueNo) === orderId;
      if ((answer === 'confirmed' || answer === 'repeated') && !isTheirs)
        violations.add(`number ${issueNo} was confirmed for order ${orderId} and is not theirs`);
      if (answer === 'hold_expired' && (rows.has(issueNo) || !ended.has(issueNo)))
        violations.add(`number ${issueNo} was refused as ended and still has its row`);
      if (answer === 'confirmed_by_other_order' && (confirmed.get(issueNo) ?? orderId) === orderId)
        violations.add(`number ${issueNo} was refused to the order that has it`);
    }
    for (const { issueNo, holder } of rows.values()) {
      if (!confirmed.has(issueNo)) violations.add(`number ${issueNo} is held long after its end`);
      if (winners.get(holder)?.issueNo !== issueNo)
        violations.add(`number ${issueNo} has a row, and its unit is in stock`);
    }
    for (const { issueNo } of winners.values()) {
      if (!rows.has(issueNo)) violations.add(`number ${issueNo} has no row, and its unit is not in stock`);
    }
    if (rows.size > this.#quantity) violations.add(`${rows.size} rows of ${this.#quantity} units`);
    for (const { issueNo } of this.#issued) {
      if (!rows.has(issueNo) && !ended.has(issueNo)) violations.add(`number ${issueNo} is lost`);
    }
    const expired = [...ended.values()].filter(({ reason }) => reason === 'hold_expired').length;
    return { calls: this.#calls, issued: this.#issued.length, expired, violations: [...violations] };
  }
}

function holderNamed(place: number): HolderId {
  const memberId = parseMemberId(`m${place}`);
  if (memberId === undefined) throw new Error(`m${place} is not a member id`);
  return memberId;
}

function orderNamed(text: string): OrderId {
  const orderId = parseOrderId(text);
  if (orderId === undefined) throw new Error(`${text} is not an order id`);
  return orderId;
}
