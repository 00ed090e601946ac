/**
 * Admission of the embedded back end: decided in memory, durable before it is answered.
 *
 * A decision and its row are one transaction, so there is no queue and nothing to record later (docs/adr/0003). How decisions of many
 * coupons share one commit, and how a failed one is taken back, is in `group-commit.ts`; the rules are in `coupon-memory.ts`.
 */
import type { Kysely } from 'kysely';
import type {
  Admission,
  AdmitBatch,
  AdmitReply,
  AmendReply,
  RevokeReply,
  TermsChange,
  WarmContent,
  WinnersView,
} from '../../engine/ports/admission.js';
import type { CouponId, CouponSnapshot, Issuance, MemberId } from '../../engine/domain/coupon.js';
import { StoreUnavailableError } from '../../engine/domain/errors.js';
import type { Database } from '../sql/schema.js';
import { termColumns } from '../sql/sql-coupon-catalogue.js';
import { CouponMemory } from './coupon-memory.js';
import { GroupCommit } from './group-commit.js';
import { LoadedCoupons } from './loaded-coupons.js';
import type { SqliteStatement } from './sqlite-statement.js';

/** Winners in memory, all coupons together: some 260 MB. */
export const WINNERS_MAX = 2_000_000;

export interface SqliteAdmissionOptions {
  /** Only to compile statements; they run in the transaction of the group. */
  readonly db: Kysely<Database>;
  readonly transact: (statements: readonly SqliteStatement[]) => Promise<void>;
  readonly nowMs: () => number;
  readonly deadlineMs: number;
  readonly winnersMax?: number;
}

export class SqliteAdmission implements Admission {
  readonly #db: Kysely<Database>;
  readonly #nowMs: () => number;
  readonly #commits: GroupCommit;
  readonly #loaded: LoadedCoupons;

  constructor({ db, transact, nowMs, deadlineMs, winnersMax = WINNERS_MAX }: SqliteAdmissionOptions) {
    this.#db = db;
    this.#nowMs = nowMs;
    const loaded = new LoadedCoupons(winnersMax);
    this.#loaded = loaded;
    this.#commits = new GroupCommit({
      transact,
      deadlineMs,
      betweenGroups: () => {
        loaded.shrink();
      },
    });
  }

  admit({ couponId, epoch, memberIds, notAfterMs }: AdmitBatch): Promise<AdmitReply> {
    return this.#commits.submit<AdmitReply>(
      (effects) => {
        const storeNowMs = this.#nowMs();
        const coupon = this.#loaded.get(couponId);
        if (coupon === undefined) return { status: 'not_ready', storeNowMs };
        if (epoch !== coupon.epoch) return { status: 'stale_epoch', storeNowMs };
        if (storeNowMs > notAfterMs) return { status: 'expired', storeNowMs };
        const { decisions, fresh, undo } = coupon.admit(memberIds, storeNowMs);
        if (fresh.length > 0) {
          this.#loaded.grew(fresh.length);
          effects.write([rowsStatement(couponId, decisions.firstIssueNo, storeNowMs, fresh)], () => {
            undo();
            this.#loaded.grew(-fresh.length);
          });
        }
        return decisions;
      },
      () => {
        this.#forget(couponId);
      },
    );
  }

  snapshots(couponIds: readonly CouponId[]): Promise<(CouponSnapshot | undefined)[]> {
    return this.#commits.submit(() => {
      const storeNowMs = this.#nowMs();
      return couponIds.map((couponId) => this.#loaded.peek(couponId)?.snapshot(storeNowMs));
    });
  }

  issuanceOf(couponId: CouponId, memberId: MemberId): Promise<Issuance | undefined | 'not_ready'> {
    return this.#commits.submit(() => {
      const coupon = this.#loaded.get(couponId);
      return coupon === undefined ? 'not_ready' : coupon.issuanceOf(memberId);
    });
  }

  /** Every issuance that anybody has heard of is recorded. */
  unrecordedHolder(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  winners(couponId: CouponId, version: number, limit: number): Promise<WinnersView | undefined> {
    return this.#commits.submit(() => {
      const coupon = this.#loaded.get(couponId);
      if (coupon?.version !== version || coupon.issued > limit) return undefined;
      return coupon.view();
    });
  }

  async warm(couponId: CouponId, read: () => Promise<WarmContent>): Promise<'warmed' | 'present'> {
    if (this.#loaded.peek(couponId) !== undefined) return 'present';
    const { coupon, issued } = await read();
    const memory = new CouponMemory(coupon);
    for await (const chunk of issued) memory.take(chunk);
    return this.#commits.submit(() => {
      if (this.#loaded.peek(couponId) !== undefined) return 'present';
      if (this.#loaded.isStale(memory)) {
        throw new StoreUnavailableError('The coupon changed while it was being warmed. Try again.');
      }
      this.#loaded.put(memory);
      return 'warmed';
    });
  }

  amend(couponId: CouponId, change: TermsChange): Promise<AmendReply> {
    return this.#commits.submit<AmendReply>((effects) => {
      const coupon = this.#loaded.get(couponId);
      if (coupon === undefined) return { status: 'not_ready' };
      const amended = coupon.amend(change);
      if (amended.status === 'changed') effects.write([this.#termsStatement(coupon)], amended.undo);
      const snapshot = coupon.snapshot(this.#nowMs());
      if (amended.status === 'changed' || amended.status === 'unchanged')
        return { status: 'amended', snapshot };
      return { status: amended.status, snapshot };
    });
  }

  revoke(couponId: CouponId, issueNo: number, memberId: MemberId): Promise<RevokeReply> {
    return this.#commits.submit<RevokeReply>((effects) => {
      const coupon = this.#loaded.get(couponId);
      if (coupon === undefined) return { status: 'not_ready' };
      const revoked = coupon.revoke(issueNo, memberId);
      const storeNowMs = this.#nowMs();
      if (revoked === undefined) return { status: 'absent', snapshot: coupon.snapshot(storeNowMs) };
      this.#loaded.grew(-1);
      const statements = this.#revokeStatements(couponId, issueNo, memberId, storeNowMs);
      effects.write([...statements, this.#termsStatement(coupon)], () => {
        revoked.undo();
        this.#loaded.grew(1);
      });
      return { status: 'revoked', snapshot: coupon.snapshot(storeNowMs) };
    });
  }

  /** The table holds a row that memory does not know (written by somebody else): the coupon has to be read anew. */
  #forget(couponId: CouponId): void {
    const coupon = this.#loaded.peek(couponId);
    if (coupon !== undefined) this.#loaded.drop(coupon);
  }

  #termsStatement({ couponId, terms, version }: CouponMemory): SqliteStatement {
    return this.#db
      .updateTable('coupon')
      .set({ ...termColumns(terms), version })
      .where('id', '=', couponId)
      .compile();
  }

  /** The ledger has usually done this already; whoever revokes here alone leaves the tables just as right. */
  #revokeStatements(
    couponId: CouponId,
    issueNo: number,
    memberId: MemberId,
    atMs: number,
  ): SqliteStatement[] {
    const key = { coupon_id: couponId, issue_no: issueNo };
    return [
      this.#db
        .insertInto('revocation')
        .values({ ...key, member_id: memberId, revoked_at: atMs })
        .onConflict((conflict) => conflict.doNothing())
        .compile(),
      this.#db
        .deleteFrom('member_coupon')
        .where((row) => row.and({ ...key, member_id: memberId }))
        .compile(),
    ];
  }
}

/**
 * The numbers of a batch follow each other, so its members alone say everything. One statement a coupon: 11 µs a row with 256 rows, against
 * 15 for a prepared INSERT per row and 33 for one statement over the nested batches of all coupons.
 */
function rowsStatement(
  couponId: CouponId,
  firstIssueNo: number,
  issuedAtMs: number,
  memberIds: readonly MemberId[],
): SqliteStatement {
  return {
    sql: `insert into member_coupon (coupon_id, issue_no, member_id, issued_at)
          select ?, ? + key, value, ? from json_each(?)`,
    parameters: [couponId, firstIssueNo, issuedAtMs, JSON.stringify(memberIds)],
  };
}
