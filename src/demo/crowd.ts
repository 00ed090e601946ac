/**
 * Runs a crowd: members retry until the answer is definite, and every call is recorded.
 *
 * The demo, the tests and the injected faults share it. How a request is sent is the caller's: the demo uses the typed client,
 * the tests count and cut their connections, which `fetch` hides at four times the processor time (90 against 390 µs a request).
 */
import { setTimeout as pause } from 'node:timers/promises';

/** Between two requests of a member whose answer was not definite. The server asks for a second; a test has less patience. */
const RETRY_MS = 100;
/** The same without any answer: two hundred members who reconnect at once keep a server from starting. */
const UNANSWERED_RETRY_MS = 250;
/**
 * Between two requests of a member who continues after a definite answer: a whole crowd of those must leave the servers
 * some time.
 */
const CONTINUE_AFTER_MS = 100;
const POLL_MS = 20;

export interface Member {
  readonly memberId: string;
  readonly token: string;
}

export interface DownloadAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends one download. `undefined`: the connection broke before the answer was complete. */
export type SendDownload = (
  couponId: number,
  token: string,
  hangUpAfterMs?: number,
) => Promise<DownloadAnswer | undefined>;

/** One call of one member as the client saw it. */
export interface CrowdRequest {
  readonly memberId: string;
  /** Monotonic, of the one process in which all clients run. */
  readonly invokedMs: number;
  /** When the answer was complete; `undefined`: it was lost. */
  readonly answeredMs: number | undefined;
  readonly status: number | undefined;
  /** `issued`, `already_issued`, or the code of a problem; `lost` without an answer. */
  readonly outcome: string;
  readonly issueNo: number | undefined;
  /** By the store's clock: when the issuance was made, or when a coupon that is not open opens. */
  readonly storeMs: number | undefined;
  /** With `not_eligible`: the part of the coupon's rule that excludes the member. */
  readonly rule?: string;
}

export interface CrowdOptions {
  /** Members with a request in flight. */
  readonly lanes: number;
  /** Between two members of one lane, so that a burst lasts long enough to be struck in its middle. */
  readonly paceMs?: number;
  /** How long a member retries after an answer that is not definite; 0 requests once. */
  readonly patienceMs?: number;
  /** How long a member waits before such a retry. */
  readonly retryMs?: (request: CrowdRequest) => number;
  /** Called with the last request of each member in the line. */
  readonly onSettled?: (request: CrowdRequest) => void;
  /** Ends all retries early. */
  readonly signal?: AbortSignal;
}

const INDEFINITE: ReadonlySet<string> = new Set([
  'lost',
  'busy',
  'not_ready',
  'outcome_unknown',
  'rate_limited',
]);

/** Whether the member knows its outcome now; otherwise it retries. */
export function isDefinite(request: CrowdRequest): boolean {
  return !INDEFINITE.has(request.outcome);
}

export class Crowd {
  readonly requests: CrowdRequest[] = [];
  readonly #senders: readonly SendDownload[];
  readonly #waiting: { readonly wins: number; readonly resolve: () => void }[] = [];
  #wins = 0;
  #turn = 0;

  /** @param senders one for each server; requests take turns over them. */
  constructor(senders: readonly SendDownload[]) {
    this.#senders = senders;
  }

  /** Every member in the line requests until the answer is definite or its patience ends. A line may name a member several times. */
  async request(
    couponId: number,
    line: Iterable<Member> | AsyncIterable<Member>,
    options: CrowdOptions,
  ): Promise<void> {
    const { lanes, paceMs = 0, onSettled } = options;
    // All lanes take from one iterator.
    const next = shared(line);
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        for (let member = await next(); member !== undefined; member = await next()) {
          const last = await this.#requestUntilDefinite(couponId, member, options);
          onSettled?.(last);
          if (paceMs > 0) await pause(paceMs);
        }
      }),
    );
  }

  /** @param hangUpAfterMs closes the connection when there is no answer by then. */
  async requestOnce(couponId: number, member: Member, hangUpAfterMs?: number): Promise<CrowdRequest> {
    const send = this.#senders[this.#turn++ % this.#senders.length];
    const invokedMs = performance.now();
    const answer = await send?.(couponId, member.token, hangUpAfterMs);
    const issueNo = answer?.body['issueNo'];
    const instant = answer?.body['issuedAt'] ?? answer?.body['opensAt'];
    const rule = answer?.body['rule'];
    const request: CrowdRequest = {
      memberId: member.memberId,
      invokedMs,
      answeredMs: answer === undefined ? undefined : performance.now(),
      status: answer?.status,
      outcome: answer === undefined ? 'lost' : String(answer.body['outcome'] ?? answer.body['code']),
      issueNo: typeof issueNo === 'number' ? issueNo : undefined,
      storeMs: typeof instant === 'string' ? Date.parse(instant) : undefined,
      ...(typeof rule === 'string' ? { rule } : {}),
    };
    this.requests.push(request);
    if (request.outcome === 'issued') {
      this.#wins += 1;
      for (const waiting of this.#waiting) if (waiting.wins <= this.#wins) waiting.resolve();
    }
    return request;
  }

  /** Members make requests again and again, definite answer or not, until `until` resolves. `hangUp` draws whether and when one hangs up. */
  async requestUntil(
    until: Promise<unknown>,
    couponId: number,
    members: readonly Member[],
    hangUp: () => number | undefined = () => undefined,
  ): Promise<void> {
    const state = { ended: false };
    const end = (): void => {
      state.ended = true;
    };
    until.then(end, end);
    await Promise.all(
      members.map(async (member) => {
        while (!state.ended) {
          await this.requestOnce(couponId, member, hangUp());
          await pause(CONTINUE_AFTER_MS);
        }
      }),
    );
  }

  /** Resolves when the crowd has been answered `issued` this many times: where a test strikes. */
  winners(wins: number): Promise<void> {
    if (this.#wins >= wins) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ wins, resolve }));
  }

  /** Resolves when some member has been given this outcome. */
  async answered(outcome: string): Promise<void> {
    while (!this.requests.some((request) => request.outcome === outcome)) await pause(POLL_MS);
  }

  /** Resolves when this many requests made after an instant have been answered. */
  async answeredSince(sinceMs: number, requests: number): Promise<void> {
    while (this.requests.filter((request) => request.invokedMs > sinceMs).length < requests)
      await pause(POLL_MS);
  }

  async #requestUntilDefinite(
    couponId: number,
    member: Member,
    options: CrowdOptions,
  ): Promise<CrowdRequest> {
    const { patienceMs = 0, retryMs = defaultRetryMs, signal } = options;
    const untilMs = performance.now() + patienceMs;
    for (;;) {
      const request = await this.requestOnce(couponId, member);
      if (isDefinite(request) || performance.now() >= untilMs || signal?.aborted === true) return request;
      await pause(retryMs(request), undefined, { signal }).catch(() => undefined);
    }
  }
}

function defaultRetryMs(request: CrowdRequest): number {
  return request.outcome === 'lost' ? UNANSWERED_RETRY_MS : RETRY_MS;
}

function shared(line: Iterable<Member> | AsyncIterable<Member>): () => Promise<Member | undefined> {
  const members: AsyncIterator<Member, undefined> | Iterator<Member, undefined> =
    Symbol.asyncIterator in line ? line[Symbol.asyncIterator]() : line[Symbol.iterator]();
  return async () => (await members.next()).value;
}
