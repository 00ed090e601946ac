/** Handles the requests of sellers for their coupons. */
import type { z } from 'zod';
import type { RunningProcesses } from '../../engine/ports/running-processes.js';
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import type { NewCoupon } from '../../engine/ports/coupon-catalogue.js';
import type { HoldLedger } from '../../engine/ports/hold-ledger.js';
import type { IssuanceLedger } from '../../engine/ports/issuance-ledger.js';
import type { IssuanceQueue } from '../../engine/ports/issuance-queue.js';
import type { Clock } from '../../engine/domain/clock.js';
import type { TermsChange } from '../../engine/ports/terms-change.js';
import type { AmendRequest, AmendResult, CouponView } from '../../engine/sellers/coupon-registry.js';
import type { Identity } from '../wire/identity.js';
import { couponReply } from './coupon-body.js';
import { changedDoor, DoorChecks, newDoor } from './coupon-door.js';
import type { SellerDoor } from './coupon-door.js';
import {
  changedRules,
  newRules,
  changedDisplay,
  newDisplay,
  altersDiscount,
  refuseOpenHold,
  refuseOtherDiscount,
  refuseShorterValidity,
  shortensValidity,
} from './coupon-rules.js';
import { json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import type { StatsAnswer } from '../openapi/coupon-answers.js';
import { callerActor } from './caller-actor.js';
import { ownedCoupon } from './owned-coupon.js';
import { parseBody } from '../wire/parse-input.js';
import { rfc3339 } from '../wire/rfc3339.js';
import { refuse } from '../wire/problems.js';
import { couponChangeInput, couponInput, topUpInput } from '../wire/coupon-schemas.js';
import { revisionsToMatch } from '../wire/entity-tag.js';
import { keyedRequest, refuseReusedKey } from '../wire/idempotency-key.js';
import { QUANTITY_MAX } from '../../engine/domain/coupon.js';
import type { CouponId } from '../../engine/domain/coupon.js';

export interface SellerPorts {
  readonly processes: RunningProcesses;
  readonly registry: CouponRegistry;
  readonly ledger: IssuanceLedger;
  readonly holdLedger: Pick<HoldLedger, 'takenBackCounts'>;
  /** `undefined` with the embedded back end: there the decision is the row, and nothing is ever queued or claimed. */
  readonly queue: Pick<IssuanceQueue, 'depths'> | undefined;
  readonly clock: Clock;
}

export class SellerHandlers {
  readonly #ports: SellerPorts;
  readonly #doorChecks: DoorChecks;

  constructor(ports: SellerPorts, door: SellerDoor) {
    this.#ports = ports;
    this.#doorChecks = new DoorChecks(door, ports, () => ports.clock.nowMs());
  }

  /**
   * The coupon is in the admission store when the answer leaves: a download right after it finds it.
   * With an `Idempotency-Key` a repeat finds the coupon of the first request.
   */
  async register(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { registry, clock } = this.#ports;
    const input = parseBody(couponInput, request);
    const { name, quantity, opensAt, closesAt, discount } = input;
    const opensAtMs = opensAt ?? undefined;
    const closesAtMs = closesAt ?? undefined;
    if (opensAtMs !== undefined && closesAtMs !== undefined && closesAtMs <= opensAtMs) refuseWindow();
    const door = newDoor(input);
    await this.#doorChecks.refuseNew(door, seller.memberId, { opensAtMs, closesAtMs });
    const newCoupon: NewCoupon = {
      sellerId: seller.memberId,
      name,
      quantity,
      opensAtMs,
      closesAtMs,
      paused: false,
      closed: false,
      discount: discount ?? undefined,
      createdAtMs: clock.nowMs(),
      ...(door === undefined ? {} : { door }),
      ...newRules(input),
      ...newDisplay(input),
    };
    const by = callerActor(request, seller);
    const keyed = keyedRequest(request, seller.memberId, clock.nowMs());
    if (keyed === undefined) {
      const coupon = await registry.register(newCoupon, by);
      await this.#doorChecks.refresh();
      return registered(201, coupon);
    }
    const result = await registry.registerOnce(newCoupon, keyed, by);
    if (result.status === 'registered') await this.#doorChecks.refresh();
    switch (result.status) {
      case 'registered':
        return registered(201, result.coupon);
      case 'repeated':
        return registered(200, result.coupon);
      case 'key_reused':
        return refuseReusedKey();
    }
  }

  async amend(request: ApiRequest, seller: Identity): Promise<Reply> {
    const coupon = await ownedCoupon(this.#ports.registry, request, seller);
    const input = parseBody(couponChangeInput, request);
    const change = changeOf(input);
    const result = dependsOnState(change)
      ? await this.#amendJudged(request, seller, coupon, change)
      : await this.#amend(request, seller, coupon.couponId, change);
    if (change.door !== undefined) await this.#doorChecks.refresh();
    return amended(result);
  }

  #amendJudged(
    request: ApiRequest,
    seller: Identity,
    coupon: CouponView,
    change: AmendRequest,
  ): Promise<AmendResult> {
    return this.#ports.registry.amendJudged(
      coupon,
      async (judged) => {
        await this.#refuseChange(judged, change);
        return change;
      },
      revisionsToMatch(request),
      callerActor(request, seller),
    );
  }

  /** @throws RequestRefused when the change cannot be made as the coupon is now. */
  async #refuseChange(coupon: CouponView, change: AmendRequest): Promise<void> {
    const {
      rules = {},
      door = {},
      discount,
      opensAtMs = coupon.opensAtMs,
      closesAtMs = coupon.closesAtMs,
    } = change;
    const window = { opensAtMs: opensAtMs ?? undefined, closesAtMs: closesAtMs ?? undefined };
    refuseOpenHold(coupon, rules, window.opensAtMs);
    if (shortensValidity(coupon, rules)) refuseShorterValidity(await this.#inService(coupon), window);
    if (altersDiscount(coupon, discount)) refuseOtherDiscount(await this.#inService(coupon), window);
    await this.#doorChecks.refuseChange(coupon, door, window);
  }

  /** Puts the coupon into service first: until then only its recorded issuances are known. */
  async #inService(coupon: CouponView): Promise<CouponView> {
    const { registry } = this.#ports;
    if (coupon.inService) return coupon;
    await registry.prepare(coupon.couponId);
    return (await registry.find(coupon.couponId)) ?? coupon;
  }

  /** Adds units to whatever the quantity is. With an `Idempotency-Key` a repeat adds nothing. */
  async topUp(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { registry, clock } = this.#ports;
    const { couponId } = await ownedCoupon(registry, request, seller);
    const { by } = parseBody(topUpInput, request);
    const keyed = keyedRequest(request, seller.memberId, clock.nowMs());
    const change = { addUnits: by, ...(keyed === undefined ? {} : { keyed }) };
    return amended(await this.#amend(request, seller, couponId, change));
  }

  pause(request: ApiRequest, seller: Identity): Promise<Reply> {
    return this.#change(request, seller, { paused: true });
  }

  resume(request: ApiRequest, seller: Identity): Promise<Reply> {
    return this.#change(request, seller, { paused: false });
  }

  /** For good: a closed coupon takes no further change. */
  close(request: ApiRequest, seller: Identity): Promise<Reply> {
    return this.#change(request, seller, { closed: true });
  }

  /** From the registration on, or from the oldest change that is kept. */
  async quantities(request: ApiRequest, seller: Identity): Promise<Reply> {
    const coupon = await ownedCoupon(this.#ports.registry, request, seller);
    const { quantityChanges = [], quantity, createdAtMs } = coupon;
    const first = { atMs: createdAtMs, quantity: quantityChanges[0]?.before ?? quantity };
    const items = [first, ...quantityChanges].map((one) => ({
      at: rfc3339(one.atMs),
      quantity: one.quantity,
    }));
    return json(200, { items });
  }

  /** Six numbers from three places, not read in one instant: they add up when the coupon is idle (I5). */
  async stats(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { registry, ledger, queue } = this.#ports;
    const coupon = await ownedCoupon(registry, request, seller);
    const { couponId, quantity, issued, remaining, inService, redemption } = coupon;
    const [depth] = queue === undefined ? [] : await queue.depths([couponId]);
    // What only the database knows would add up, and hide that the store has lost something.
    if (queue !== undefined && (depth === undefined || !inService)) {
      await registry.prepare(couponId);
      refuse('not_ready', 'The coupon is being verified or rebuilt. Try again in a moment.');
    }
    const [counts] = await ledger.counts([couponId]);
    const { recorded = 0, confirmed = 0, redeemed = 0, deadLettered = 0 } = counts ?? {};
    const holds =
      redemption?.holdSeconds === undefined
        ? {}
        : { held: recorded - confirmed, confirmed, takenBack: await this.#takenBack(couponId) };
    const stats: StatsAnswer = {
      quantity,
      issued,
      remaining,
      queued: depth?.queued ?? 0,
      claimed: depth?.claimed ?? 0,
      recorded,
      redeemed,
      ...holds,
      deadLettered,
    };
    return json(200, stats);
  }

  async #takenBack(couponId: CouponId): Promise<StatsAnswer['takenBack']> {
    const counts = await this.#ports.holdLedger.takenBackCounts(couponId);
    return { expired: counts.hold_expired, released: counts.hold_released, recalled: counts.recalled };
  }

  async #change(request: ApiRequest, seller: Identity, change: TermsChange): Promise<Reply> {
    const { couponId } = await ownedCoupon(this.#ports.registry, request, seller);
    return amended(await this.#amend(request, seller, couponId, change));
  }

  #amend(
    request: ApiRequest,
    seller: Identity,
    couponId: CouponId,
    change: AmendRequest,
  ): Promise<AmendResult> {
    const ifRevisions = revisionsToMatch(request);
    const guarded = ifRevisions === undefined ? change : { ...change, ifRevisions };
    return this.#ports.registry.amend(couponId, guarded, callerActor(request, seller));
  }
}

/** Whether the coupon may be in a state in which the change is refused. Others wait for each other, and none is judged anew. */
function dependsOnState({ rules, door, discount, opensAtMs, closesAtMs }: AmendRequest): boolean {
  return [rules, door, discount, opensAtMs, closesAtMs].some((part) => part !== undefined);
}

/** What a PATCH asks for. */
function changeOf(input: z.output<typeof couponChangeInput>): AmendRequest {
  const { name, quantity, opensAt, closesAt, discount } = input;
  const door = changedDoor(input);
  const rules = changedRules(input);
  const display = changedDisplay(input);
  return {
    ...(name === undefined ? {} : { name }),
    ...(quantity === undefined ? {} : { quantity }),
    ...(opensAt === undefined ? {} : { opensAtMs: opensAt }),
    ...(closesAt === undefined ? {} : { closesAtMs: closesAt }),
    ...(door === undefined ? {} : { door }),
    ...(Object.keys(rules).length === 0 ? {} : { rules }),
    ...(Object.keys(display).length === 0 ? {} : { display }),
    ...(discount === undefined ? {} : { discount }),
  };
}

function registered(status: 200 | 201, coupon: CouponView): Reply {
  return couponReply(status, coupon, { Location: `/v1/coupons/${coupon.couponId}` });
}

function amended(result: AmendResult): Reply {
  switch (result.status) {
    case 'amended':
      return couponReply(200, result.coupon);
    case 'quantity_below_issued':
      return refuse('quantity_below_issued', `${result.issued} units are already issued.`, {
        issued: result.issued,
      });
    case 'window_invalid':
      return refuseWindow();
    case 'closed':
      return refuse('closed', 'This coupon is closed permanently and cannot be changed.');
    case 'unknown_coupon':
      return refuse('unknown_coupon', 'There is no coupon with this id.');
    case 'changed_meanwhile':
      return refuse(
        'changed_meanwhile',
        'Another request changed the coupon after the version in If-Match. Nothing was changed. Read the coupon again.',
      );
    case 'key_reused':
      return refuseReusedKey();
    case 'quantity_too_large':
      return refuse('invalid_input', `by: the quantity would be above ${QUANTITY_MAX}`, {
        errors: [{ field: 'by', message: `the quantity would be above ${QUANTITY_MAX}` }],
      });
  }
}

function refuseWindow(): never {
  return refuse('window_invalid', 'closesAt must be later than opensAt.');
}
