/**
 * Implements admission of the embedded back end: decides in memory, answers after the commit.
 *
 * A decision and its row are one transaction, so there is no queue and no later recording (docs/adr/0003).
 * `group-commit.ts` describes how decisions of many coupons share one commit and how a failed one is undone;
 * `coupon-memory.ts` has the rules.
 */
import type { Kysely } from 'kysely';
import type {
  Admission,
  AdmitBatch,
  AdmitReply,
  AmendReply,
  AnswerBatch,
  NumberedHolder,
  RevokeManyReply,
  RevokeReply,
  WarmContent,
  WinnersView,
} from '../../engine/ports/admission.js';
import type { TermsChange } from '../../engine/ports/terms-change.js';
import type { CouponId, CouponSnapshot, HolderId, Issuance } from '../../engine/domain/coupon.js';
import { StoreUnavailableError } from '../../engine/domain/errors.js';
import { holderColumns } from '../sql/holder-columns.js';
import type { Database } from '../sql/schema.js';
import { termColumns } from '../sql/sql-coupon-catalogue.js';
import { CouponMemory } from './coupon-memory.js';
import { type Effects, GroupCommit } from './group-commit.js';
import { LoadedCoupons } from './loaded-coupons.js';
import type { SqliteStatement, SqliteStep } from './sqlite-statement.js';

/** Winners in memory, all coupons together: some 260 MB. */
export const WINNERS_MAX = 2_000_000;

export interface SqliteAdmissionOptions {
  /** Only to compile statements; they run in the transaction of the group. */
  readonly db: Kysely<Database>;
  readonly transact: (steps: readonly SqliteStep[]) => Promise<void>;
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

  admit(batch: AdmitBatch): Promise<AdmitReply> {
    return this.#commits.submit<AdmitReply>(
      (effects) => this.#decide(batch, effects),
      () => {
        this.#forget(batch.couponId);
      },
    );
  }

  /** One command for all of them: a promise each would cost as much as their decisions. */
  async admitRound(batches: readonly AdmitBatch[], answer: AnswerBatch): Promise<void> {
    const round = { contradicted: false };
    try {
      const replies = await this.#commits.submit(
        (effects) => batches.map((batch) => this.#decide(batch, effects)),
        () => {
          round.contradicted = true;
        },
      );
      for (const [place, reply] of replies.entries()) answer(place, reply);
    } catch (fault) {
      if (round.contradicted) await this.#admitEachAlone(batches, answer);
      else for (const place of batches.keys()) answer(place, { status: 'fault', fault });
    }
  }

  /** One of them does not fit into the database, and nothing was written: the others must not fail with it. */
  async #admitEachAlone(batches: readonly AdmitBatch[], answer: AnswerBatch): Promise<void> {
    for (const [place, batch] of batches.entries()) {
      const reply = await this.admit(batch).catch((fault: unknown) => ({ status: 'fault' as const, fault }));
      answer(place, reply);
    }
  }

  /** The disk takes commits one after another, for whichever coupons. */
  shardOf(): number {
    return 0;
  }

  #decide({ couponId, epoch, holders, askers, notAfterMs }: AdmitBatch, effects: Effects): AdmitReply {
    const storeNowMs = this.#nowMs();
    const coupon = this.#loaded.get(couponId);
    if (coupon === undefined) return { status: 'not_ready', storeNowMs };
    if (epoch !== coupon.epoch) return { status: 'stale_epoch', storeNowMs };
    if (storeNowMs > notAfterMs) return { status: 'expired', storeNowMs };
    const { decisions, fresh, undo } = coupon.admit(holders, storeNowMs, askers);
    if (fresh.length === 0) return decisions;
    this.#loaded.grew(fresh.length);
    const { firstIssueNo } = decisions;
    effects.issue({ couponId, firstIssueNo, issuedAtMs: storeNowMs, holders: fresh }, () => {
      undo();
      this.#loaded.grew(-fresh.length);
    });
    return decisions;
  }

  snapshots(couponIds: readonly CouponId[]): Promise<(CouponSnapshot | undefined)[]> {
    return this.#commits.submit(() => {
      const storeNowMs = this.#nowMs();
      return couponIds.map((couponId) => this.#loaded.peek(couponId)?.snapshot(storeNowMs));
    });
  }

  issuanceOf(couponId: CouponId, holder: HolderId): Promise<Issuance | undefined | 'not_ready'> {
    return this.#commits.submit(() => {
      const coupon = this.#loaded.get(couponId);
      return coupon === undefined ? 'not_ready' : coupon.issuanceOf(holder);
    });
  }

  issuancesOf(
    couponId: CouponId,
    holders: readonly HolderId[],
  ): Promise<readonly (Issuance | undefined)[] | 'not_ready'> {
    return this.#commits.submit(() => {
      const coupon = this.#loaded.get(couponId);
      return coupon === undefined ? 'not_ready' : holders.map((holder) => coupon.issuanceOf(holder));
    });
  }

  /** Every issuance that was acknowledged to any caller is recorded. */
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

  revoke(couponId: CouponId, issueNo: number, holder: HolderId): Promise<RevokeReply> {
    return this.#commits.submit<RevokeReply>((effects) => {
      const coupon = this.#loaded.get(couponId);
      if (coupon === undefined) return { status: 'not_ready' };
      const revoked = coupon.revoke(issueNo, holder);
      const storeNowMs = this.#nowMs();
      if (revoked === undefined) return { status: 'absent', snapshot: coupon.snapshot(storeNowMs) };
      this.#loaded.grew(-1);
      const statements = this.#revokeStatements(couponId, [{ issueNo, holder }], storeNowMs);
      effects.write([...statements, this.#termsStatement(coupon)], () => {
        revoked.undo();
        this.#loaded.grew(1);
      });
      return { status: 'revoked', snapshot: coupon.snapshot(storeNowMs) };
    });
  }

  revokeMany(couponId: CouponId, issuances: readonly NumberedHolder[]): Promise<RevokeManyReply> {
    return this.#commits.submit<RevokeManyReply>((effects) => {
      const coupon = this.#loaded.get(couponId);
      if (coupon === undefined) return { status: 'not_ready' };
      const { ended, undo } = coupon.revokeMany(issuances);
      const storeNowMs = this.#nowMs();
      if (ended.length > 0) {
        this.#loaded.grew(-ended.length);
        const statements = this.#revokeStatements(couponId, ended, storeNowMs);
        effects.write([...statements, this.#termsStatement(coupon)], () => {
          undo();
          this.#loaded.grew(ended.length);
        });
      }
      return { status: 'revoked', count: ended.length, snapshot: coupon.snapshot(storeNowMs) };
    });
  }

  /** The table holds a row that memory does not know (written by another process): the coupon has to be read anew. */
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

  /** The ledger has usually done this already; a revoke without the ledger leaves the tables just as right. */
  #revokeStatements(
    couponId: CouponId,
    issuances: readonly NumberedHolder[],
    atMs: number,
  ): SqliteStatement[] {
    return [
      this.#db
        .insertInto('revocation')
        .values(
          issuances.map(({ issueNo, holder }) => ({
            coupon_id: couponId,
            issue_no: issueNo,
            ...holderColumns(holder),
            revoked_at: atMs,
          })),
        )
        .onConflict((conflict) => conflict.doNothing())
        .compile(),
      this.#db
        .deleteFrom('member_coupon')
        .where('coupon_id', '=', couponId)
        // What memory has under a number is what the table has.
        .where(
          'issue_no',
          'in',
          issuances.map(({ issueNo }) => issueNo),
        )
        .compile(),
    ];
  }
}
