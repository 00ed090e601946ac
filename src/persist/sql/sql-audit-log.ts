/** Implements the audit log on MySQL, MariaDB and SQLite. Rows are appended and never changed. */
import type { Kysely } from 'kysely';
import type {
  AuditAction,
  AuditActor,
  AuditEntry,
  AuditLog,
  StoredAuditEntry,
} from '../../engine/ports/audit-log.js';
import type { Database } from './schema.js';
import { reading, writing } from './transaction.js';

export class SqlAuditLog implements AuditLog {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  append(entry: AuditEntry): Promise<void> {
    return writing(() => insertAuditEntry(this.#db, entry));
  }

  async entries(beforeId: number, limit: number): Promise<StoredAuditEntry[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('audit_log')
        .selectAll()
        .where('id', '<', beforeId)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
    );
    return rows.reverse().map((row) => ({
      id: row.id,
      atMs: row.at,
      // Written by this file alone, from these types.
      actor: { kind: row.actor_kind as AuditActor['kind'], id: row.actor_id, address: row.address },
      action: row.action as AuditAction,
      target: row.target,
      detail: JSON.parse(row.detail) as AuditEntry['detail'],
    }));
  }
}

/** One row, within the caller's transaction where `db` is one. */
export async function insertAuditEntry(db: Kysely<Database>, entry: AuditEntry): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      at: entry.atMs,
      actor_kind: entry.actor.kind,
      actor_id: entry.actor.id,
      address: entry.actor.address,
      action: entry.action,
      target: entry.target,
      detail: JSON.stringify(entry.detail),
    })
    .execute();
}
