/** Simulates members who press, give up, are disconnected, and press again. */
import type { CouponId, MemberId } from '../../domain/coupon.js';
import { memberOf } from '../../domain/holder.js';
import type { DoorRefusal, DownloadOutcome, PendingDownload } from '../../domain/download.js';
import type { DownloadCall } from '../checker/history.js';
import type { ApiProcess, SimulatedWorld } from './simulated-world.js';

const WAY_MAX_MS = 3;
const PRESS_AGAIN = 0.7;
const DISCONNECT = 0.12;

/**
 * A class and not an object with a getter: such an object has a shape of its own, which the engine keeps with the whole history behind it until
 * old memory is collected: a fifth of the time of all histories.
 */
class SimulatedDownload implements PendingDownload {
  readonly couponId: CouponId;
  readonly refusedAs: DoorRefusal | undefined = undefined;
  readonly settle: (outcome: DownloadOutcome) => void;
  readonly #call: DownloadCall;

  constructor(couponId: CouponId, call: DownloadCall, settle: (outcome: DownloadOutcome) => void) {
    this.couponId = couponId;
    this.settle = settle;
    this.#call = call;
  }

  get memberId(): MemberId {
    return memberOf(this.#call.holder);
  }

  get abandoned(): boolean {
    return this.#call.cutOff;
  }
}

export class SimulatedMembers {
  readonly calls: DownloadCall[] = [];
  readonly #world: SimulatedWorld;
  readonly #couponId: CouponId;
  readonly #patientUntilMs: number;

  constructor(world: SimulatedWorld, couponId: CouponId, patientUntilMs: number) {
    this.#world = world;
    this.#couponId = couponId;
    this.#patientUntilMs = patientUntilMs;
  }

  get waiting(): boolean {
    return this.calls.some((call) => call.outcome === undefined && !call.cutOff);
  }

  press(memberId: MemberId, api: ApiProcess = this.#world.random.pick(this.#world.apis)): DownloadCall {
    const { time, random } = this.#world;
    const call: DownloadCall = {
      holder: memberId,
      invokedMs: time.nowMs(),
      answeredMs: undefined,
      outcome: undefined,
      cutOff: false,
    };
    this.calls.push(call);
    const cutOff = (): void => {
      if (call.outcome !== undefined || call.cutOff) return;
      call.cutOff = true;
      this.#pressAgain(memberId);
    };
    const download = new SimulatedDownload(this.#couponId, call, (outcome) =>
      time.after(random.next() * WAY_MAX_MS, () => this.#answer(call, outcome)),
    );
    time.after(random.next() * WAY_MAX_MS, () => {
      if (!api.process.alive) {
        cutOff();
        return;
      }
      api.process.onCrash(cutOff);
      api.process.happen(() => api.engine.download(download));
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
    if (['busy', 'not_ready', 'outcome_unknown', 'issued'].includes(outcome.outcome))
      this.#pressAgain(memberOf(call.holder));
  }

  #pressAgain(memberId: MemberId): void {
    const { time, random } = this.#world;
    const afterMs = random.between(5, 200);
    if (time.nowMs() + afterMs >= this.#patientUntilMs || !random.chance(PRESS_AGAIN)) return;
    time.after(afterMs, () => void this.press(memberId));
  }
}
