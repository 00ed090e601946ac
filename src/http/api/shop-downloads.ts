/**
 * Handles downloads that a shop's backend asks for on behalf of its members: one, or up to a thousand at once.
 *
 * They are ordinary pending downloads in the mailbox of their coupon, so window, pause, stock, one-each and the door rule hold as for a
 * member's own request. A presence ticket is not asked for: the shop is the proof.
 */
import type { AccessLocks } from '../../accounts/access-locks.js';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { CouponId, HolderId } from '../../engine/domain/coupon.js';
import { holderFields, holderOf } from '../../engine/domain/holder.js';
import type { DownloadOutcome, PendingDownload } from '../../engine/domain/download.js';
import type { AuditLog } from '../../engine/ports/audit-log.js';
import type { Clock } from '../../engine/domain/clock.js';
import type { CouponCatalogue } from '../../engine/ports/coupon-catalogue.js';
import type { Identity } from '../wire/identity.js';
import { ACCOUNT_LOCKED_PROBLEM } from '../auth/token-problems.js';
import { countOutcome } from '../download/outcome-counts.js';
import type { OutcomeCounts } from '../download/outcome-counts.js';
import { LIMIT_REACHED_DETAIL, NOT_ELIGIBLE_DETAILS, PRESENCE_EXPIRED_DETAIL } from '../download/replies.js';
import type { Door, DoorVisit } from '../door/door.js';
import type { CallerLimits } from '../limits/caller-limits.js';
import { RATE_LIMITED_RETRY_SECONDS } from '../limits/caller-limits.js';
import { couponIdOf, json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import type { InFlight } from '../wire/in-flight.js';
import { parseBody, parseOptionalBody } from '../wire/parse-input.js';
import { refuse, RequestRefused } from '../wire/problems.js';
import { rfc3339 } from '../wire/rfc3339.js';
import { grantInput, shopDownloadInput } from '../wire/shop-schemas.js';
import { memberInPath, memberNamed } from './member-in-path.js';
import { callerActor } from './caller-actor.js';

/** Sellers of coupons remembered. The seller of an id never changes. */
const SELLERS_MAX = 100_000;

export interface ShopDownloadPorts {
  readonly engine: { download(download: PendingDownload, mayWait: boolean): void };
  readonly catalogue: Pick<CouponCatalogue, 'find'>;
  readonly auditLog: AuditLog;
  readonly clock: Clock;
}

export interface ShopDownloadContext {
  readonly locks: Pick<AccessLocks, 'has'>;
  readonly limits: Pick<CallerLimits, 'allowsMember'>;
  readonly inFlight: Pick<InFlight, 'hasRoom'>;
  readonly outcomes: OutcomeCounts;
  readonly door: Pick<Door, 'concerns' | 'judge' | 'holdMsOf' | 'unitsPerMember'>;
}

type ShopDownload = Pick<DoorVisit, 'couponId' | 'memberId' | 'unit' | 'claims'>;
type GrantOutcome = DownloadOutcome | { readonly outcome: 'account_locked' };

export class ShopDownloadHandlers {
  readonly #ports: ShopDownloadPorts;
  readonly #context: ShopDownloadContext;
  /** Least recently added first. */
  readonly #sellers = new Map<CouponId, string>();

  constructor(ports: ShopDownloadPorts, context: ShopDownloadContext) {
    this.#ports = ports;
    this.#context = context;
  }

  /** Exactly the outcomes of the member's own download. */
  async download(request: ApiRequest, seller: Identity): Promise<Reply> {
    const memberId = memberInPath(request);
    const couponId = parseCouponId(request.params[1] ?? '');
    if (couponId === undefined) refuse('unknown_coupon', 'There is no coupon with this id.');
    const { claims, unit = 1 } = parseOptionalBody(shopDownloadInput, request);
    await this.#requireOwn(couponId, seller);
    const { locks, limits } = this.#context;
    if (locks.has(memberId)) throw new RequestRefused(ACCOUNT_LOCKED_PROBLEM);
    if (!limits.allowsMember(memberId)) {
      throw new RequestRefused({
        code: 'rate_limited',
        detail: 'Too many requests for this member. No download was attempted.',
        headers: { 'Retry-After': String(RATE_LIMITED_RETRY_SECONDS) },
      });
    }
    const result = await this.#submit(request, { couponId, memberId, unit, claims });
    return replyTo(result, couponId, holderOf(memberId, unit), this.#context.door.holdMsOf(couponId));
  }

  /** One outcome for each member, in the order of the request. */
  async grant(request: ApiRequest, seller: Identity): Promise<Reply> {
    const couponId = couponIdOf(request);
    const { memberIds, claims } = parseBody(grantInput, request);
    const members = memberIds.map(
      (text) =>
        memberNamed(text) ??
        refuse('invalid_member', `${JSON.stringify(text)} is not a member id. No unit was granted.`),
    );
    if (new Set(members).size < members.length) {
      refuse('invalid_input', 'memberIds: names a member twice', {
        errors: [{ field: 'memberIds', message: 'names a member twice' }],
      });
    }
    await this.#requireOwn(couponId, seller);
    const outcomes = await Promise.all(
      members.map((memberId) => this.#grantOne(request, { couponId, memberId, unit: 1, claims })),
    );
    const holdMs = this.#context.door.holdMsOf(couponId);
    const issued = outcomes.filter(({ outcome }) => outcome === 'issued').length;
    if (issued > 0) await this.#audit(request, seller, couponId, { asked: members.length, issued });
    return json(200, {
      results: outcomes.map((result, place) => ({
        memberId: memberIds[place],
        outcome: result.outcome,
        ...('issueNo' in result ? { issueNo: result.issueNo, ...instants(result.issuedAtMs, holdMs) } : {}),
      })),
    });
  }

  #grantOne(request: ApiRequest, asked: ShopDownload): Promise<GrantOutcome> {
    return this.#context.locks.has(asked.memberId)
      ? Promise.resolve({ outcome: 'account_locked' })
      : this.#submit(request, asked);
  }

  /** A client that hangs up before the decision withdraws its members. */
  async #submit(request: ApiRequest, asked: ShopDownload): Promise<DownloadOutcome> {
    const { couponId, memberId, unit } = asked;
    const { outcomes, inFlight, door } = this.#context;
    const verdict =
      unit > 1 || door.concerns(couponId)
        ? await door.judge({ ...asked, ticket: undefined }, inFlight.hasRoom)
        : undefined;
    if (verdict?.kind === 'settled') {
      countOutcome(outcomes, verdict.outcome.outcome);
      return verdict.outcome;
    }
    const refusedAs = verdict?.kind === 'passes' ? verdict.refusedAs : undefined;
    return new Promise((resolve) => {
      const download: PendingDownload = {
        couponId,
        holder: holderOf(memberId, unit),
        refusedAs,
        get abandoned() {
          return !request.connection.isOpen;
        },
        settle(outcome) {
          countOutcome(outcomes, outcome.outcome);
          resolve(outcome);
        },
      };
      this.#ports.engine.download(download, inFlight.hasRoom);
    });
  }

  /** @throws RequestRefused: `unknown_coupon`, `forbidden` */
  async #requireOwn(couponId: CouponId, seller: Identity): Promise<void> {
    let sellerId = this.#sellers.get(couponId);
    if (sellerId === undefined) {
      const [record] = await this.#ports.catalogue.find([couponId]);
      if (record === undefined) refuse('unknown_coupon', 'There is no coupon with this id.');
      ({ sellerId } = record);
      if (this.#sellers.size >= SELLERS_MAX) {
        const [oldest] = this.#sellers.keys();
        if (oldest !== undefined) this.#sellers.delete(oldest);
      }
      this.#sellers.set(couponId, sellerId);
    }
    if (sellerId !== seller.memberId) refuse('forbidden', 'This coupon belongs to another seller.');
  }

  /** The members hold their coupons by now: a fault here must not hide that. */
  async #audit(request: ApiRequest, seller: Identity, couponId: CouponId, detail: object): Promise<void> {
    await this.#ports.auditLog
      .append({
        ...{ atMs: this.#ports.clock.nowMs(), actor: callerActor(request, seller), action: 'granted' },
        ...{ target: `coupon ${couponId}`, detail: { ...detail } },
      })
      .catch(() => undefined);
  }
}

const details = {
  unknown_coupon: 'There is no coupon with this id.',
  limit_reached: LIMIT_REACHED_DETAIL,
  presence_expired: PRESENCE_EXPIRED_DETAIL,
  paused: 'The seller has paused this coupon.',
  closed: 'This coupon is closed. No more units are issued.',
  sold_out: 'Every unit of this coupon has been issued.',
  busy: 'Too many concurrent requests, or the store took too long. No download was attempted, try again.',
  not_ready: 'This coupon is temporarily unavailable. No download was attempted, try again.',
  outcome_unknown:
    'The reply of the store was lost, so the outcome is unknown. Try again: the retry returns the definite result.',
} as const;

function instants(
  issuedAtMs: number,
  holdMs: number | undefined,
): { readonly issuedAt: string; readonly confirmBy?: string } {
  const issuedAt = rfc3339(issuedAtMs);
  return holdMs === undefined ? { issuedAt } : { issuedAt, confirmBy: rfc3339(issuedAtMs + holdMs) };
}

function replyTo(
  result: DownloadOutcome,
  couponId: CouponId,
  holder: HolderId,
  holdMs: number | undefined,
): Reply {
  switch (result.outcome) {
    case 'issued':
    case 'already_issued': {
      const { outcome, issueNo, issuedAtMs } = result;
      const body = {
        outcome,
        couponId,
        ...holderFields(holder),
        issueNo,
        ...instants(issuedAtMs, holdMs),
      };
      return json(outcome === 'issued' ? 201 : 200, body);
    }
    case 'not_open': {
      const seconds = Math.max(1, Math.ceil((result.opensAtMs - result.storeNowMs) / 1_000));
      throw new RequestRefused({
        code: 'not_open',
        detail: 'This coupon is not open yet.',
        fields: { opensAt: rfc3339(result.opensAtMs) },
        headers: { 'Retry-After': String(seconds) },
      });
    }
    case 'not_eligible':
      return refuse('not_eligible', NOT_ELIGIBLE_DETAILS[result.rule], { rule: result.rule });
    case 'unknown_coupon':
    case 'limit_reached':
    case 'presence_expired':
    case 'paused':
    case 'closed':
    case 'sold_out':
    case 'busy':
    case 'not_ready':
    case 'outcome_unknown':
      return refuse(result.outcome, details[result.outcome]);
  }
}
