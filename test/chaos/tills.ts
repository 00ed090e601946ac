/** Redeems and cancels orders of one coupon as tills do, repeats lost requests, and records every answer. */
import { setTimeout as pause } from 'node:timers/promises';
import { parseOrderId } from '../../src/engine/domain/redemption.js';
import { freshIssuance, statesAfter } from '../../src/engine/testing/contracts/redemption-model.js';
import type {
  RedemptionCall,
  RedemptionCommand,
} from '../../src/engine/testing/contracts/redemption-model.js';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';

const TILLS = 8;
const ISSUANCES_EACH = 3;
const PAUSE_MS = 40;
const HANG_UP_AFTER_MS = 2_000;

/** What each till asks for its issuances, in this order. A repeat of a dead order and a second order are among them. */
const SCRIPT: readonly (readonly ['redeem' | 'cancel', string])[] = [
  ['redeem', 'A'],
  ['redeem', 'A'],
  ['redeem', 'B'],
  ['cancel', 'A'],
  ['redeem', 'A'],
  ['redeem', 'B'],
];

const answerOf: Readonly<Record<string, string>> = {
  'redeem 201': 'redeemed',
  'redeem 200': 'repeated',
  'redeem redemption_cancelled': 'redemption_cancelled',
  'redeem already_used': 'already_used',
  'redeem not_issued': 'absent',
  'cancel 200': 'cancelled',
  'cancel not_redeemed': 'not_redeemed',
  'cancel not_issued': 'absent',
};

export class Tills {
  readonly #client: HttpClient;
  readonly #couponId: number;
  /** By issuance, as they were made. */
  readonly #calls = new Map<number, RedemptionCall[]>();
  #running: Promise<unknown> = Promise.resolve();

  constructor(origin: string, couponId: number) {
    this.#client = new HttpClient(origin, TILLS);
    this.#couponId = couponId;
  }

  /** Each till has some issuances of its own, of the first `recorded`. */
  start(recorded: number): void {
    const numbers = Array.from(
      { length: Math.min(recorded, TILLS * ISSUANCES_EACH) },
      (_, place) => place + 1,
    );
    this.#running = Promise.all(
      Array.from({ length: TILLS }, async (_, till) => {
        for (const issueNo of numbers.filter((number) => number % TILLS === till)) await this.#serve(issueNo);
      }),
    );
  }

  async finish(): Promise<void> {
    await this.#running;
    this.#client.close();
  }

  get answered(): number {
    return [...this.#calls.values()].flat().filter(({ answer }) => answer !== undefined).length;
  }

  /** Issuances whose answers fit no order of what was asked. A request without an answer may take effect at any time after it. */
  findings(): string[] {
    return [...this.#calls].flatMap(([issueNo, calls]) => {
      const firstLost = calls.findIndex(({ answer }) => answer === undefined);
      const settled = firstLost === -1 ? calls : calls.slice(0, firstLost);
      let states = [freshIssuance];
      for (const call of settled) states = statesAfter(states, [call], 'restore');
      const rest = calls.slice(settled.length);
      // What was lost may never have arrived. Of repeats of one command at most one changes anything.
      const lost = [
        ...new Map(rest.filter(isLost).map((call) => [JSON.stringify(call.command), call])).values(),
      ];
      const known = rest.filter(({ answer }) => answer !== undefined);
      const fits = subsets(lost).some(
        (arrived) => statesAfter(states, [...arrived, ...known], 'restore').length > 0,
      );
      return fits ? [] : [`number ${issueNo}: ${JSON.stringify(calls)}`];
    });
  }

  async #serve(issueNo: number): Promise<void> {
    const token = await signToken('900001', 'seller');
    for (const [kind, text] of SCRIPT) {
      const orderId = parseOrderId(`${text}-${issueNo}`);
      if (orderId === undefined) throw new Error('no order id');
      const command: RedemptionCommand = { kind, orderId };
      while (!(await this.#ask(issueNo, command, token))) await pause(PAUSE_MS);
      await pause(PAUSE_MS);
    }
  }

  /** A request to a server that is not there would be recorded as one whose answer was lost. */
  async #untilThere(): Promise<void> {
    while ((await this.#client.tryCall('/healthz', { hangUpAfterMs: HANG_UP_AFTER_MS }))?.status !== 200)
      await pause(PAUSE_MS);
  }

  /** Whether there was a definite answer. */
  async #ask(issueNo: number, command: RedemptionCommand, token: string): Promise<boolean> {
    if (command.kind === 'revoke') return true;
    const { kind, orderId } = command;
    const path = `/v1/coupons/${this.#couponId}/issuances/${issueNo}/redemptions`;
    const reply = await this.#client.tryCall(kind === 'redeem' ? path : `${path}/${orderId}`, {
      ...(kind === 'redeem' ? { method: 'POST', body: { orderId } } : { method: 'DELETE' }),
      ...{ token, hangUpAfterMs: HANG_UP_AFTER_MS },
    });
    if (reply === undefined) await this.#untilThere();
    const code = reply?.body['code'];
    // These were not attempted: nothing to record.
    if (['busy', 'not_ready', 'not_recorded'].includes(String(code))) return false;
    const answer = reply && answerOf[`${kind} ${reply.status < 300 ? reply.status : String(code)}`];
    this.#calls.set(issueNo, [...(this.#calls.get(issueNo) ?? []), { command, answer }]);
    return answer !== undefined;
  }
}

function isLost({ answer }: RedemptionCall): boolean {
  return answer === undefined;
}

function subsets<Item>(items: readonly Item[]): Item[][] {
  return items.reduce<Item[][]>((all, item) => [...all, ...all.map((one) => [...one, item])], [[]]);
}
