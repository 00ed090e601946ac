/** Redeems and cancels: by the seller's side under a number or a member, by the member itself. Lists the wallet. */
import { randomUUID } from 'node:crypto';
import type { AuditActor } from '../../engine/ports/audit-log.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import { holderFields, UNIT_MAX, unitOf } from '../../engine/domain/holder.js';
import { subjectOf } from '../../engine/domain/member-id.js';
import { parseOrderId } from '../../engine/domain/redemption.js';
import type { OrderId, WalletState } from '../../engine/domain/redemption.js';
import type {
  IssuanceName,
  WalletCursor,
  WalletOrder,
  WalletRow,
} from '../../engine/ports/redemption-ledger.js';
import type { Identity } from '../wire/identity.js';
import { couponIdOf, json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseBody, parseOptionalBody, parseQuery } from '../wire/parse-input.js';
import { refuse } from '../wire/problems.js';
import { rfc3339, rfc3339OrNull } from '../wire/rfc3339.js';
import { memberOrderInput, orderInput, useInput, walletQuery } from '../wire/redemption-schemas.js';
import { issuanceOfMember, numberedIssuance, refuseAbsent } from './named-issuance.js';
import { redeem, redeemedReply, redemptionBody, walletItem } from './redeem.js';
import type { RedemptionPorts } from './redeem.js';
import type { RedemptionCounts } from './redemption-counts.js';
import { callerActor } from './caller-actor.js';
import { memberInPath } from './member-in-path.js';

const HISTORY_MAX = 100;

/** Rows read for one page of a state filter before the page is returned short: the state is not a column. */
const WALLET_SCAN_ROWS = 2_000;

export class RedemptionHandlers {
  readonly #ports: RedemptionPorts;
  readonly #counts: RedemptionCounts;

  constructor(ports: RedemptionPorts, counts: RedemptionCounts) {
    this.#ports = ports;
    this.#counts = counts;
  }

  async redeemNumber(request: ApiRequest, seller: Identity): Promise<Reply> {
    const issuance = await numberedIssuance(this.#ports.registry, request, seller);
    const { orderId } = parseBody(orderInput, request);
    return redeemedReply(
      await redeem(this.#ports, this.#counts, issuance, orderId, callerActor(request, seller)),
    );
  }

  async redeemOfMember(request: ApiRequest, seller: Identity): Promise<Reply> {
    const ofMember = await issuanceOfMember(this.#ports.registry, request, seller);
    const { orderId, unit } = parseBody(memberOrderInput, request);
    const issuance = { ...ofMember, unit };
    return redeemedReply(
      await redeem(this.#ports, this.#counts, issuance, orderId, callerActor(request, seller)),
    );
  }

  async cancelNumber(request: ApiRequest, seller: Identity): Promise<Reply> {
    return this.#cancel(request, seller, await numberedIssuance(this.#ports.registry, request, seller));
  }

  async cancelOfMember(request: ApiRequest, seller: Identity): Promise<Reply> {
    return this.#cancel(request, seller, await issuanceOfMember(this.#ports.registry, request, seller));
  }

  async history(request: ApiRequest, seller: Identity): Promise<Reply> {
    const issuance = await numberedIssuance(this.#ports.registry, request, seller);
    const entries = await this.#ports.redemptions.history(issuance, HISTORY_MAX);
    if (entries === 'absent') return refuseAbsent(this.#ports, issuance);
    return json(200, {
      items: entries.map(({ orderId, redeemedAtMs, cancelledAtMs, by }) => ({
        orderId,
        redeemedAt: rfc3339(redeemedAtMs),
        cancelledAt: rfc3339OrNull(cancelledAtMs),
        by,
      })),
    });
  }

  /** By the member, once; with an order id the same order may be repeated. */
  async use(request: ApiRequest, member: Identity): Promise<Reply> {
    const couponId = couponIdOf(request);
    const input = parseOptionalBody(useInput, request);
    // Every use has an order, so that the shop can cancel it.
    const orderId = input.orderId ?? generatedOrderId();
    // A repeat without an order is not known as one: it must not use the next unit.
    const unit = input.unit ?? (input.orderId === undefined ? 1 : undefined);
    const issuance = { couponId, memberId: member.memberId, unit };
    const actor: AuditActor = { kind: 'member', id: subjectOf(member.memberId), address: request.address };
    const { redemption } = await redeem(this.#ports, this.#counts, issuance, orderId, actor);
    const row = await this.#ports.ledger.rowAt(couponId, redemption.issueNo);
    if (row === undefined) return refuseAbsent(this.#ports, issuance);
    return json(200, {
      ...{
        couponId,
        ...holderFields(redemption.holder),
        issueNo: row.issueNo,
        issuedAt: rfc3339(row.issuedAtMs),
      },
      usedAt: rfc3339(redemption.redeemedAtMs),
      orderId,
    });
  }

  /** What the member holds, with what a wallet shows. */
  async wallet(request: ApiRequest, member: Identity): Promise<Reply> {
    return this.#wallet(request, member.memberId, undefined);
  }

  /** Lists a member's issuances of the coupons of this seller only. */
  async walletOfMember(request: ApiRequest, seller: Identity): Promise<Reply> {
    return this.#wallet(request, memberInPath(request), seller.memberId);
  }

  async #wallet(request: ApiRequest, memberId: MemberId, sellerId: string | undefined): Promise<Reply> {
    const { after, limit, state, order } = parseQuery(walletQuery, request);
    const sequence = order === 'newest' ? 'newest' : 'coupon';
    const items: WalletRow[] = [];
    let cursor = cursorOf(after, sequence);
    let last: WalletRow | undefined;
    for (let scanned = 0; scanned < WALLET_SCAN_ROWS;) {
      const rows = await this.#ports.redemptions.wallet(memberId, sequence, cursor, limit + 1);
      for (const row of rows) {
        if (isShown(row, state, sellerId)) {
          if (items.length === limit && last !== undefined)
            return walletPage(items, nextOf(last, sequence, row));
          items.push(row);
        }
        last = row;
      }
      if (rows.length <= limit) return walletPage(items, null);
      scanned += rows.length;
      cursor = last && { ...last, unit: unitOf(last.holder) };
    }
    return walletPage(items, last === undefined ? null : nextOf(last, sequence));
  }

  async #cancel(request: ApiRequest, seller: Identity, issuance: IssuanceName): Promise<Reply> {
    const orderId = parseOrderId(decoded(request.params[2] ?? ''));
    if (orderId === undefined) refuse('not_redeemed', 'No order with this id has redeemed this issuance.');
    const result = await this.#ports.redemptions.cancel(issuance, orderId, callerActor(request, seller));
    this.#counts.count(result.status === 'absent' ? 'not_issued' : result.status);
    switch (result.status) {
      case 'absent':
        return refuseAbsent(this.#ports, issuance);
      case 'not_redeemed':
        return refuse('not_redeemed', 'No order with this id has redeemed this issuance.');
      case 'cancelled': {
        const { cancelledAtMs, state } = result.redemption;
        return json(200, {
          ...redemptionBody(result.redemption),
          cancelledAt: rfc3339(cancelledAtMs),
          state,
        });
      }
    }
  }
}

/** Not of a shape that a shop would choose, and never the same twice. */
function generatedOrderId(): OrderId {
  const orderId = parseOrderId(`use:${randomUUID()}`);
  if (orderId === undefined) throw new Error('A generated order id is not valid');
  return orderId;
}

function walletPage(items: readonly WalletRow[], next: number | string | null): Reply {
  return json(200, { items: items.map(walletItem), next });
}

function isShown(row: WalletRow, state: WalletState | undefined, sellerId: string | undefined): boolean {
  return (
    (state === undefined || row.state === state) && (sellerId === undefined || row.sellerId === sellerId)
  );
}

/** A minus is in the cursors of descending orders. The unit is named only where it matters, so that members with one unit each have the cursors they always had. */
function nextOf(last: WalletRow, sequence: WalletOrder, following?: WalletRow): number | string {
  const { couponId, issuedAtMs, holder } = last;
  const unit = unitOf(holder);
  if (sequence === 'newest') return `-${issuedAtMs}.${couponId}${unit === 1 ? '' : `.${unit}`}`;
  return following !== undefined && following.couponId !== couponId ? couponId : `${couponId}.${unit}`;
}

function cursorOf(after: string, sequence: WalletOrder): WalletCursor | undefined {
  if (after === '0') return undefined;
  const isNewest = after.startsWith('-');
  const [first = 0, second, third] = after.replace('-', '').split('.').map(Number);
  if (sequence === 'coupon' && !isNewest && third === undefined)
    return { issuedAtMs: 0, couponId: first, unit: second ?? UNIT_MAX };
  if (sequence === 'newest' && isNewest && second !== undefined)
    return { issuedAtMs: first, couponId: second, unit: third ?? 1 };
  return refuse('invalid_input', 'after: must be the `next` of a page in the same order', {
    errors: [{ field: 'after', message: 'must be the `next` of a page in the same order' }],
  });
}

/** A parameter of the path as the client meant it; text that is not encoded stays as it is, and names nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
