/** Implements {@link SeedTables} on MySQL, MariaDB and SQLite. */
import { type Kysely, sql } from 'kysely';
import type {
  NewSeededCoupon,
  NewSeededMember,
  SeededCoupon,
  SeededIssuance,
  SeedTables,
} from '../../seeding/seed-tables.js';
import { SEED_MAIL_DOMAIN, SEED_SELLER_ID } from '../../seeding/seed-tables.js';
import { type ColumnValue, insertRows } from './insert-rows.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { reading, writing } from './transaction.js';

/**
 * No hash of any password has this form, so no sign-in with it succeeds; hashing a million passwords would take three
 * days.
 */
const NO_PASSWORD = 'none';

export class SqlSeedTables implements SeedTables {
  readonly insertsAtOnce: number;
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;
  readonly #close: () => Promise<void>;

  constructor(
    db: Kysely<Database>,
    flavour: SqlFlavour,
    insertsAtOnce: number,
    close: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#db = db;
    this.#flavour = flavour;
    this.insertsAtOnce = insertsAtOnce;
    this.#close = close;
  }

  membersAfter(email: string, limit: number) {
    return reading(() =>
      this.#db
        .selectFrom('account')
        .select(['id', 'email'])
        .where('email', '>', email === '' ? 'member-' : email)
        .where('email', '<', 'member.')
        .where('email', 'like', `member-%@${SEED_MAIL_DOMAIN}`)
        .orderBy('email')
        .limit(limit)
        .execute(),
    );
  }

  async couponsAfter(couponId: number, limit: number): Promise<readonly SeededCoupon[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('coupon')
        .select(['id', 'quantity', 'opens_at'])
        // One step down the primary key for each, where counting would read every row. MariaDB may call the result a decimal, which
        // arrives as text.
        .select(
          sql<
            number | string
          >`(select coalesce(max(issue_no), 0) from member_coupon where coupon_id = coupon.id)`.as(
            'recorded',
          ),
        )
        .where('seller_id', '=', SEED_SELLER_ID)
        .where('id', '>', couponId)
        .orderBy('id')
        .limit(limit)
        .execute(),
    );
    return rows.map((row) => ({
      couponId: row.id,
      quantity: row.quantity,
      opensAtMs: row.opens_at ?? 0,
      recorded: Number(row.recorded),
    }));
  }

  insertMembers(members: readonly NewSeededMember[]): Promise<void> {
    const columns = ['email', 'role', 'password_hash', 'created_at'];
    const rows = members.map(({ email, createdAtMs }) => [email, 'member', NO_PASSWORD, createdAtMs]);
    return this.#insert('account', columns, rows);
  }

  insertCoupons(coupons: readonly NewSeededCoupon[]): Promise<void> {
    const columns = ['seller_id', 'name', 'quantity', 'opens_at', 'closes_at', 'created_at'];
    const constants = ['paused', 'closed', 'version', 'epoch'];
    const rows = coupons.map(({ name, quantity, opensAtMs, closesAtMs }) => {
      return [SEED_SELLER_ID, name, quantity, opensAtMs, closesAtMs, opensAtMs, 0, 1, 1, 0];
    });
    return this.#insert('coupon', [...columns, ...constants], rows);
  }

  insertIssuances(issuances: readonly SeededIssuance[]): Promise<void> {
    const columns = ['coupon_id', 'issue_no', 'member_id', 'issued_at'];
    const rows = issuances.map(({ couponId, issueNo, memberId, issuedAtMs }) => {
      return [couponId, issueNo, memberId, issuedAtMs];
    });
    return this.#insert('member_coupon', columns, rows);
  }

  close(): Promise<void> {
    return this.#close();
  }

  #insert(
    table: keyof Database,
    columns: readonly string[],
    rows: readonly (readonly ColumnValue[])[],
  ): Promise<void> {
    return writing(() => insertRows(this.#db, this.#flavour, table, columns, rows));
  }
}
