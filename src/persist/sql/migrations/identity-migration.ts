/**
 * Migrates to member ids of any subject, and to ids of accounts in a form of their own (docs/adr/0060).
 *
 * Before, an account's `sub` was its row number, and the member `3` of a shop was the same person as the third account. Rows that are
 * there do not show which of the two is meant; but an account cannot have won a coupon, or have registered one, before it existed. So a row
 * becomes an account's if the account has the right role and is not younger than the row, and stays the shop's otherwise. Every step may
 * be repeated: a migration that died half-way finds only what is still to be done.
 */
import { type Kysely, sql } from 'kysely';
import { accountIdOf } from '../../../accounts/account-id.js';
import type { Role } from '../../../accounts/accounts.js';
import type { MemberId } from '../../../engine/domain/coupon.js';
import { MEMBER_ID_LENGTH_MAX } from '../../../engine/domain/member-id.js';
import type { Database } from '../schema.js';
import { COUNTER_SUBJECT } from '../change-counter.js';
import type { SqlFlavour } from '../sql-flavour.js';

const ACCOUNTS_PAGE = 1_000;

export async function migrateIdentity(untyped: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const db = untyped as Kysely<Database>;
  if (flavour.name === 'mysql') await widenColumns(db);
  else await widenCheck(db);
  for (let after = 0; ;) {
    const accounts = await db
      .selectFrom('account')
      .select(['id', 'role', 'created_at'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(ACCOUNTS_PAGE)
      .execute();
    const last = accounts.at(-1);
    if (last === undefined) return;
    await moveRows(db, accounts);
    after = last.id;
  }
}

/** A table is rebuilt once, some 30 s for ten million rows; nothing is done where that has happened. */
async function widenColumns(db: Kysely<Database>): Promise<void> {
  const width = sql.lit(MEMBER_ID_LENGTH_MAX);
  const type = sql`varchar(${width}) character set ascii collate ascii_bin not null`;
  if (await isNarrow(db, 'member_coupon', 'member_id', MEMBER_ID_LENGTH_MAX)) {
    await sql`
      alter table member_coupon
        drop constraint member_id_length,
        modify column member_id ${type},
        add constraint member_id_fits check (length(member_id) between 1 and ${width})`.execute(db);
  }
  for (const [table, column] of [
    ['revocation', 'member_id'],
    ['coupon', 'seller_id'],
    ['access_lock', 'subject'],
  ] as const) {
    if (await isNarrow(db, table, column, MEMBER_ID_LENGTH_MAX)) {
      await sql`alter table ${sql.table(table)} modify column ${sql.ref(column)} ${type}`.execute(db);
    }
  }
  // Two numbers take 16 bytes of a key of 3,072. A longer id is cut there, and the reason has all of it.
  await widenText(db, 'dead_letter', 'member_id', 760);
  // `subject ` and 255 characters.
  await widenText(db, 'audit_log', 'target', 300);
}

async function widenText(
  db: Kysely<Database>,
  table: 'dead_letter' | 'audit_log',
  column: string,
  width: number,
): Promise<void> {
  if (!(await isNarrow(db, table, column, width))) return;
  await sql`
    alter table ${sql.table(table)} modify column ${sql.ref(column)}
      varchar(${sql.lit(width)}) character set utf8mb4 collate utf8mb4_bin not null`.execute(db);
}

async function isNarrow(
  db: Kysely<Database>,
  table: string,
  column: string,
  width: number,
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from information_schema.columns
    where table_schema = database() and table_name = ${table} and column_name = ${column}
      and character_maximum_length < ${width}`.execute(db);
  return rows.length > 0;
}

/**
 * SQLite's own way to loosen a CHECK (sqlite.org/lang_altertable.html, 8): the rows need no check, since all of them
 * pass.
 */
async function widenCheck(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{ schema_version: number }>`pragma schema_version`.execute(db);
  const version = rows[0]?.schema_version ?? 0;
  await sql`pragma writable_schema = on`.execute(db);
  await sql`
    update sqlite_schema
    set sql = replace(sql, 'between 1 and 64', ${`between 1 and ${MEMBER_ID_LENGTH_MAX}`})
    where type = 'table' and name = 'member_coupon'`.execute(db);
  await sql`pragma schema_version = ${sql.lit(version + 1)}`.execute(db);
  await sql`pragma writable_schema = off`.execute(db);
}

interface AccountRow {
  readonly id: number;
  readonly role: string;
  readonly created_at: number;
}

async function moveRows(db: Kysely<Database>, accounts: readonly AccountRow[]): Promise<void> {
  const members = accountsByNumber(accounts, 'member');
  const sellers = accountsByNumber(accounts, 'seller');
  if (members.size > 0) {
    await moveIssuances(db, members);
    await moveRevocations(db, members);
  }
  if (sellers.size > 0) {
    await moveCoupons(db, sellers);
    await moveAuditEntries(db, sellers);
  }
  await copyLocks(db, accounts);
  for (const { id } of accounts) {
    await db
      .updateTable('audit_log')
      .set({ target: `account ${accountIdOf(id)}` })
      .where('action', '=', 'account_created')
      .where('target', '=', `account ${id}`)
      .execute();
  }
}

type AccountsByNumber = ReadonlyMap<string, AccountRow>;

function accountsByNumber(accounts: readonly AccountRow[], role: Role): AccountsByNumber {
  return new Map(
    accounts.filter((account) => account.role === role).map((account) => [String(account.id), account]),
  );
}

/** The id of the account that did something at that time under its number; `undefined` when it did not exist yet. */
function accountIdAt(accounts: AccountsByNumber, number: string, atMs: number): MemberId | undefined {
  const account = accounts.get(number);
  return account === undefined || account.created_at > atMs ? undefined : accountIdOf(account.id);
}

async function moveIssuances(db: Kysely<Database>, members: AccountsByNumber): Promise<void> {
  const rows = await db
    .selectFrom('member_coupon')
    .select(['coupon_id', 'issue_no', 'member_id', 'issued_at'])
    .where('member_id', 'in', [...members.keys()])
    .execute();
  for (const row of rows) {
    const accountId = accountIdAt(members, row.member_id, row.issued_at);
    if (accountId === undefined) continue;
    await db
      .updateTable('member_coupon')
      .set({ member_id: accountId })
      .where('coupon_id', '=', row.coupon_id)
      .where('issue_no', '=', row.issue_no)
      .execute();
  }
}

async function moveRevocations(db: Kysely<Database>, members: AccountsByNumber): Promise<void> {
  const rows = await db
    .selectFrom('revocation')
    .selectAll()
    .where('member_id', 'in', [...members.keys()])
    .execute();
  for (const row of rows) {
    const accountId = accountIdAt(members, row.member_id, row.revoked_at);
    if (accountId === undefined) continue;
    await db
      .updateTable('revocation')
      .set({ member_id: accountId })
      .where('coupon_id', '=', row.coupon_id)
      .where('issue_no', '=', row.issue_no)
      .execute();
  }
}

async function moveCoupons(db: Kysely<Database>, sellers: AccountsByNumber): Promise<void> {
  const rows = await db
    .selectFrom('coupon')
    .select(['id', 'seller_id', 'created_at'])
    .where('seller_id', 'in', [...sellers.keys()])
    .execute();
  for (const row of rows) {
    const accountId = accountIdAt(sellers, row.seller_id, row.created_at);
    if (accountId === undefined) continue;
    await db.updateTable('coupon').set({ seller_id: accountId }).where('id', '=', row.id).execute();
  }
}

async function moveAuditEntries(db: Kysely<Database>, sellers: AccountsByNumber): Promise<void> {
  const rows = await db
    .selectFrom('audit_log')
    .select(['id', 'at', 'actor_id'])
    .where('actor_kind', '=', 'seller')
    .where('actor_id', 'in', [...sellers.keys()])
    .execute();
  for (const row of rows) {
    const accountId = accountIdAt(sellers, row.actor_id, row.at);
    if (accountId === undefined) continue;
    await db.updateTable('audit_log').set({ actor_id: accountId }).where('id', '=', row.id).execute();
  }
}

/**
 * The account that a lock meant is not known, so the lock applies to both: to shut out a member of the shop by mistake
 * is the lesser evil.
 */
async function copyLocks(db: Kysely<Database>, accounts: readonly AccountRow[]): Promise<void> {
  const locks = await db
    .selectFrom('access_lock')
    .selectAll()
    .where('locked', '=', 1)
    .where(
      'subject',
      'in',
      accounts.map(({ id }) => String(id)),
    )
    .execute();
  for (const lock of locks) {
    const subject = accountIdOf(Number(lock.subject));
    const there = await db
      .selectFrom('access_lock')
      .select('subject')
      .where('subject', '=', subject)
      .execute();
    if (there.length > 0) continue;
    const counter = await db
      .selectFrom('access_lock')
      .select('revision')
      .where('subject', '=', COUNTER_SUBJECT)
      .executeTakeFirstOrThrow();
    const revision = counter.revision + 1;
    await db.updateTable('access_lock').set({ revision }).where('subject', '=', COUNTER_SUBJECT).execute();
    await db
      .insertInto('access_lock')
      .values({ ...lock, subject, revision })
      .execute();
  }
}
