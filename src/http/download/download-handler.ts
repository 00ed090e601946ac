/**
 * Handles `POST /v1/coupons/:id/download`, the hot path.
 *
 * Most downloads of an event are answered within the turn of the event loop that received them. So this handler reads
 * two headers and one parameter, creates one object, and uses no promise and no closure until a request has to wait. It
 * follows the library's rules for responses itself instead of using open-response.ts, and registers for an abort only
 * when the request has to wait.
 *
 * No body is read: the library discards it, and the connection stays open.
 */
import type { HttpRequest, HttpResponse } from '../wire/http-app.js';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { CouponId, HolderId } from '../../engine/domain/coupon.js';
import { holderOf, parseUnit } from '../../engine/domain/holder.js';
import type { DoorRefusal, PendingDownload } from '../../engine/domain/download.js';
import type { Authenticator } from '../auth/authenticator.js';
import type { Authentication, Identity } from '../wire/identity.js';
import type { CallerLimits } from '../limits/caller-limits.js';
import type { Door, DoorVerdict } from '../door/door.js';
import { presentedTicket } from '../presence/presence-ticket.js';
import { bodyIsOver, comesInChunks, walkHeaders } from '../wire/request-head.js';
import type { Body, KnownBody, WalkedHead } from '../wire/request-head.js';
import { requestIdFrom } from '../wire/request-id.js';
import { Download } from './download.js';
import type { AnswerParts } from './download.js';
import {
  internalError,
  NO_SUCH_UNIT,
  notPresent,
  RATE_LIMITED,
  TOO_LARGE_HEAD,
  unauthenticated,
  WRONG_ROLE,
} from './refusals.js';
import { BUSY, UNKNOWN_COUPON, writeConstant } from './replies.js';
import type { ConstantReply } from './replies.js';

export interface DownloadContext extends AnswerParts {
  readonly engine: { download(pending: PendingDownload, mayWait: boolean): void };
  readonly authenticator: Authenticator;
  readonly limits: CallerLimits;
  readonly door: Pick<Door, 'concerns' | 'readsTicket' | 'judge' | 'holdMsOf'>;
  onFault(fault: unknown, requestId: string): void;
}

const NOT_REFUSED = { isTooLarge: false, repeatsAuthorization: false } as const;

/** Takes a request through its steps: handle → authenticated → checkDoor → submit. */
export class DownloadHandler {
  readonly #context: DownloadContext;
  readonly #authenticator: Authenticator;
  readonly #engine: DownloadContext['engine'];
  readonly #inFlight: DownloadContext['inFlight'];
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

  /** `POST /v1/coupons/:id/units/:unit/download`: the unit is a part of the name, so a repeat does not request one more. */
  handleUnit(response: HttpResponse, request: HttpRequest): void {
    const unit = parseUnit(request.getParameter(1));
    this.#handle(response, request, unit);
  }

  #handle(response: HttpResponse, request: HttpRequest, unit: number | undefined): void {
    try {
      if (unit === undefined) {
        this.#answer(response, request, NO_SUCH_UNIT);
        return;
      }
      if (!this.#limits.allowsSender(response, request)) {
        this.#answer(response, request, RATE_LIMITED);
        return;
      }
      const authorization = request.getHeader('authorization');
      const couponText = request.getParameter(0);
      const identity = this.#authenticator.known(authorization);
      if (identity === undefined) this.#authenticate(response, request, authorization, couponText, unit);
      else this.#authenticated(response, request, couponText, unit, identity, request);
    } catch (fault) {
      this.#fail(response, request, fault);
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
    const refusal = this.#refusalFor(head);
    if (refusal !== undefined) {
      this.#answer(response, head.body, refusal);
      return;
    }
    const result = this.#authenticator.verify(authorization);
    if (result instanceof Promise || head.body === 'in chunks') {
      // The keys of an outside provider are asked for, or the body is waited for: by then the request can no longer be read.
      const ticket = presentedTicket(request);
      void this.#later(response, head.body, result, (known) =>
        this.#verified(response, head.body, couponText, unit, known, ticket),
      );
    } else {
      this.#verified(response, head.body, couponText, unit, result, request);
    }
  }

  #verified(
    response: HttpResponse,
    body: KnownBody,
    couponText: string,
    unit: number,
    result: Authentication | undefined,
    tickets: HttpRequest | string,
  ): void {
    if (result === undefined) this.#answer(response, body, BUSY.next());
    else if (result.kind === 'refused') this.#answer(response, body, unauthenticated[result.reason]);
    else this.#authenticated(response, body, couponText, unit, result, tickets);
  }

  /** @param tickets where a presence ticket is read when one is needed: the request while it is there, else its ticket. */
  #authenticated(
    response: HttpResponse,
    body: Body,
    couponText: string,
    unit: number,
    identity: Identity,
    tickets: HttpRequest | string,
  ): void {
    const couponId = parseCouponId(couponText);
    if (identity.role !== 'member') {
      this.#answer(response, body, WRONG_ROLE);
    } else if (couponId === undefined) {
      this.#answer(response, body, UNKNOWN_COUPON);
    } else if (!this.#limits.allowsMember(identity.memberId)) {
      this.#answer(response, body, RATE_LIMITED);
    } else if (unit > 1 || this.#door.concerns(couponId)) {
      this.#checkDoor(response, body, couponId, unit, identity, tickets);
    } else {
      this.#submit(response, body, couponId, identity.memberId, undefined);
    }
  }

  #checkDoor(
    response: HttpResponse,
    body: Body,
    couponId: CouponId,
    unit: number,
    { memberId, claims }: Identity,
    tickets: HttpRequest | string,
  ): void {
    const ticket =
      typeof tickets === 'string'
        ? tickets
        : this.#door.readsTicket(couponId)
          ? presentedTicket(tickets)
          : '';
    const verdict = this.#door.judge({ couponId, memberId, unit, ticket, claims }, this.#inFlight.hasRoom);
    const holder = holderOf(memberId, unit);
    if (!(verdict instanceof Promise)) {
      this.#follow(verdict, response, body, couponId, holder);
      return;
    }
    // By then the request can no longer be read.
    const head = typeof body === 'string' ? { ...NOT_REFUSED, body } : walkHeaders(body);
    const refusal = this.#refusalFor(head);
    void this.#later(response, head.body, verdict, (judged) => {
      if (refusal === undefined) this.#follow(judged, response, head.body, couponId, holder);
      else this.#answer(response, head.body, refusal);
    });
  }

  #follow(
    verdict: DoorVerdict,
    response: HttpResponse,
    body: Body,
    couponId: CouponId,
    holder: HolderId,
  ): void {
    if (verdict.kind === 'passes') this.#submit(response, body, couponId, holder, verdict.refusedAs);
    else if (verdict.kind === 'refused') this.#answer(response, body, notPresent[verdict.reason]);
    else new Download(couponId, holder, undefined, response, body, this.#context).settle(verdict.outcome);
  }

  /** Hands the download to the engine, which answers at once from memory or later. */
  #submit(
    response: HttpResponse,
    body: Body,
    couponId: CouponId,
    holder: HolderId,
    refusedAs: DoorRefusal | undefined,
  ): void {
    const download = new Download(couponId, holder, refusedAs, response, body, this.#context);
    this.#engine.download(download, this.#inFlight.hasRoom);
    if (download.over) return;
    if (typeof body === 'string') {
      download.wait(body);
      return;
    }
    // Walking the headers costs 0.8 µs, a thirtieth of such a request; so it is done only for those that could change something.
    const head = walkHeaders(body);
    const refusal = this.#refusalFor(head);
    if (refusal !== undefined) {
      download.withdraw();
      this.#answer(response, head.body, refusal);
    } else if (head.body === 'in chunks') {
      download.withdraw();
      void this.#later(response, head.body, undefined, () =>
        this.#submit(response, head.body, couponId, holder, refusedAs),
      );
    } else {
      download.wait(head.body);
    }
  }

  /** Why these headers forbid to carry the request out. */
  #refusalFor({ isTooLarge, repeatsAuthorization }: WalkedHead): ConstantReply | undefined {
    if (isTooLarge) return TOO_LARGE_HEAD;
    // Two readers of such a request may take different ones.
    return repeatsAuthorization ? unauthenticated[this.#authenticator.refuseRepeated().reason] : undefined;
  }

  #answer(response: HttpResponse, body: Body, reply: ConstantReply): void {
    writeConstant(response, reply, this.#inFlight.isShuttingDown || comesInChunks(body));
  }

  /** Continues in another turn of the event loop once the body is over, if the client is still connected by then. */
  async #later<Result>(
    response: HttpResponse,
    body: KnownBody,
    waiting: Result | Promise<Result>,
    proceed: (result: Result) => void,
  ): Promise<void> {
    const client = { disconnected: false };
    response.onAborted(() => {
      client.disconnected = true;
    });
    this.#inFlight.enter();
    try {
      const [result] = await Promise.all([waiting, body === 'in chunks' ? bodyIsOver() : undefined]);
      if (!client.disconnected) response.cork(() => proceed(result));
    } catch (fault) {
      if (!client.disconnected) response.cork(() => this.#fail(response, body, fault));
    } finally {
      this.#inFlight.leave();
    }
  }

  #fail(response: HttpResponse, body: Body, fault: unknown): void {
    const requestId = requestIdFrom(undefined);
    this.#context.onFault(fault, requestId);
    try {
      this.#answer(response, body, internalError(requestId));
    } catch {
      // It was answered before the fault; the library refuses a second answer, which is what is wanted.
    }
  }
}
