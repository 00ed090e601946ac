/** Handles the issuances of a coupon for its seller: pages, CSV or NDJSON streams, revocation. */
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import type { SettledPage, SettledRows } from '../../engine/feed/settled-rows.js';
import { holderFields, memberOf, unitOf } from '../../engine/domain/holder.js';
import { subjectOf } from '../../engine/domain/member-id.js';
import type { IssuanceQuery, IssuanceSearch } from '../../engine/ports/issuance-search.js';
import type { IssuanceLedger, LedgerRow } from '../../engine/ports/issuance-ledger.js';
import type { Identity } from '../wire/identity.js';
import { json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import type { IssuanceItemAnswer } from '../openapi/issuance-answers.js';
import { csvField } from './csv-field.js';
import { ownedCoupon } from './owned-coupon.js';
import type { z } from 'zod';
import { parseQuery } from '../wire/parse-input.js';
import { preferredType } from '../wire/preferred-type.js';
import { refuse } from '../wire/problems.js';
import { rfc3339 } from '../wire/rfc3339.js';
import { issuanceListQuery, issueNo } from '../wire/issuance-schemas.js';
import { callerActor } from './caller-actor.js';

/** Rows per read of the ledger and per chunk sent: some 80 KB of text, so that a slow reader holds little memory. */
const STREAM_CHUNK_ROWS = 1_000;

/** A page, or all of them. */
const LIST_TYPES = ['application/json', 'text/csv', 'application/x-ndjson'] as const;

export interface IssuancePorts {
  readonly registry: CouponRegistry;
  readonly ledger: IssuanceLedger;
  readonly issuanceSearch: IssuanceSearch;
  readonly settledRows: Pick<SettledRows, 'read' | 'waits'>;
}

type IssuanceListQuery = z.output<typeof issuanceListQuery>;

/** Rows after a cursor, one page per call. */
type ReadPage = (afterIssueNo: number, limit: number) => Promise<SettledPage>;

export class IssuanceHandlers {
  readonly #ports: IssuancePorts;

  constructor(ports: IssuancePorts) {
    this.#ports = ports;
  }

  /** What is recorded, ascending by number; with `settled` up to the frontier. */
  async list(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { couponId, door } = await ownedCoupon(this.#ports.registry, request, seller);
    const query = parseQuery(issuanceListQuery, request);
    const { limit, settled, sort } = query;
    const after = Math.abs(query.after);
    const read = this.#reader(couponId, query);
    const type = preferredType(request.accept, LIST_TYPES);
    if (type === 'text/csv') {
      return streamed(
        'text/csv; charset=utf-8; header=present',
        csv(read, after, door?.perMember !== undefined),
      );
    }
    if (type === 'application/x-ndjson') return streamed(type, ndjson(read, after));
    const { rows, frontier, more } = await read(after, limit);
    return json(200, {
      items: rows.map(issuanceItem),
      next: !more ? null : sort === '-issueNo' ? -frontier : frontier,
      ...(settled ? { frontier } : {}),
    });
  }

  #reader(couponId: CouponId, query: IssuanceListQuery): ReadPage {
    if (query.settled) return (after, limit) => this.#ports.settledRows.read(couponId, after, limit);
    const { memberId } = query;
    const sought = {
      descending: query.sort === '-issueNo',
      issuedFromMs: query.issuedFrom,
      issuedBeforeMs: query.issuedBefore,
      used: query.used,
    };
    if (memberId === undefined) {
      return isWhole(sought)
        ? (after, limit) => this.#recorded(couponId, after, limit)
        : (after, limit) => this.#found(couponId, sought, after, limit);
    }
    return async (after, limit) => {
      const rows = await this.#ports.ledger.rowsOfMember(couponId, memberId);
      return ofMember(
        rows.filter((row) => matches(row, sought)),
        sought.descending,
        after,
        limit,
      );
    };
  }

  /** Whatever is in the ledger at this moment, numbers passed over included. */
  async #recorded(couponId: CouponId, after: number, limit: number): Promise<SettledPage> {
    const rows = await this.#ports.ledger.rows(couponId, after, limit + 1);
    const items = rows.slice(0, limit);
    return { rows: items, frontier: items.at(-1)?.issueNo ?? after, more: rows.length > limit };
  }

  async #found(couponId: CouponId, query: IssuanceQuery, after: number, limit: number): Promise<SettledPage> {
    const { rows, next } = await this.#ports.issuanceSearch.search(couponId, query, after, limit);
    return { rows, frontier: next ?? after, more: next !== undefined };
  }

  /** May be repeated: revoking a number a second time answers the same. */
  async revoke(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { couponId } = await ownedCoupon(this.#ports.registry, request, seller);
    const number = issueNo.safeParse(request.params[1]);
    if (!number.success) refuse('not_issued', 'There is no issuance with this number.');
    const result = await this.#ports.registry.revoke(couponId, number.data, callerActor(request, seller));
    switch (result.status) {
      case 'revoked':
        return json(200, {
          couponId,
          issueNo: result.issueNo,
          ...holderFields(result.holder),
          revoked: true,
          remaining: result.remaining,
        });
      case 'not_issued':
        return refuse('not_issued', 'There is no issuance with this number.');
      case 'already_used':
        return refuse('already_used', 'The member has already used this coupon.');
      case 'unknown_coupon':
        return refuse('unknown_coupon', 'There is no coupon with this id.');
      case 'not_ready':
        return refuse('not_ready', 'The coupon is being verified or rebuilt. Try again in a moment.');
    }
  }
}

/** Every row in the order of the key: one statement a page. */
function isWhole({ descending, issuedFromMs, issuedBeforeMs, used }: IssuanceQuery): boolean {
  return !descending && (issuedFromMs ?? issuedBeforeMs ?? used) === undefined;
}

function matches({ issuedAtMs, usedAtMs }: LedgerRow, query: IssuanceQuery): boolean {
  const { issuedFromMs = 0, issuedBeforeMs = Infinity, used } = query;
  const isUsed = usedAtMs !== undefined;
  return issuedAtMs >= issuedFromMs && issuedAtMs < issuedBeforeMs && isUsed === (used ?? isUsed);
}

/** The units of a member are a hundred at most. */
function ofMember(
  rows: readonly LedgerRow[],
  descending: boolean,
  after: number,
  limit: number,
): SettledPage {
  const sign = descending ? -1 : 1;
  const following = rows
    .filter(({ issueNo }) => after === 0 || sign * (issueNo - after) > 0)
    .sort((one, other) => sign * (one.issueNo - other.issueNo));
  const page = following.slice(0, limit);
  return { rows: page, frontier: page.at(-1)?.issueNo ?? after, more: following.length > limit };
}

function streamed(contentType: string, chunks: AsyncIterable<string>): Reply {
  return { status: 200, contentType, chunks };
}

/** An issuance as a list shows it; `usedAt` is null until it is used. */
export function issuanceItem(row: LedgerRow): IssuanceItemAnswer {
  return {
    couponId: row.couponId,
    ...holderFields(row.holder),
    issueNo: row.issueNo,
    issuedAt: rfc3339(row.issuedAtMs),
    usedAt: row.usedAtMs === undefined ? null : rfc3339(row.usedAtMs),
  };
}

async function* chunksOfRows(read: ReadPage, afterIssueNo: number): AsyncGenerator<readonly LedgerRow[]> {
  for (let after = afterIssueNo; ;) {
    const { rows, frontier, more } = await read(after, STREAM_CHUNK_ROWS);
    if (rows.length > 0) yield rows;
    if (!more) return;
    after = frontier;
  }
}

/** @param withUnits adds a last column: only where a member may have several, so that the others read what they always did. */
async function* csv(read: ReadPage, after: number, withUnits: boolean): AsyncGenerator<string> {
  yield `issue_no,member_id,issued_at,used_at${withUnits ? ',unit' : ''}\r\n`;
  for await (const rows of chunksOfRows(read, after)) {
    yield rows
      .map(({ issueNo, holder, issuedAtMs, usedAtMs }) => {
        const usedAt = usedAtMs === undefined ? '' : rfc3339(usedAtMs);
        const unit = withUnits ? `,${unitOf(holder)}` : '';
        return `${issueNo},${csvField(subjectOf(memberOf(holder)))},${rfc3339(issuedAtMs)},${usedAt}${unit}\r\n`;
      })
      .join('');
  }
}

async function* ndjson(read: ReadPage, after: number): AsyncGenerator<string> {
  for await (const rows of chunksOfRows(read, after)) {
    yield rows.map((row) => `${JSON.stringify(issuanceItem(row))}\n`).join('');
  }
}
