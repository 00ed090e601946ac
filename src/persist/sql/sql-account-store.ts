/** Implements the account store on MySQL, MariaDB and SQLite. */
import type { Kysely, Transaction } from 'kysely';
import { accountIdOf } from '../../accounts/account-id.js';
import { roles } from '../../accounts/accounts.js';
import type {
  Account,
  AccountFilter,
  AccountListing,
  AccountSession,
  AccountStore,
  NewAccount,
  PasswordReset,
  RemovalResult,
  Role,
} from '../../accounts/accounts.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import { StoreCorruptError } from '../../engine/domain/errors.js';
import { faultOf, storeFault } from './error-classes.js';
import { endSelling, removeAccount } from './remove-account.js';
import type { Database } from './schema.js';
import { insertAuditEntry } from './sql-audit-log.js';
import type { SqlFlavour } from './sql-flavour.js';
import { endSessions, generationOf } from './sql-session-ends.js';
import { inTransaction, reading, RolledBack } from './transaction.js';

/** Sorts after every e-mail address with the prefix before it: addresses are ASCII without control characters. */
const BEHIND_ASCII = '\u007f';

export class SqlAccountStore implements AccountStore {
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;

  constructor(db: Kysely<Database>, flavour: SqlFlavour) {
    this.#db = db;
    this.#flavour = flavour;
  }

  async insert(account: NewAccount, audit?: (id: number) => AuditEntry): Promise<Account | undefined> {
    try {
      return await inTransaction(this.#db, async (transaction) => {
        const { insertId } = await transaction
          .insertInto('account')
          .values({
            email: account.email,
            role: account.role,
            password_hash: account.passwordHash,
            created_at: account.createdAtMs,
          })
          .executeTakeFirstOrThrow();
        const id = Number(insertId);
        if (audit !== undefined) await insertAuditEntry(transaction, audit(id));
        return { ...account, id, generation: 0 };
      });
    } catch (error) {
      const fault = faultOf(error);
      if (fault === 'duplicate') return undefined;
      throw fault === 'poison' ? storeFault(error, fault, 'writing') : error;
    }
  }

  async findByEmail(email: string): Promise<Account | undefined> {
    const row = await reading(() =>
      this.#db.selectFrom('account').select('id').where('email', '=', email).executeTakeFirst(),
    );
    return row === undefined ? undefined : this.find(row.id);
  }

  /**
   * The generation is read before the row: a session for what the row was before a change in between is over. The other way round it
   * would be valid, with the old password or the old role.
   */
  async find(id: number): Promise<Account | undefined> {
    const generation = await reading(() => generationOf(this.#db, accountIdOf(id)));
    const row = await reading(() =>
      this.#db.selectFrom('account').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    if (row === undefined) return undefined;
    return {
      id: row.id,
      email: row.email,
      role: roleOf(row),
      passwordHash: row.password_hash,
      createdAtMs: row.created_at,
      generation,
    };
  }

  async list(
    { role, emailPrefix }: AccountFilter,
    afterId: number,
    limit: number,
  ): Promise<AccountListing[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('account')
        .select(['id', 'email', 'role', 'created_at'])
        .where('id', '>', afterId)
        .$if(role !== undefined, (query) => query.where('role', '=', role ?? ''))
        .$if(emailPrefix !== undefined, (query) =>
          query
            .where('email', '>=', emailPrefix ?? '')
            .where('email', '<', `${emailPrefix ?? ''}${BEHIND_ASCII}`),
        )
        .orderBy('id')
        .limit(limit)
        .execute(),
    );
    const locked = await this.#lockedAmong(rows.map(({ id }) => id));
    return rows.map((row) => ({
      id: row.id,
      email: row.email,
      role: roleOf(row),
      createdAtMs: row.created_at,
      locked: locked.has(accountIdOf(row.id)),
    }));
  }

  changePassword(
    id: number,
    passwordHash: string,
    entry: AuditEntry,
    before?: string,
  ): Promise<AccountSession | undefined> {
    return orUndefined(
      inTransaction(this.#db, async (transaction) => {
        const session = await setPassword(transaction, id, passwordHash, entry, before);
        await transaction.deleteFrom('password_reset').where('account_id', '=', id).execute();
        return session;
      }),
    );
  }

  async setRole(id: number, role: Role, entry: AuditEntry): Promise<'changed' | 'unchanged' | 'unknown'> {
    try {
      return await inTransaction(this.#db, async (transaction) => {
        await endSessions(transaction, accountIdOf(id), entry.atMs);
        const row = await transaction
          .selectFrom('account')
          .select('role')
          .where('id', '=', id)
          .executeTakeFirst();
        if (row === undefined) throw new RolledBack('unknown' as const);
        if (row.role === role) throw new RolledBack('unchanged' as const);
        await transaction.updateTable('account').set({ role }).where('id', '=', id).execute();
        const ended =
          row.role === 'seller' ? await endSelling(transaction, accountIdOf(id), entry.atMs) : undefined;
        await insertAuditEntry(transaction, { ...entry, detail: { ...entry.detail, ...ended } });
        return 'changed' as const;
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.answer as 'unchanged' | 'unknown';
      throw error;
    }
  }

  insertReset({ accountId, hash, expiresAtMs }: PasswordReset, entry: AuditEntry): Promise<boolean> {
    return inTransaction(this.#db, async (transaction) => {
      // Locked, so that two links for one account cannot both be the latest.
      const account = await transaction
        .selectFrom('account')
        .select('id')
        .where('id', '=', accountId)
        .modifyEnd(this.#flavour.lockExclusive)
        .executeTakeFirst();
      if (account === undefined) return false;
      await transaction.deleteFrom('password_reset').where('account_id', '=', accountId).execute();
      await transaction
        .insertInto('password_reset')
        .values({ account_id: accountId, hash, expires_at: expiresAtMs })
        .execute();
      await insertAuditEntry(transaction, entry);
      return true;
    });
  }

  async findReset(hash: string, nowMs: number): Promise<number | undefined> {
    const row = await reading(() =>
      this.#db
        .selectFrom('password_reset')
        .select('account_id')
        .where('hash', '=', hash)
        .where('expires_at', '>', nowMs)
        .executeTakeFirst(),
    );
    return row?.account_id;
  }

  async useReset(
    hash: string,
    passwordHash: string,
    nowMs: number,
    entry: (id: number) => AuditEntry,
  ): Promise<number | undefined> {
    const id = await this.findReset(hash, nowMs);
    if (id === undefined) return undefined;
    return orUndefined(
      inTransaction(this.#db, async (transaction) => {
        await setPassword(transaction, id, passwordHash, entry(id));
        const { numDeletedRows } = await transaction
          .deleteFrom('password_reset')
          .where('account_id', '=', id)
          .where('hash', '=', hash)
          .executeTakeFirstOrThrow();
        if (numDeletedRows === 0n) throw new RolledBack(undefined);
        return id;
      }),
    );
  }

  remove(id: number, entry: AuditEntry): Promise<RemovalResult> {
    return removeAccount(this.#db, id, entry);
  }

  async #lockedAmong(ids: readonly number[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const rows = await reading(() =>
      this.#db
        .selectFrom('access_lock')
        .select('subject')
        .where('subject', 'in', ids.map(accountIdOf))
        .where('locked', '=', 1)
        .execute(),
    );
    return new Set(rows.map(({ subject }) => subject));
  }
}

function roleOf(row: { readonly id: number; readonly role: string }): Role {
  const role = roles.find((known) => known === row.role);
  if (role === undefined) throw new StoreCorruptError(`Account ${row.id} has an unknown role.`);
  return role;
}

/**
 * Before anything else in its transaction: a read before the lock of the counter would show an account that was removed
 * meanwhile.
 *
 * @param before see {@link AccountStore.changePassword}.
 * @throws RolledBack without such an account, or with another hash.
 */
async function setPassword(
  transaction: Transaction<Database>,
  id: number,
  passwordHash: string,
  entry: AuditEntry,
  before?: string,
): Promise<AccountSession> {
  const generation = await endSessions(transaction, accountIdOf(id), entry.atMs);
  const row = await transaction.selectFrom('account').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined || (before !== undefined && row.password_hash !== before))
    throw new RolledBack(undefined);
  await transaction
    .updateTable('account')
    .set({ password_hash: passwordHash })
    .where('id', '=', id)
    .execute();
  await insertAuditEntry(transaction, entry);
  return { role: roleOf(row), generation };
}

/** `undefined` where the transaction was undone. */
async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RolledBack) return undefined;
    throw error;
  }
}
