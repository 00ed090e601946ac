/** Stores the keys of shops' backends on MySQL, MariaDB and SQLite: only the SHA-256 of a key. */
import type { Kysely, Selectable } from 'kysely';
import { hashOfKey, KEYS_MAX, KEYS_PER_SELLER_MAX } from '../../accounts/server-keys.js';
import type {
  CreatedKey,
  KeyChange,
  KeyRefusal,
  KeyScope,
  NewServerKey,
  ServerKey,
  ServerKeyStore,
} from '../../accounts/server-keys.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import { KEY_CHANGES, nextRevision } from './change-counter.js';
import type { ChangeHead } from '../../accounts/change-history.js';
import type { ChangeHeads } from './change-heads.js';
import { maySell } from './may-sell.js';
import type { Database, ServerKeyTable } from './schema.js';
import { insertAuditEntry } from './sql-audit-log.js';
import { inTransaction, reading, RolledBack } from './transaction.js';

export class SqlServerKeys implements ServerKeyStore {
  readonly #db: Kysely<Database>;
  readonly #heads: ChangeHeads;

  constructor(db: Kysely<Database>, heads: ChangeHeads) {
    this.#db = db;
    this.#heads = heads;
  }

  /**
   * The counter is held until the commit, so two that create at once cannot both find room for the last key. What ends the
   * keys of an account holds it as well: the key is committed before and is revoked, or is refused.
   */
  async create(
    key: NewServerKey,
    createdAtMs: number,
    textOf: (id: number) => string,
    entry: (id: number) => AuditEntry,
  ): Promise<CreatedKey | KeyRefusal> {
    try {
      return await inTransaction(this.#db, async (transaction) => {
        const revision = await nextRevision(transaction, KEY_CHANGES);
        if (!(await maySell(transaction, key.sellerId))) throw new RolledBack('no_seller' as const);
        const live = transaction
          .selectFrom('server_key')
          .select((table) => table.fn.countAll<number>().as('count'))
          .where('revoked_at', 'is', null)
          .where((row) => row.or([row('expires_at', 'is', null), row('expires_at', '>', createdAtMs)]));
        const own = await live.where('seller_id', '=', key.sellerId).executeTakeFirstOrThrow();
        const all = await live.executeTakeFirstOrThrow();
        if (own.count >= KEYS_PER_SELLER_MAX || all.count >= KEYS_MAX)
          throw new RolledBack('too_many' as const);
        const { insertId } = await transaction
          .insertInto('server_key')
          .values({
            seller_id: key.sellerId,
            name: key.name,
            hash: '',
            scopes: key.scopes.join(','),
            created_at: createdAtMs,
            expires_at: key.expiresAtMs ?? null,
            revision,
          })
          .executeTakeFirstOrThrow();
        const id = Number(insertId);
        const text = textOf(id);
        await transaction
          .updateTable('server_key')
          .set({ hash: hashOfKey(text) })
          .where('id', '=', id)
          .execute();
        await insertAuditEntry(transaction, entry(id));
        return { key: { ...key, id, createdAtMs, revokedAtMs: undefined }, text };
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.answer as KeyRefusal;
      throw error;
    }
  }

  async list(sellerId: MemberId | undefined): Promise<ServerKey[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('server_key')
        .selectAll()
        .$if(sellerId !== undefined, (query) => query.where('seller_id', '=', sellerId ?? ''))
        .orderBy('id')
        .execute(),
    );
    return rows.map(keyOf);
  }

  async revoke(
    id: number,
    sellerId: MemberId | undefined,
    entry: AuditEntry,
  ): Promise<'revoked' | 'unknown'> {
    return inTransaction(this.#db, async (transaction) => {
      const revision = await nextRevision(transaction, KEY_CHANGES);
      const row = await transaction
        .selectFrom('server_key')
        .select(['seller_id', 'revoked_at'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined || (sellerId !== undefined && row.seller_id !== sellerId)) return 'unknown';
      if (row.revoked_at !== null) return 'revoked';
      await transaction
        .updateTable('server_key')
        .set({ revoked_at: entry.atMs, revision })
        .where('id', '=', id)
        .execute();
      await insertAuditEntry(transaction, entry);
      return 'revoked';
    });
  }

  head(): Promise<ChangeHead> {
    return this.#heads.of(KEY_CHANGES);
  }

  async changesAfter(revision: number, limit: number): Promise<KeyChange[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('server_key')
        .selectAll()
        .where('revision', '>', revision)
        .orderBy('revision')
        .limit(limit)
        .execute(),
    );
    return rows.map(changeOf);
  }
}

function changeOf(row: Selectable<ServerKeyTable>): KeyChange {
  return { ...keyOf(row), hash: row.hash, revision: row.revision };
}

function keyOf(row: Selectable<ServerKeyTable>): ServerKey {
  return {
    id: row.id,
    // Written by this file alone, from these types.
    sellerId: row.seller_id as MemberId,
    name: row.name,
    scopes: row.scopes.split(',') as KeyScope[],
    createdAtMs: row.created_at,
    expiresAtMs: row.expires_at ?? undefined,
    revokedAtMs: row.revoked_at ?? undefined,
  };
}
