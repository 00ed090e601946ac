/** Simulates members who request, give up, are disconnected, and request again. */
import type { CouponId, HolderId, MemberId } from '../../domain/coupon.js';
import { holderOf, memberOf, unitOf } from '../../domain/holder.js';
import type { DoorRefusal, DownloadOutcome, PendingDownload } from '../../domain/download.js';
import type { DownloadCall } from '../checker/history.js';
import { NOT_READY } from '../../download/outcomes.js';
import { STORE_OFFSET_MS } from './scenario.js';
import type { SimulatedDoor } from './simulated-door.js';
import type { SimulatedEligibility } from './simulated-eligibility.js';
import type { SimulatedExclusion } from './simulated-exclusion.js';
import type { SimulatedOrders } from './simulated-orders.js';
import type { ApiProcess, SimulatedWorld } from './simulated-world.js';

const WAY_MAX_MS = 3;
const RETRY_PROBABILITY = 0.7;
const DISCONNECT = 0.12;

/**
 * A class and not an object with a getter: such an object has a shape of its own, which the engine keeps with the whole history behind it until
 * old memory is collected: a fifth of the time of all histories.
 */
class SimulatedDownload implements PendingDownload {
  readonly couponId: CouponId;
  readonly refusedAs: DoorRefusal | undefined;
  readonly settle: (outcome: DownloadOutcome) => void;
  readonly #call: DownloadCall;

  constructor(
    couponId: CouponId,
    call: DownloadCall,
    refusedAs: DoorRefusal | undefined,
    settle: (outcome: DownloadOutcome) => void,
  ) {
    this.couponId = couponId;
    this.refusedAs = refusedAs;
    this.settle = settle;
    this.#call = call;
  }

  get holder(): HolderId {
    return this.#call.holder;
  }

  get abandoned(): boolean {
    return this.#call.cutOff;
  }
}

export interface MemberDoors {
  readonly door: SimulatedDoor;
  readonly eligibility: SimulatedEligibility;
  readonly exclusion: SimulatedExclusion | undefined;
}

export class SimulatedMembers {
  readonly calls: DownloadCall[] = [];
  readonly #world: SimulatedWorld;
  readonly #couponId: CouponId;
  readonly #door: SimulatedDoor;
  readonly #eligibility: SimulatedEligibility;
  readonly #exclusion: SimulatedExclusion | undefined;
  readonly #patientUntilMs: number;
  readonly #orders: SimulatedOrders | undefined;

  constructor(
    world: SimulatedWorld,
    couponId: CouponId,
    doors: MemberDoors,
    patientUntilMs: number,
    orders: SimulatedOrders | undefined,
  ) {
    this.#orders = orders;
    this.#world = world;
    this.#couponId = couponId;
    this.#door = doors.door;
    this.#eligibility = doors.eligibility;
    this.#exclusion = doors.exclusion;
    this.#patientUntilMs = patientUntilMs;
  }

  get waiting(): boolean {
    return this.calls.some((call) => call.outcome === undefined && !call.cutOff);
  }

  /** Requests for one of the units that the coupon ever gives, or for one more. */
  requestAny(memberId: MemberId): void {
    const { mostUnits, random } = this.#door;
    this.request(mostUnits === 1 ? memberId : holderOf(memberId, random.between(1, mostUnits + 1)));
  }

  request(holder: HolderId, api: ApiProcess = this.#world.random.pick(this.#world.apis)): DownloadCall {
    const { time, random } = this.#world;
    const call: DownloadCall = {
      holder,
      invokedMs: time.nowMs(),
      answeredMs: undefined,
      outcome: undefined,
      cutOff: false,
      grade: this.#eligibility.grade(),
      memorySinceMs: undefined,
    };
    this.calls.push(call);
    const cutOff = (): void => {
      if (call.outcome !== undefined || call.cutOff) return;
      call.cutOff = true;
      this.#requestAgain(holder);
    };
    const settle = (outcome: DownloadOutcome): void => {
      time.after(random.next() * WAY_MAX_MS, () => this.#answer(call, outcome));
    };
    time.after(random.next() * WAY_MAX_MS, () => {
      if (!api.process.alive) {
        cutOff();
        return;
      }
      api.process.onCrash(cutOff);
      api.process.happen(() => {
        call.memorySinceMs = api.subscription.memorySinceMs;
        const { refusedAs: overLimit, answersAlone } = this.#door.judge(holder, time.nowMs());
        const first = overLimit ?? this.#eligibility.refusal(call.grade, time.nowMs());
        const refusedAs = first ?? this.#exclusion?.judge(api, memberOf(holder));
        if (refusedAs === 'not_loaded') settle(NOT_READY);
        else if (answersAlone && overLimit !== undefined) settle(overLimit);
        else api.engine.download(new SimulatedDownload(this.#couponId, call, refusedAs, settle));
      });
    });
    if (time.nowMs() < this.#patientUntilMs && random.chance(DISCONNECT))
      time.after(random.between(0, 60), cutOff);
    return call;
  }

  #answer(call: DownloadCall, outcome: DownloadOutcome): void {
    if (call.cutOff) return;
    if (call.outcome !== undefined) throw new Error('A download was settled twice.');
    call.outcome = outcome;
    call.answeredMs = this.#world.time.nowMs();
    if ('issueNo' in outcome)
      this.#orders?.onHeld(call.holder, outcome.issueNo, outcome.issuedAtMs - STORE_OFFSET_MS);
    if (['busy', 'not_ready', 'outcome_unknown', 'issued'].includes(outcome.outcome))
      this.#requestAgain(call.holder);
  }

  /** The same unit, or the next one. */
  #requestAgain(holder: HolderId): void {
    const { time, random } = this.#world;
    const afterMs = random.between(5, 200);
    if (time.nowMs() + afterMs >= this.#patientUntilMs || !random.chance(RETRY_PROBABILITY)) return;
    const { mostUnits, random: ownRandom } = this.#door;
    const isNext = mostUnits > 1 && ownRandom.chance(0.3);
    const next = isNext ? holderOf(memberOf(holder), unitOf(holder) + 1) : holder;
    time.after(afterMs, () => void this.request(next));
  }
}
