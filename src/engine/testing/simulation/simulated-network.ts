/**
 * Simulates the network between processes and a store: delays, losses, duplicates, pauses, refusals and data loss.
 *
 * Commands of one connection arrive in order. A command without an answer ends its connection, as in the back ends, so
 * the next command may overtake it.
 */
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../../domain/errors.js';
import type { Link } from './link.js';
import type { Random } from './random.js';
import type { SimulatedProcess } from './simulated-process.js';
import { cancel } from './virtual-time.js';
import type { TimedEvent, VirtualTime } from './virtual-time.js';

/** How bad the network is: probabilities for each command. */
export interface NetworkFaults {
  readonly refused: number;
  readonly requestLost: number;
  readonly replyLost: number;
  readonly duplicated: number;
  /** Delivered very late, usually after every caller gave it up. */
  readonly late: number;
  readonly delayMaxMs: number;
}

export const calmNetwork: NetworkFaults = {
  refused: 0,
  requestLost: 0,
  replyLost: 0,
  duplicated: 0,
  late: 0,
  delayMaxMs: 2,
};

/** The longest a command may be under way before it arrives after all. */
export const LATE_MAX_MS = 2_000;

/** One store as its clients see it. */
export class SimulatedServer {
  faults: NetworkFaults = calmNetwork;
  stillUntilMs = 0;
  refusingUntilMs = 0;
  /** Connections of an earlier life are closed, with all that was under way on them. */
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
      const process = this.#process;
      if (!process.step()) return;
      const { faults, refusingUntilMs } = this.#server;
      const random = this.#random;
      if (this.#time.nowMs() < refusingUntilMs || random.chance(faults.refused)) {
        process.after(1, () => reject(new StoreUnavailableError('The store refuses.')));
        return;
      }
      const call = new Call(process, this.#server, this.#time, command, resolve, reject);
      call.deadline = process.after(this.#callDeadlineMs, () => {
        this.#lastArrivalMs = 0;
        call.giveUp();
      });
      if (random.chance(faults.requestLost)) return;

      call.replyLost = random.chance(faults.replyLost);
      const lateMs = random.chance(faults.late) ? random.between(this.#callDeadlineMs, LATE_MAX_MS) : 0;
      const arrivalMs = Math.max(this.#lastArrivalMs, this.#time.nowMs() + this.#delayMs() + lateMs);
      this.#lastArrivalMs = arrivalMs;
      this.#time.plainAt(arrivalMs, () => call.arrive(random));
      if (times !== 'once' && random.chance(faults.duplicated)) {
        this.#time.plainAt(arrivalMs + random.between(0, this.#callDeadlineMs), () => call.arriveAgain());
      }
    });
  }

  #delayMs(): number {
    return this.#random.next() * this.#server.faults.delayMaxMs;
  }
}

/** One command under way. What a store does is one step that promises nothing, so its arrivals are plain events. */
class Call<Reply> {
  deadline: TimedEvent | undefined;
  replyLost = false;
  readonly #process: SimulatedProcess;
  readonly #server: SimulatedServer;
  readonly #time: VirtualTime;
  readonly #life: number;
  readonly #command: () => Reply;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (fault: Error) => void;
  #answered = false;

  constructor(
    process: SimulatedProcess,
    server: SimulatedServer,
    time: VirtualTime,
    command: () => Reply,
    resolve: (reply: Reply) => void,
    reject: (fault: Error) => void,
  ) {
    this.#process = process;
    this.#server = server;
    this.#time = time;
    this.#life = server.life;
    this.#command = command;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  giveUp(): void {
    if (this.#isOver()) return;
    this.#reject(new StoreOutcomeUnknownError('No answer in time.'));
  }

  arrive(random: Random): void {
    if (this.#waits(() => this.arrive(random)) || this.#server.life !== this.#life) return;
    const outcome = carryOut(this.#command);
    if (this.replyLost) return;
    this.#process.after(random.next() * this.#server.faults.delayMaxMs, () => {
      if (this.#isOver()) return;
      if ('fault' in outcome) this.#reject(outcome.fault);
      else this.#resolve(outcome.reply);
    });
  }

  /** The reply of the second is discarded. */
  arriveAgain(): void {
    if (this.#waits(() => this.arriveAgain()) || this.#server.life !== this.#life) return;
    carryOut(this.#command);
  }

  #waits(arrive: () => void): boolean {
    if (this.#time.nowMs() >= this.#server.stillUntilMs) return false;
    this.#time.plainAt(this.#server.stillUntilMs, arrive);
    return true;
  }

  /** Whether an answer has come before, or comes to a process that dies of it. */
  #isOver(): boolean {
    if (this.#answered) return true;
    this.#answered = true;
    if (this.deadline !== undefined) cancel(this.deadline);
    return !this.#process.step();
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
