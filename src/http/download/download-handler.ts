/**
 * Handles `POST /v1/coupons/:id/download`, the hot path.
 *
 * Most downloads of an event are answered within the turn of the event loop that received them. So this handler reads
 * one header and one parameter, creates one object, and uses no promise and no closure until a request has to wait. It
 * follows the library's rules for responses itself instead of using open-response.ts, and registers for an abort only
 * when the request has to wait.
 *
 * No body is read: the library discards it, and the connection stays open.
 */
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { CouponId, HolderId } from '../../engine/domain/coupon.js';
import { holderOf, parseUnit } from '../../engine/domain/holder.js';
import type { DoorRefusal, DownloadOutcome, PendingDownload } from '../../engine/domain/download.js';
import type { Authenticator } from '../auth/authenticator.js';
import type { Authentication, Identity, TokenFault } from '../auth/identity.js';
import { tokenProblem } from '../auth/token-problems.js';
import type { InFlight } from '../wire/in-flight.js';
import { RATE_LIMITED_RETRY_SECONDS } from '../limits/caller-limits.js';
import type { CallerLimits } from '../limits/caller-limits.js';
import { countOutcome } from './outcome-counts.js';
import type { OutcomeCounts } from './outcome-counts.js';
import type { Door, DoorVerdict } from '../door/door.js';
import type { PresenceFault } from '../presence/presence-tickets.js';
import { presentedTicket } from '../presence/presence-ticket.js';
import { BUSY, constantReply, UNKNOWN_COUPON, writeConstant, writeOutcome } from './replies.js';
import type { ConstantReply } from './replies.js';
import { bodyIsOver, HEAD_TOO_LARGE, walkHeaders } from '../wire/request-head.js';
import { REQUEST_ID_HEADER, requestIdFrom } from '../wire/request-id.js';

export interface DownloadContext {
  readonly engine: { download(ticket: PendingDownload, mayWait: boolean): void };
  readonly authenticator: Authenticator;
  readonly inFlight: InFlight;
  readonly limits: CallerLimits;
  readonly door: Pick<Door, 'concerns' | 'readsTicket' | 'judge' | 'holdMsOf'>;
  /** Added to with every answer. */
  readonly outcomes: OutcomeCounts;
  onFault(fault: unknown, requestId: string): void;
}

const WRONG_ROLE = constantReply('wrong_role', 'Only members can download coupons.');
const NO_SUCH_UNIT = constantReply('not_found', 'There is no such unit: units are 1 to 100.');
const TOO_LARGE_HEAD = constantReply(HEAD_TOO_LARGE.code, HEAD_TOO_LARGE.detail);
const RATE_LIMITED = constantReply(
  'rate_limited',
  'Too many requests. No download was attempted.',
  undefined,
  {
    'Retry-After': String(RATE_LIMITED_RETRY_SECONDS),
  },
);

function internalError(requestId: string): ConstantReply {
  const headers = { [REQUEST_ID_HEADER]: requestId };
  return constantReply(
    'internal_error',
    'The request failed. The error has been logged.',
    undefined,
    headers,
  );
}

const unauthenticated: Readonly<Record<TokenFault, ConstantReply>> = {
  token_missing: tokenReply('token_missing'),
  token_invalid: tokenReply('token_invalid'),
  token_expired: tokenReply('token_expired'),
  keys_unavailable: tokenReply('keys_unavailable'),
  account_locked: tokenReply('account_locked'),
};

function tokenReply(reason: TokenFault): ConstantReply {
  const { code, detail, fields, headers } = tokenProblem(reason);
  return constantReply(code, detail, fields, headers);
}

const notPresent: Readonly<Record<PresenceFault, ConstantReply>> = {
  presence_required: constantReply(
    'presence_required',
    'This coupon requires a presence ticket in the header X-Presence-Ticket. No download was attempted.',
  ),
  presence_invalid: constantReply(
    'presence_invalid',
    'The presence ticket does not come from the configured service, or is not valid at this time. No download was attempted.',
  ),
  presence_mismatch: constantReply(
    'presence_mismatch',
    'The presence ticket is for another member or another coupon. No download was attempted.',
  ),
  presence_unavailable: constantReply(
    'presence_unavailable',
    'Presence tickets cannot be verified at the moment. No download was attempted, try again later.',
  ),
};

/** One download: the engine settles it, and it writes the answer. */
class Download implements PendingDownload {
  readonly couponId: CouponId;
  readonly holder: HolderId;
  readonly refusedAs: DoorRefusal | undefined;
  abandoned = false;
  /** Answered, or the member has disconnected. */
  over = false;
  readonly #response: HttpResponse;
  readonly #inFlight: InFlight;
  readonly #outcomes: OutcomeCounts;
  readonly #door: DownloadContext['door'];
  #waiting = false;

  constructor(
    couponId: CouponId,
    holder: HolderId,
    refusedAs: DoorRefusal | undefined,
    response: HttpResponse,
    { inFlight, outcomes, door }: Pick<DownloadContext, 'inFlight' | 'outcomes' | 'door'>,
  ) {
    this.couponId = couponId;
    this.holder = holder;
    this.refusedAs = refusedAs;
    this.#response = response;
    this.#inFlight = inFlight;
    this.#outcomes = outcomes;
    this.#door = door;
  }

  settle(outcome: DownloadOutcome): void {
    countOutcome(this.#outcomes, outcome.outcome);
    if (this.over) return;
    this.over = true;
    if (this.#waiting) {
      this.#inFlight.leave();
      this.#response.cork(() => this.#write(outcome));
    } else {
      this.#write(outcome);
    }
  }

  /** The download is in the line and must not be decided: the actor leaves it out of the next batch. */
  withdraw(): void {
    this.abandoned = true;
    this.over = true;
  }

  /** The answer takes longer than this turn of the event loop: from here on the member may disconnect. */
  wait(): void {
    this.#waiting = true;
    this.#inFlight.enter();
    this.#response.onAborted(() => {
      this.abandoned = true;
      this.over = true;
      this.#inFlight.leave();
    });
  }

  #write(outcome: DownloadOutcome): void {
    const isIssuance = outcome.outcome === 'issued' || outcome.outcome === 'already_issued';
    const holdMs = isIssuance ? this.#door.holdMsOf(this.couponId) : undefined;
    const isLast = this.#inFlight.isShuttingDown;
    writeOutcome(this.#response, outcome, this.couponId, this.holder, holdMs, isLast);
  }
}

/** Takes a request through its steps: handle → authenticated → check door → submit. */
export class DownloadHandler {
  readonly #context: DownloadContext;
  readonly #authenticator: Authenticator;
  readonly #engine: DownloadContext['engine'];
  readonly #inFlight: InFlight;
  readonly #limits: CallerLimits;
  readonly #door: DownloadContext['door'];

  constructor(context: DownloadContext) {
    this.#context = context;
    this.#authenticator = context.authenticator;
    this.#engine = context.engine;
    this.#inFlight = context.inFlight;
    this.#limits = context.limits;
    this.#door = context.door;
  }

  handle(response: HttpResponse, request: HttpRequest): void {
    this.#handle(response, request, 1);
  }

  /** `POST /v1/coupons/:id/units/:unit/download`: the unit is a part of the name, and repeating it is no request for one more. */
  handleUnit(response: HttpResponse, request: HttpRequest): void {
    const unit = parseUnit(request.getParameter(1));
    if (unit === undefined) this.#answer(response, NO_SUCH_UNIT);
    else this.#handle(response, request, unit);
  }

  #handle(response: HttpResponse, request: HttpRequest, unit: number): void {
    try {
      if (!this.#limits.allowsSender(response, request)) {
        this.#answer(response, RATE_LIMITED);
        return;
      }
      const authorization = request.getHeader('authorization');
      const couponText = request.getParameter(0);
      const identity = this.#authenticator.known(authorization);
      if (identity === undefined) this.#authenticate(response, request, authorization, couponText, unit);
      else this.#authenticated(response, couponText, unit, identity, request, request);
    } catch (fault) {
      this.#fail(response, fault);
    }
  }

  /** For a token that was not seen before. */
  #authenticate(
    response: HttpResponse,
    request: HttpRequest,
    authorization: string,
    couponText: string,
    unit: number,
  ): void {
    const head = walkHeaders(request);
    if (head.isTooLarge) {
      this.#answer(response, TOO_LARGE_HEAD);
      return;
    }
    // Two readers of such a request may take different ones.
    const result = head.repeatsAuthorization
      ? this.#authenticator.refuseRepeated()
      : this.#authenticator.verify(authorization);
    if (result instanceof Promise || head.isChunked) {
      // The keys of an outside provider are asked for, or the body is waited for: by then the request can no longer be read.
      const ticket = presentedTicket(request);
      const settled = head.isChunked ? bodyIsOver().then(() => result) : Promise.resolve(result);
      void this.#later(response, settled, (known) =>
        this.#verified(response, couponText, unit, known, ticket),
      );
    } else {
      this.#verified(response, couponText, unit, result, request);
    }
  }

  #verified(
    response: HttpResponse,
    couponText: string,
    unit: number,
    result: Authentication | undefined,
    tickets: HttpRequest | string,
  ): void {
    if (result === undefined) this.#answer(response, BUSY.next());
    else if (result.kind === 'refused') this.#answer(response, unauthenticated[result.reason]);
    else this.#authenticated(response, couponText, unit, result, tickets, undefined);
  }

  /**
   * @param tickets where a presence ticket is read when one is needed: the request while it is there, else its ticket.
   * @param unread the request, if no step has walked its headers yet.
   */
  #authenticated(
    response: HttpResponse,
    couponText: string,
    unit: number,
    identity: Identity,
    tickets: HttpRequest | string,
    unread: HttpRequest | undefined,
  ): void {
    const couponId = parseCouponId(couponText);
    if (identity.role !== 'member') {
      this.#answer(response, WRONG_ROLE);
    } else if (couponId === undefined) {
      this.#answer(response, UNKNOWN_COUPON);
    } else if (!this.#limits.allowsMember(identity.memberId)) {
      this.#answer(response, RATE_LIMITED);
    } else if (unit > 1 || this.#door.concerns(couponId)) {
      this.#checkDoor(response, couponId, unit, identity, tickets, unread);
    } else {
      this.#submit(response, couponId, identity.memberId, undefined, unread);
    }
  }

  #checkDoor(
    response: HttpResponse,
    couponId: CouponId,
    unit: number,
    { memberId, claims }: Identity,
    tickets: HttpRequest | string,
    unread: HttpRequest | undefined,
  ): void {
    const ticket =
      typeof tickets === 'string'
        ? tickets
        : this.#door.readsTicket(couponId)
          ? presentedTicket(tickets)
          : '';
    const verdict = this.#door.judge({ couponId, memberId, unit, ticket, claims }, this.#inFlight.hasRoom);
    const holder = holderOf(memberId, unit);
    if (verdict instanceof Promise) {
      void this.#later(response, verdict, (known) =>
        this.#follow(known, response, couponId, holder, undefined),
      );
    } else {
      this.#follow(verdict, response, couponId, holder, unread);
    }
  }

  #follow(
    verdict: DoorVerdict,
    response: HttpResponse,
    couponId: CouponId,
    holder: HolderId,
    unread: HttpRequest | undefined,
  ): void {
    if (verdict.kind === 'passes') this.#submit(response, couponId, holder, verdict.refusedAs, unread);
    else if (verdict.kind === 'refused') this.#answer(response, notPresent[verdict.reason]);
    else new Download(couponId, holder, undefined, response, this.#context).settle(verdict.outcome);
  }

  /** Hands the download to the engine, which answers at once from memory or later. */
  #submit(
    response: HttpResponse,
    couponId: CouponId,
    holder: HolderId,
    refusedAs: DoorRefusal | undefined,
    unread: HttpRequest | undefined,
  ): void {
    const download = new Download(couponId, holder, refusedAs, response, this.#context);
    this.#engine.download(download, this.#inFlight.hasRoom);
    if (download.over) return;
    // Walking the headers costs 0.8 µs, a thirtieth of such a request; so it is done only for those that could change something.
    const head = unread === undefined ? undefined : walkHeaders(unread);
    if (head?.repeatsAuthorization === true) {
      download.withdraw();
      this.#answer(response, unauthenticated[this.#authenticator.refuseRepeated().reason]);
    } else if (head?.isTooLarge === true) {
      download.withdraw();
      this.#answer(response, TOO_LARGE_HEAD);
    } else if (head?.isChunked === true) {
      download.withdraw();
      void this.#later(response, bodyIsOver(), () =>
        this.#submit(response, couponId, holder, refusedAs, undefined),
      );
    } else {
      download.wait();
    }
  }

  #answer(response: HttpResponse, reply: ConstantReply): void {
    writeConstant(response, reply, this.#inFlight.isShuttingDown);
  }

  /** Continues in another turn of the event loop, if the client is still connected by then. */
  async #later<Result>(
    response: HttpResponse,
    waiting: Promise<Result>,
    goOn: (result: Result) => void,
  ): Promise<void> {
    const client = { disconnected: false };
    response.onAborted(() => {
      client.disconnected = true;
    });
    this.#inFlight.enter();
    try {
      const result = await waiting;
      if (!client.disconnected) response.cork(() => goOn(result));
    } catch (fault) {
      if (!client.disconnected) response.cork(() => this.#fail(response, fault));
    } finally {
      this.#inFlight.leave();
    }
  }

  #fail(response: HttpResponse, fault: unknown): void {
    const requestId = requestIdFrom(undefined);
    this.#context.onFault(fault, requestId);
    try {
      this.#answer(response, internalError(requestId));
    } catch {
      // It was answered before the fault; the library refuses a second answer, which is what is wanted.
    }
  }
}
