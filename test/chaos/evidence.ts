/** Reads the final content of the database and Redis without our own code. */
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { createPool, type Pool } from 'mysql2/promise';
import {
  type CouponTerms,
  type Issuance,
  type MemberId,
  parseMemberId,
} from '../../src/engine/domain/coupon.js';
import { type HolderId, holderOf, parseHolder } from '../../src/engine/domain/holder.js';
import { type OrderId, parseOrderId } from '../../src/engine/domain/redemption.js';
import { type EndedHold, takeBackReasons } from '../../src/engine/ports/hold-ledger.js';
import type { AuditAction } from '../../src/engine/ports/audit-log.js';
import { auditedAct } from '../../src/engine/testing/checker/audited-act.js';
import type { FinalState, ObservedTerms } from '../../src/engine/testing/checker/history.js';
import { couponKey } from '../../src/persist/redis/keys.js';

/** Nothing is promised of rows in motion, so a queue and claims that are left are part of it. */
export interface Evidence extends FinalState {
  readonly deadLetters: readonly (Issuance & { readonly reason: string })[];
  /** Number → the order that has confirmed its hold. */
  readonly confirmed: ReadonlyMap<number, OrderId>;
  readonly ended: readonly EndedEvidence[];
  /** Numbers that are used or confirmed. */
  readonly used: ReadonlySet<number>;
  /** Numbers that were recalled, by the audit log. */
  readonly recalledByAudit: number;
}

/** A hold that was taken back. */
export interface EndedEvidence extends EndedHold {
  /** By the database's clock. */
  readonly revokedAtMs: number;
}

const IDLE_POLL_MS = 100;
const WATCH_POLL_MS = 10;

/**
 * Reads the content of the database and Redis about a coupon, over connections that the first read opens.
 *
 * They are kept, because tests poll: opening both takes the processor time of a hundred reads.
 */
export class EvidenceReader {
  readonly #mysqlUrl: string;
  readonly #redisUrls: readonly string[];
  #pool: Pool | undefined;
  #client: Redis | Cluster | undefined;

  constructor(mysqlUrl: string, redisUrls: readonly string[]) {
    this.#mysqlUrl = mysqlUrl;
    this.#redisUrls = redisUrls;
  }

  /** The evidence once nothing is queued, claimed, half revoked or unsettled any more, or what there is after `withinMs`. */
  async whenIdle(couponId: number, withinMs = 30_000): Promise<Evidence> {
    const untilMs = performance.now() + withinMs;
    for (;;) {
      const evidence = await this.#read(couponId);
      const { queued = [], claimed = [], winners = [] } = evidence.store ?? {};
      // The reconciler takes these out of the store when the process of the revoke has died, or its answer was lost, between the two steps.
      const halfRevoked = winners.filter(({ issueNo, holder }) => evidence.revoked.get(issueNo) === holder);
      const waiting =
        queued.length + claimed.length + halfRevoked.length + evidence.catalogue.unsettledChanges;
      if (waiting === 0 || performance.now() > untilMs) return evidence;
      await pause(IDLE_POLL_MS);
    }
  }

  /** Rows of `member_coupon`. */
  rows(couponId: number): Promise<number> {
    return this.#number('select count(*) as value from member_coupon where coupon_id = ?', couponId);
  }

  /** Version of the saved terms. */
  version(couponId: number): Promise<number> {
    return this.#number('select version as value from coupon where id = ?', couponId);
  }

  /** Winners in Redis; -1 where the key is missing. */
  async winners(couponId: number): Promise<number> {
    const fields = await this.#redis.hlen(couponKey(couponId, 'winners'));
    // One field is the marker.
    return fields - 1;
  }

  async close(): Promise<void> {
    this.#client?.disconnect();
    await this.#pool?.end();
  }

  async #read(couponId: number): Promise<Evidence> {
    // The store first: what leaves it meanwhile is in the rows.
    const store = await readStore(this.#redis, couponId);
    return { ...(await readTables(this.#select, couponId)), store };
  }

  async #number(sql: string, couponId: number): Promise<number> {
    const [row] = await this.#select(sql, couponId);
    return Number(row?.['value']);
  }

  readonly #select: Select = async (sql, parameter) => {
    this.#pool ??= createPool(this.#mysqlUrl);
    const [rows] = await this.#pool.query(sql, [parameter]);
    return rows as Record<string, unknown>[];
  };

  get #redis(): Redis | Cluster {
    this.#client ??= connect(this.#redisUrls);
    return this.#client;
  }
}

function connect(urls: readonly string[]): Redis | Cluster {
  const nodes = urls.map((url) => ({ host: '127.0.0.1', port: Number(new URL(url).port) }));
  const client = nodes.length === 1 ? new Redis(nodes[0] ?? {}) : new Cluster(nodes);
  return client.on('error', () => undefined);
}

export interface TermsWatch {
  readonly observed: readonly ObservedTerms[];
  stop(): Promise<void>;
}

/** Reads the terms in force again and again, for a coupon whose store loses nothing. */
export function watchTerms(redis: Redis, couponId: number): TermsWatch {
  const observed: ObservedTerms[] = [];
  const state = { ended: false };
  const watching = (async (): Promise<void> => {
    while (!state.ended) {
      const fromMs = performance.now();
      const meta = await redis.hgetall(couponKey(couponId, 'meta'));
      if (meta['epoch'] !== undefined && meta['recovering'] === undefined) {
        observed.push({ fromMs, toMs: performance.now(), terms: termsIn(meta) });
      }
      await pause(WATCH_POLL_MS);
    }
  })();
  return {
    observed,
    async stop() {
      state.ended = true;
      await watching;
    },
  };
}

type Fields = Readonly<Record<string, string>>;

function termsIn(meta: Fields): CouponTerms {
  const instant = (text = ''): number | undefined => (text === '' ? undefined : Number(text));
  return {
    quantity: Number(meta['quantity']),
    opensAtMs: instant(meta['opensAt']),
    closesAtMs: instant(meta['closesAt']),
    paused: meta['paused'] === '1',
    closed: meta['closed'] === '1',
  };
}

/** Rows of a statement with one parameter. */
type Select = (sql: string, parameter: number | string) => Promise<Record<string, unknown>[]>;

/** What the database has of the coupon: the tables are the same in all of them. */
export async function readTables(select: Select, couponId: number): Promise<Omit<Evidence, 'store'>> {
  const ofCoupon = (sql: string): Promise<Record<string, unknown>[]> => select(sql, couponId);
  const columns = 'issue_no, member_id, issued_at';
  const rows = await ofCoupon(
    `select ${columns}, unit, confirm_order, used_at from member_coupon where coupon_id = ? order by issue_no`,
  );
  const dead = await ofCoupon(`select ${columns}, reason from dead_letter where coupon_id = ?`);
  const revoked = await ofCoupon(
    'select issue_no, member_id, unit, reason, revoked_at from revocation where coupon_id = ?',
  );
  const [coupon = {}] = await ofCoupon(
    'select quantity, opens_at, closes_at, paused, closed from coupon where id = ?',
  );
  const unsettled = await ofCoupon('select change_no from coupon_change where coupon_id = ?');
  const ofAudit = 'select action, detail from audit_log where target = ?';
  const audit = await select(ofAudit, `coupon ${couponId}`);
  const instant = (value: unknown): number | undefined => (value === null ? undefined : Number(value));
  return {
    rows: rows.map(issuanceOf),
    deadLetters: dead.map((letter) => ({ ...issuanceOf(letter), reason: String(letter['reason']) })),
    revoked: new Map(revoked.map((row) => [Number(row['issue_no']), holderIn(row)])),
    confirmed: new Map(
      rows.flatMap(({ issue_no: issueNo, confirm_order: order }) => {
        const orderId = typeof order === 'string' ? parseOrderId(order) : undefined;
        return orderId === undefined ? [] : [[Number(issueNo), orderId]];
      }),
    ),
    used: new Set(
      rows.flatMap(({ issue_no: issueNo, confirm_order: order, used_at: usedAt }) =>
        order === null && usedAt === null ? [] : [Number(issueNo)],
      ),
    ),
    recalledByAudit: audit.reduce(
      (sum, { action, detail }) =>
        sum + (action === 'coupon_recalled' ? Number(fieldsOf(detail)['count']) : 0),
      0,
    ),
    ended: revoked.flatMap((row) => {
      const reason = takeBackReasons.find((known) => known === row['reason']);
      if (reason === undefined) return [];
      const revokedAtMs = Number(row['revoked_at']);
      return [{ issueNo: Number(row['issue_no']), holder: holderIn(row), reason, revokedAtMs }];
    }),
    catalogue: {
      terms: {
        quantity: Number(coupon['quantity']),
        opensAtMs: instant(coupon['opens_at']),
        closesAtMs: instant(coupon['closes_at']),
        paused: Number(coupon['paused']) === 1,
        closed: Number(coupon['closed']) === 1,
      },
      unsettledChanges: unsettled.length,
    },
    audit: audit.flatMap(({ action, detail }) => {
      return auditedAct(action as AuditAction, fieldsOf(detail)) ?? [];
    }),
  };
}

function fieldsOf(detail: unknown): Record<string, unknown> {
  return (typeof detail === 'string' ? JSON.parse(detail) : detail) as Record<string, unknown>;
}

/**
 * Reads all in one step: an issuance that returns from a claim to the queue between two steps would be missing in both.
 *
 * @returns `undefined`: Redis does not have the coupon.
 */
export async function readStore(redis: Redis | Cluster, couponId: number): Promise<FinalState['store']> {
  const replies = await redis
    .multi()
    .zrange(couponKey(couponId, 'issuable_coupon_queue'), 0, '-1', 'WITHSCORES')
    .hgetall(couponKey(couponId, 'claimed'))
    .hgetall(couponKey(couponId, 'winners'))
    .hgetall(couponKey(couponId, 'meta'))
    .exec();
  const [queue = [], claims = {}, winners = {}, meta = {}] = (replies ?? []).map(([fault, reply]) => {
    if (fault !== null) throw fault;
    return reply;
  }) as [string[]?, Fields?, Fields?, Fields?];
  if (meta['seq'] === undefined) return undefined;
  return {
    terms: termsIn(meta),
    lastIssueNo: Number(meta['seq']),
    winners: Object.entries(winners)
      .filter(([memberId]) => memberId !== '')
      .map(([memberId, value]) => {
        const [issueNo, issuedAtMs] = value.split(':');
        return issuanceOf({ member_id: memberId, issue_no: issueNo, issued_at: issuedAtMs });
      }),
    // Members and scores take turns; the marker is a member too.
    queued: queue.flatMap((member, place) => {
      if (place % 2 === 1 || member.startsWith('#')) return [];
      const [memberId, issuedAtMs] = member.split(':');
      return [issuanceOf({ member_id: memberId, issue_no: queue[place + 1], issued_at: issuedAtMs })];
    }),
    claimed: Object.entries(claims)
      .filter(([token]) => token !== '')
      .flatMap(([, packed]) => packed.split(','))
      .map((one) => {
        const [issueNo, memberId, issuedAtMs] = one.split(':');
        return issuanceOf({ member_id: memberId, issue_no: issueNo, issued_at: issuedAtMs });
      }),
  };
}

/** From the columns of a row, or with the holder of Redis in place of the member. */
export function issuanceOf(row: Readonly<Record<string, unknown>>): Issuance {
  return {
    issueNo: Number(row['issue_no']),
    holder: holderIn(row),
    issuedAtMs: Number(row['issued_at']),
  };
}

function holderIn(row: Readonly<Record<string, unknown>>): HolderId {
  const { member_id: text, unit } = row;
  if (unit !== undefined) return holderOf(memberIdOf(text), Number(unit));
  return holderNamed(text);
}

/** @throws Error for what no holder can be called. */
export function holderNamed(text: unknown): HolderId {
  const holder = typeof text === 'string' ? parseHolder(text) : undefined;
  if (holder === undefined) throw new Error(`no holder: ${String(text)}`);
  return holder;
}

/** @throws Error for what no member can be called. */
export function memberIdOf(text: unknown): MemberId {
  const memberId = typeof text === 'string' ? parseMemberId(text) : undefined;
  if (memberId === undefined) throw new Error(`no member: ${String(text)}`);
  return memberId;
}
