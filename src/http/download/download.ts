/** Provides one download over HTTP: the engine settles it, and it writes the answer. */
import type { HttpResponse } from '../wire/http-app.js';
import type { CouponId, HolderId } from '../../engine/domain/coupon.js';
import type { DoorRefusal, DownloadOutcome, PendingDownload } from '../../engine/domain/download.js';
import type { Door } from '../door/door.js';
import type { InFlight } from '../wire/in-flight.js';
import { comesInChunks } from '../wire/request-head.js';
import type { Body, KnownBody } from '../wire/request-head.js';
import { countOutcome } from './outcome-counts.js';
import type { OutcomeCounts } from './outcome-counts.js';
import { writeOutcome } from './replies.js';

export interface AnswerParts {
  readonly inFlight: InFlight;
  /** Added to with every answer. */
  readonly outcomes: OutcomeCounts;
  readonly door: Pick<Door, 'holdMsOf'>;
}

export class Download implements PendingDownload {
  readonly couponId: CouponId;
  readonly holder: HolderId;
  readonly refusedAs: DoorRefusal | undefined;
  abandoned = false;
  /** Answered, or the member has disconnected. */
  over = false;
  readonly #response: HttpResponse;
  readonly #inFlight: InFlight;
  readonly #outcomes: OutcomeCounts;
  readonly #door: AnswerParts['door'];
  #body: Body;
  #waiting = false;

  constructor(
    couponId: CouponId,
    holder: HolderId,
    refusedAs: DoorRefusal | undefined,
    response: HttpResponse,
    body: Body,
    { inFlight, outcomes, door }: AnswerParts,
  ) {
    this.couponId = couponId;
    this.holder = holder;
    this.refusedAs = refusedAs;
    this.#response = response;
    this.#inFlight = inFlight;
    this.#outcomes = outcomes;
    this.#door = door;
    this.#body = body;
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

  /** The answer takes longer than this turn of the event loop: from here on the member may disconnect, and the request cannot be read. */
  wait(body: KnownBody): void {
    this.#waiting = true;
    this.#body = body;
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
    const isLast = this.#inFlight.isShuttingDown || comesInChunks(this.#body);
    writeOutcome(this.#response, outcome, this.couponId, this.holder, holdMs, isLast);
  }
}
