/**
 * The way between processes and a store: delays, losses, doubles, and a store that stands still, refuses, or comes back empty.
 *
 * Commands of one connection arrive in order. A command without an answer ends its connection, as the back ends do it, so the
 * next command may overtake it.
 */
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../../errors.js';
import type { Link } from './link.js';
import type { Random } from './random.js';
import type { SimulatedProcess } from './simulated-process.js';
import { cancel } from './virtual-time.js';
import type { VirtualTime } from './virtual-time.js';

/** How bad the network is: probabilities for each command. */
export interface NetworkFaults {
  readonly refused: number;
  readonly requestLost: number;
  readonly replyLost: number;
  readonly doubled: number;
  /** Delivered very late, usually after everybody gave it up. */
  readonly late: number;
  readonly delayMaxMs: number;
}

export const calmNetwork: NetworkFaults = {
  refused: 0,
  requestLost: 0,
  replyLost: 0,
  doubled: 0,
  late: 0,
  delayMaxMs: 2,
};

/** The longest a command may be under way before it arrives after all. */
export const LATE_MAX_MS = 2_000;

/** One store as its clients meet it. */
export class SimulatedServer {
  faults: NetworkFaults = calmNetwork;
  stillUntilMs = 0;
  refusingUntilMs = 0;
  /** Connections of an earlier life are gone, with all that was under way on them. */
  life = 1;
}

export class SimulatedLink implements Link {
  readonly #process: SimulatedProcess;
  readonly #server: SimulatedServer;
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #callDeadlineMs: number;
  #lastArrivalMs = 0;

  constructor(
    process: SimulatedProcess,
    server: SimulatedServer,
    world: { readonly time: VirtualTime; readonly random: Random },
    callDeadlineMs: number,
  ) {
    this.#process = process;
    this.#server = server;
    this.#time = world.time;
    this.#random = world.random;
    this.#callDeadlineMs = callDeadlineMs;
  }

  call<Reply>(command: () => Reply, times?: 'once'): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (!this.#process.step()) return;
      const { faults, refusingUntilMs, life } = this.#server;
      const random = this.#random;
      if (this.#time.nowMs() < refusingUntilMs || random.chance(faults.refused)) {
        this.#process.after(1, () => reject(new StoreUnavailableError('The store refuses.')));
        return;
      }
      let answered = false;
      const answer = (give: () => void): void => {
        if (answered) return;
        answered = true;
        cancel(deadline);
        if (this.#process.step()) give();
      };
      const deadline = this.#process.after(this.#callDeadlineMs, () => {
        this.#lastArrivalMs = 0;
        answer(() => reject(new StoreOutcomeUnknownError('No answer in time.')));
      });
      if (random.chance(faults.requestLost)) return;

      const replyLost = random.chance(faults.replyLost);
      const arrive = (first: boolean): void => {
        const nowMs = this.#time.nowMs();
        if (nowMs < this.#server.stillUntilMs) {
          this.#time.at(this.#server.stillUntilMs, () => arrive(first));
          return;
        }
        if (this.#server.life !== life) return;
        const outcome = carryOut(command);
        if (!first || replyLost) return;
        this.#process.after(this.#delayMs(), () =>
          answer(() => ('fault' in outcome ? reject(outcome.fault) : resolve(outcome.reply))),
        );
      };
      const lateMs = random.chance(faults.late) ? random.between(this.#callDeadlineMs, LATE_MAX_MS) : 0;
      const arrivalMs = Math.max(this.#lastArrivalMs, this.#time.nowMs() + this.#delayMs() + lateMs);
      this.#lastArrivalMs = arrivalMs;
      this.#time.at(arrivalMs, () => arrive(true));
      if (times !== 'once' && random.chance(faults.doubled)) {
        this.#time.at(arrivalMs + random.between(0, this.#callDeadlineMs), () => arrive(false));
      }
    });
  }

  #delayMs(): number {
    return this.#random.next() * this.#server.faults.delayMaxMs;
  }
}

function carryOut<Reply>(command: () => Reply): { readonly reply: Reply } | { readonly fault: Error } {
  try {
    return { reply: command() };
  } catch (fault) {
    if (fault instanceof StoreUnavailableError) return { fault };
    throw fault;
  }
}
