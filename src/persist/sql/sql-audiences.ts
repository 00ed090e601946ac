/**
 * Keeps the lists of members that coupons are limited to, on MySQL, MariaDB and SQLite.
 *
 * The row of the list in `audience` is locked by every change until its commit. So revisions of a list become visible in order, and changes of
 * different lists do not wait for each other. A member who is removed keeps a row, by which other processes learn of the removal.
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import { TOKEN_LENGTH } from '../../accounts/change-history.js';
import {
  type Audience,
  type AudienceChange,
  type AudienceHead,
  type AudienceRemoveReply,
  type AudienceReply,
  type AudienceStore,
  type AudienceUpdate,
} from '../../accounts/audiences.js';
import { chunksOf } from '../../engine/domain/chunks.js';
import { parseCouponId, parseMemberId } from '../../engine/domain/coupon.js';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import { StoreCorruptError } from '../../engine/domain/errors.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import { withNewToken } from './change-counter.js';
import { faultOf } from './error-classes.js';
import type { Database } from './schema.js';
import { insertAuditEntry } from './sql-audit-log.js';
import type { SqlFlavour } from './sql-flavour.js';
import { inTransaction, reading } from './transaction.js';

/** Values in one IN list. */
const LIST_MAX = 1_000;
/** Read of each list at every poll; each token is of a change of up to 2,000 members. */
const TOKENS_READ = 64;

export class SqlAudiences implements AudienceStore {
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;

  constructor(db: Kysely<Database>, flavour: SqlFlavour) {
    this.#db = db;
    this.#flavour = flavour;
  }

  async change(
    couponId: CouponId,
    update: AudienceUpdate,
    membersMax: number,
    audit?: (reply: Extract<AudienceReply, { status: 'changed' }>) => AuditEntry,
  ): Promise<AudienceReply> {
    await this.#begin(couponId);
    return inTransaction(this.#db, async (transaction) => {
      const before = await this.#locked(transaction, couponId);
      const listed = await listedAmong(transaction, couponId, [...update.add, ...update.remove]);
      const removing = new Set(update.remove);
      const wanted = [...new Set(update.add)].filter((memberId) => !removing.has(memberId));
      const added = wanted.filter((memberId) => listed.get(memberId) !== true);
      const touched = update.touches === true ? wanted.filter((memberId) => listed.get(memberId)) : [];
      const removed = [...removing].filter((memberId) => listed.get(memberId) === true);
      const members = before.members + added.length - removed.length;
      if (members > Math.max(membersMax, before.members)) return { status: 'full', audience: before };
      const revision = before.revision + 1;
      const known = [...added.filter((memberId) => listed.has(memberId)), ...touched];
      const fresh = added.filter((memberId) => !listed.has(memberId));
      if (fresh.length > 0) {
        await transaction
          .insertInto('audience_member')
          .values(
            fresh.map((memberId) => ({
              ...{ coupon_id: couponId, member_id: memberId, revision, removed: 0 },
            })),
          )
          .execute();
      }
      await setRemoved(transaction, couponId, known, revision, 0);
      await setRemoved(transaction, couponId, removed, revision, 1);
      const audience = { couponId, members, revision };
      await save(transaction, audience);
      const counts = { added: added.length, removed: removed.length };
      const reply = { status: 'changed' as const, audience, ...counts };
      if (audit !== undefined) await insertAuditEntry(transaction, audit(reply));
      return reply;
    });
  }

  removeUntouched(
    couponId: CouponId,
    revision: number,
    limit: number,
    audit?: (reply: AudienceRemoveReply) => AuditEntry,
  ): Promise<AudienceRemoveReply> {
    return inTransaction(this.#db, async (transaction) => {
      const before = await this.#locked(transaction, couponId);
      const rows = await transaction
        .selectFrom('audience_member')
        .select('member_id')
        .where('coupon_id', '=', couponId)
        .where('revision', '<=', revision)
        .where('removed', '=', 0)
        .limit(limit)
        .execute();
      if (rows.length === 0) return { audience: before, removed: 0 };
      const ids = rows.map((row) => row.member_id);
      await setRemoved(transaction, couponId, ids, before.revision + 1, 1);
      const audience = { couponId, members: before.members - ids.length, revision: before.revision + 1 };
      await save(transaction, audience);
      const reply = { audience, removed: ids.length };
      if (audit !== undefined) await insertAuditEntry(transaction, audit(reply));
      return reply;
    });
  }

  async audiences(couponIds: readonly CouponId[]): Promise<Audience[]> {
    const found = new Map<number, Audience>();
    for (const part of chunksOf(couponIds, LIST_MAX)) {
      const rows = await reading(() =>
        this.#db.selectFrom('audience').selectAll().where('coupon_id', 'in', part).execute(),
      );
      for (const { coupon_id, members, revision } of rows) {
        found.set(coupon_id, { couponId: couponIdOf(coupon_id), members, revision });
      }
    }
    return couponIds.map((couponId) => found.get(couponId) ?? { couponId, members: 0, revision: 0 });
  }

  async heads(couponIds: readonly CouponId[]): Promise<ReadonlyMap<CouponId, AudienceHead>> {
    const heads = new Map<CouponId, AudienceHead>();
    const tokens = sql<string | null>`substr(recent, 1, ${sql.lit(TOKENS_READ * TOKEN_LENGTH)})`;
    for (const part of chunksOf(couponIds, LIST_MAX)) {
      const rows = await reading(() =>
        this.#db
          .selectFrom('audience')
          .select(['coupon_id', 'members', 'revision', tokens.as('tokens')])
          .where('coupon_id', 'in', part)
          .execute(),
      );
      for (const { coupon_id, members, revision, tokens } of rows)
        heads.set(couponIdOf(coupon_id), { members, revision, tokens: tokens ?? '' });
    }
    return heads;
  }

  async isListed(couponId: CouponId, memberId: MemberId): Promise<boolean> {
    const row = await reading(() =>
      this.#db
        .selectFrom('audience_member')
        .select('removed')
        .where('coupon_id', '=', couponId)
        .where('member_id', '=', memberId)
        .executeTakeFirst(),
    );
    return row?.removed === 0;
  }

  async members(couponId: CouponId, after: string, limit: number): Promise<MemberId[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('audience_member')
        .select('member_id')
        .where('coupon_id', '=', couponId)
        .where('member_id', '>', after)
        .where('removed', '=', 0)
        .orderBy('member_id')
        .limit(limit)
        .execute(),
    );
    return rows.map((row) => memberIdOf(row.member_id));
  }

  async changes(couponId: CouponId, after: number, upTo: number): Promise<AudienceChange[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('audience_member')
        .select(['member_id', 'removed'])
        .where('coupon_id', '=', couponId)
        .where('revision', '>', after)
        .where('revision', '<=', upTo)
        .execute(),
    );
    return rows.map((row) => ({ memberId: memberIdOf(row.member_id), isMember: row.removed === 0 }));
  }

  async openBefore(couponIds: readonly CouponId[], instantMs: number, nowMs: number): Promise<CouponId[]> {
    const open: CouponId[] = [];
    for (const part of chunksOf(couponIds, LIST_MAX)) {
      const rows = await reading(() =>
        this.#db
          .selectFrom('coupon')
          .select('id')
          .where('id', 'in', part)
          .where('closed', '=', 0)
          .where((row) => row.or([row('closes_at', 'is', null), row('closes_at', '>', nowMs)]))
          .where((row) => row.or([row('opens_at', 'is', null), row('opens_at', '<', instantMs)]))
          .execute(),
      );
      open.push(...rows.map((row) => couponIdOf(row.id)));
    }
    return open;
  }

  /** The row that changes lock. Of two that make it at once, one finds it made. */
  async #begin(couponId: CouponId): Promise<void> {
    const [known] = await this.audiences([couponId]);
    if ((known?.revision ?? 0) > 0) return;
    try {
      await inTransaction(this.#db, async (transaction) => {
        const row = { coupon_id: couponId, members: 0, revision: 0 };
        await transaction.insertInto('audience').values(row).execute();
      });
    } catch (error) {
      if (faultOf(error) !== 'duplicate') throw error;
    }
  }

  async #locked(transaction: Transaction<Database>, couponId: CouponId): Promise<Audience> {
    const row = await transaction
      .selectFrom('audience')
      .selectAll()
      .where('coupon_id', '=', couponId)
      .modifyEnd(this.#flavour.lockExclusive)
      .executeTakeFirst();
    return { couponId, members: row?.members ?? 0, revision: row?.revision ?? 0 };
  }
}

/** Member → whether it is on the list; absent where it never was. */
async function listedAmong(
  transaction: Transaction<Database>,
  couponId: CouponId,
  memberIds: readonly MemberId[],
): Promise<Map<string, boolean>> {
  const listed = new Map<string, boolean>();
  for (const part of chunksOf(memberIds, LIST_MAX)) {
    const rows = await transaction
      .selectFrom('audience_member')
      .select(['member_id', 'removed'])
      .where('coupon_id', '=', couponId)
      .where('member_id', 'in', part)
      .execute();
    for (const row of rows) listed.set(row.member_id, row.removed === 0);
  }
  return listed;
}

async function setRemoved(
  transaction: Transaction<Database>,
  couponId: CouponId,
  memberIds: readonly string[],
  revision: number,
  removed: 0 | 1,
): Promise<void> {
  for (const part of chunksOf(memberIds, LIST_MAX)) {
    await transaction
      .updateTable('audience_member')
      .set({ revision, removed })
      .where('coupon_id', '=', couponId)
      .where('member_id', 'in', part)
      .execute();
  }
}

async function save(
  transaction: Transaction<Database>,
  { couponId, members, revision }: Audience,
): Promise<void> {
  await transaction
    .updateTable('audience')
    .set({ members, revision, recent: withNewToken() })
    .where('coupon_id', '=', couponId)
    .execute();
}

function couponIdOf(id: number): CouponId {
  const couponId = parseCouponId(String(id));
  if (couponId === undefined)
    throw new StoreCorruptError(`A row of audience has the coupon id ${id}, which is out of range.`);
  return couponId;
}

function memberIdOf(text: string): MemberId {
  const memberId = parseMemberId(text);
  if (memberId === undefined)
    throw new StoreCorruptError(
      `A row of audience_member has ${JSON.stringify(text)} instead of a member id.`,
    );
  return memberId;
}
