/** Implements the account store on MySQL, MariaDB and SQLite. */
import type { Kysely } from 'kysely';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import { StoreCorruptError } from '../../engine/domain/errors.js';
import { type Account, type AccountStore, roles } from '../../accounts/accounts.js';
import { faultOf, storeFault } from './error-classes.js';
import type { Database } from './schema.js';
import { insertAuditEntry } from './sql-audit-log.js';
import { inTransaction, reading } from './transaction.js';

export class SqlAccountStore implements AccountStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(
    account: Omit<Account, 'id'>,
    audit?: (id: number) => AuditEntry,
  ): Promise<Account | undefined> {
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
        return { ...account, id };
      });
    } catch (error) {
      const fault = faultOf(error);
      if (fault === 'duplicate') return undefined;
      throw fault === 'poison' ? storeFault(error, fault, 'writing') : error;
    }
  }

  async findByEmail(email: string): Promise<Account | undefined> {
    const row = await reading(() =>
      this.#db.selectFrom('account').selectAll().where('email', '=', email).executeTakeFirst(),
    );
    if (row === undefined) return undefined;
    const role = roles.find((known) => known === row.role);
    if (role === undefined) throw new StoreCorruptError(`Account ${row.id} has an unknown role.`);
    return {
      id: row.id,
      email: row.email,
      role,
      passwordHash: row.password_hash,
      createdAtMs: row.created_at,
    };
  }
}
