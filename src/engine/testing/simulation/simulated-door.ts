/** Simulates the door of the front end: the limit of units for each member, as a process knows it. */
import { LIMIT_REACHED } from '../../download/outcomes.js';
import type { DoorRefusal } from '../../domain/download.js';
import { type HolderId, unitOf } from '../../domain/holder.js';
import type { UnitLimit } from '../checker/history.js';
import type { Random } from './random.js';

/** Processes follow the rules of coupons within a second. */
const LAG_MAX_MS = 950;

export interface DoorVerdict {
  readonly refusedAs: DoorRefusal | undefined;
  /** The door answers without asking whether the member holds the unit: a planted bug. */
  readonly answersAlone: boolean;
}

export class SimulatedDoor {
  readonly limits: readonly UnitLimit[];
  readonly random: Random;

  constructor(limits: readonly UnitLimit[], random: Random) {
    this.limits = limits;
    this.random = random;
  }

  get mostUnits(): number {
    return Math.max(...this.limits.map(({ perMember }) => perMember));
  }

  judge(holder: HolderId, nowMs: number): DoorVerdict {
    const unit = unitOf(holder);
    if (unit === 1) return MAY_WIN;
    return unit > this.limitKnownAt(nowMs) ? { refusedAs: LIMIT_REACHED, answersAlone: false } : MAY_WIN;
  }

  protected limitKnownAt(nowMs: number): number {
    const asOfMs = nowMs - this.random.between(0, LAG_MAX_MS);
    return this.limits.findLast(({ fromMs }) => fromMs <= asOfMs)?.perMember ?? 1;
  }
}

const MAY_WIN: DoorVerdict = { refusedAs: undefined, answersAlone: false };
