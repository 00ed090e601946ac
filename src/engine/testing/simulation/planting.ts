/** Defines where a bug may be planted. The real system plants none. */
import type { Admission } from '../../ports/admission.js';
import type { CouponChanges } from '../../ports/coupon-changes.js';
import type { IssuanceQueue } from '../../ports/issuance-queue.js';
import type { HoldLedger } from '../../ports/hold-ledger.js';
import type { Versions } from '../../ports/versions.js';
import type { UnitLimit } from '../checker/history.js';
import type { HoldSweeperPorts } from '../../holds/hold-sweeper.js';
import type { TakeBackPorts } from '../../holds/take-back.js';
import type { HolderReader } from './simulated-exclusion.js';
import type { Random } from './random.js';
import type { Scenario } from './scenario.js';
import { SimulatedDoor } from './simulated-door.js';
import type { SimulatedProcess } from './simulated-process.js';
import { StoreRecovery } from './simulated-recovery-store.js';
import { RULE_LAG_MAX_MS } from './simulated-eligibility.js';
import { SimulatedDatabase } from './simulated-database.js';
import { SimulatedHolds } from './simulated-holds.js';
import { SimulatedStore } from './simulated-store.js';

export type SettledReader = HoldSweeperPorts['settledRows'];

export interface Planting {
  /** Draws towards what a rare bug needs. */
  scenario(drawn: Scenario): Scenario;
  store(nowMs: () => number): SimulatedStore;
  database(): SimulatedDatabase;
  admission(admission: Admission, process: SimulatedProcess, store: SimulatedStore): Admission;
  queue(queue: IssuanceQueue): IssuanceQueue;
  changes(changes: CouponChanges, admission: Admission): CouponChanges;
  versions(versions: Versions): Versions;
  recovery(store: SimulatedStore): StoreRecovery;
  holds(database: SimulatedDatabase, nowMs: () => number): SimulatedHolds;
  /** The ports of a take-back. */
  takeBack(ports: TakeBackPorts & { readonly holds: HoldLedger }): TakeBackPorts;
  /** What a sweeper takes for settled. */
  settled(settled: SettledReader, database: SimulatedDatabase): SettledReader;
  readonly reconciles: boolean;
  /** Reads who is excluded from another coupon. */
  holders(holders: HolderReader, database: SimulatedDatabase): HolderReader;
  door(limits: readonly UnitLimit[], random: Random): SimulatedDoor;
  /** How late a process may know a change of a door rule. */
  readonly ruleLagMaxMs: number;
}

export const nothingPlanted: Planting = {
  scenario: (drawn) => drawn,
  store: (nowMs) => new SimulatedStore(nowMs),
  database: () => new SimulatedDatabase(),
  admission: (admission) => admission,
  queue: (queue) => queue,
  changes: (changes) => changes,
  versions: (versions) => versions,
  recovery: (store) => new StoreRecovery(store),
  holds: (database, nowMs) => new SimulatedHolds(database, nowMs),
  takeBack: (ports) => ports,
  settled: (settled) => settled,
  reconciles: true,
  holders: (holders) => holders,
  door: (limits, random) => new SimulatedDoor(limits, random),
  ruleLagMaxMs: RULE_LAG_MAX_MS,
};

/** The same port with methods that may be replaced. */
export function wrapAdmission(admission: Admission): {
  -readonly [Name in keyof Admission]: Admission[Name];
} {
  return {
    admit: (batch) => admission.admit(batch),
    admitRound: (batches, answer) => admission.admitRound(batches, answer),
    shardOf: (couponId) => admission.shardOf(couponId),
    snapshots: (couponIds) => admission.snapshots(couponIds),
    issuanceOf: (couponId, memberId) => admission.issuanceOf(couponId, memberId),
    issuancesOf: (couponId, holders) => admission.issuancesOf(couponId, holders),
    unrecordedHolder: (couponId, issueNo) => admission.unrecordedHolder(couponId, issueNo),
    winners: (couponId, version, limit) => admission.winners(couponId, version, limit),
    warm: (couponId, read) => admission.warm(couponId, read),
    amend: (couponId, change, numbered) => admission.amend(couponId, change, numbered),
    revoke: (couponId, issueNo, memberId) => admission.revoke(couponId, issueNo, memberId),
    revokeMany: (couponId, issuances) => admission.revokeMany(couponId, issuances),
  };
}

/** The same port with methods that may be replaced. */
export function wrapChanges(changes: CouponChanges): {
  -readonly [Name in keyof CouponChanges]: CouponChanges[Name];
} {
  return {
    begin: (request) => changes.begin(request),
    takeOver: (change) => changes.takeOver(change),
    complete: (change, version, terms) => changes.complete(change, version, terms),
    discard: (change) => changes.discard(change),
    unsettled: (limit) => changes.unsettled(limit),
    withUnsettledChange: (couponId) => changes.withUnsettledChange(couponId),
    removeExpiredKeys: (nowMs) => changes.removeExpiredKeys(nowMs),
  };
}
