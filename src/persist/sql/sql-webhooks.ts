/** Implements {@link Webhooks} on MySQL, MariaDB and SQLite. Leases are judged by the database's clock. */
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import type { FeedPosition } from '../../engine/domain/events.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import type { KeyedRequest } from '../../engine/ports/idempotency.js';
import type {
  CreateWebhookReply,
  Delivery,
  DeliveryResult,
  LeasedWebhook,
  Lessee,
  NewWebhook,
  Replay,
  RotateSecretReply,
  SecretRotation,
  Webhook,
  Webhooks,
} from '../../engine/ports/webhooks.js';
import { faultOf } from './error-classes.js';
import type { Database } from './schema.js';
import { insertAuditEntry } from './sql-audit-log.js';
import type { SqlFlavour } from './sql-flavour.js';
import { inTransaction, reading, writing } from './transaction.js';
import { insertDelivery, insertWebhook, rotateSecret } from './webhook-changes.js';
import { positionColumns, sendingColumns, webhookOf } from './webhook-rows.js';

/** Webhooks that a relay takes in one pass, one statement each: relays that start together share them. */
const LEASE_WEBHOOKS_MAX = 500;

export class SqlWebhooks implements Webhooks {
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;

  constructor(db: Kysely<Database>, flavour: SqlFlavour) {
    this.#db = db;
    this.#flavour = flavour;
  }

  async create(
    webhook: NewWebhook,
    start: FeedPosition,
    entry: (id: number) => AuditEntry,
    keyed?: KeyedRequest,
  ): Promise<CreateWebhookReply> {
    const create = (): Promise<CreateWebhookReply> =>
      inTransaction(this.#db, (transaction) =>
        insertWebhook(transaction, this.#flavour, webhook, start, entry, keyed),
      );
    try {
      return await create();
    } catch (error) {
      // Another request took the key in this very moment: by now its transaction has ended.
      if (faultOf(error) !== 'duplicate') throw error;
      return create();
    }
  }

  async list(sellerId: MemberId | undefined): Promise<Webhook[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('webhook')
        .selectAll()
        .$if(sellerId !== undefined, (query) => query.where('seller_id', '=', sellerId ?? ''))
        .orderBy('id')
        .execute(),
    );
    return rows.map(webhookOf);
  }

  async find(id: number, sellerId: MemberId | undefined): Promise<Webhook | undefined> {
    const row = await reading(() =>
      this.#db.selectFrom('webhook').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    return row === undefined || (sellerId !== undefined && row.seller_id !== sellerId)
      ? undefined
      : webhookOf(row);
  }

  remove(id: number, sellerId: MemberId, entry: AuditEntry): Promise<'removed' | 'unknown'> {
    return inTransaction(this.#db, async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('webhook')
        .where('id', '=', id)
        .where('seller_id', '=', sellerId)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) return 'unknown';
      await transaction.deleteFrom('webhook_replay').where('webhook_id', '=', id).execute();
      await transaction.deleteFrom('webhook_delivery').where('webhook_id', '=', id).execute();
      await insertAuditEntry(transaction, entry);
      return 'removed';
    });
  }

  async rotateSecret(
    rotation: SecretRotation,
    entry: AuditEntry,
    keyed?: KeyedRequest,
  ): Promise<RotateSecretReply> {
    const rotate = (): Promise<RotateSecretReply> =>
      inTransaction(this.#db, (transaction) =>
        rotateSecret(transaction, this.#flavour, rotation, entry, keyed),
      );
    try {
      return await rotate();
    } catch (error) {
      // Another request took the key in this very moment: by now its transaction has ended.
      if (faultOf(error) !== 'duplicate') throw error;
      return rotate();
    }
  }

  enable(id: number, entry: AuditEntry): Promise<'enabled' | 'unknown'> {
    return inTransaction(this.#db, async (transaction) => {
      const row = await transaction
        .selectFrom('webhook')
        .select('state')
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return 'unknown';
      await transaction
        .updateTable('webhook')
        .set({ state: 'enabled', attempts: 0, failing_since: null, next_at: 0 })
        .where('id', '=', id)
        .execute();
      if (row.state === 'disabled') await insertAuditEntry(transaction, entry);
      return 'enabled';
    });
  }

  async addReplay(id: number, { couponId, nextNo, lastNo }: Omit<Replay, 'id'>): Promise<void> {
    const row = { webhook_id: id, coupon_id: couponId, next_no: nextNo, last_no: lastNo };
    await writing(() => this.#db.insertInto('webhook_replay').values(row).execute());
  }

  async deliveries(id: number, limit: number): Promise<Delivery[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('webhook_delivery')
        .selectAll()
        .where('webhook_id', '=', id)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
    );
    return rows.map((row) => ({
      messageId: row.message_id,
      couponId: row.coupon_id as CouponId,
      events: row.events,
      atMs: row.at,
      durationMs: row.duration_ms,
      status: row.status ?? undefined,
      result: row.result as DeliveryResult,
    }));
  }

  async countDisabled(): Promise<number> {
    const { count } = await reading(() =>
      this.#db
        .selectFrom('webhook')
        .select((table) => table.fn.countAll<number>().as('count'))
        .where('state', '=', 'disabled')
        .executeTakeFirstOrThrow(),
    );
    return count;
  }

  async lease({ owner, leaseMs }: Lessee, limit: number): Promise<LeasedWebhook[]> {
    const { nowMs } = this.#flavour;
    const until = sql<number>`${nowMs} + ${leaseMs}`;
    await writing(() =>
      this.#db
        .updateTable('webhook')
        .set({ leased_until: until })
        .where('state', '=', 'enabled')
        .where('leased_by', '=', owner)
        .where('leased_until', '>', nowMs)
        .where('leased_until', '<=', sql<number>`${nowMs} + ${leaseMs} / 2`)
        .execute(),
    );
    const held = await this.#heldBy(owner, limit);
    const room = Math.min(limit - held.length, LEASE_WEBHOOKS_MAX);
    const taken = room > 0 ? await this.#takeFree(owner, until, room) : 0;
    const rows = taken === 0 ? held : await this.#heldBy(owner, limit);
    const replays = await this.#replaysOf(rows.map(({ id }) => id));
    return rows.map((row) => ({ ...webhookOf(row), replay: replays.get(row.id) }));
  }

  #heldBy(owner: string, limit: number) {
    return reading(() =>
      this.#db
        .selectFrom('webhook')
        .selectAll()
        .where('state', '=', 'enabled')
        .where('leased_by', '=', owner)
        .where('leased_until', '>', this.#flavour.nowMs)
        .orderBy('next_at')
        .limit(limit)
        .execute(),
    );
  }

  /** @returns how many were free. */
  async #takeFree(owner: string, until: RawBuilder<number>, limit: number): Promise<number> {
    const { nowMs } = this.#flavour;
    const free = await reading(() =>
      this.#db
        .selectFrom('webhook')
        .select('id')
        .where('state', '=', 'enabled')
        .where('leased_until', '<=', nowMs)
        .orderBy('id')
        .limit(limit)
        .execute(),
    );
    for (const { id } of free) {
      // Where two relays find it free, one changes the row; the other then finds it taken.
      await writing(() =>
        this.#db
          .updateTable('webhook')
          .set({ leased_by: owner, leased_until: until })
          .where('id', '=', id)
          .where('leased_until', '<=', nowMs)
          .execute(),
      );
    }
    return free.length;
  }

  async release(owner: string): Promise<void> {
    await writing(() =>
      this.#db.updateTable('webhook').set({ leased_until: 0 }).where('leased_by', '=', owner).execute(),
    );
  }

  begin(id: number, lessee: Lessee, sendingTo: FeedPosition | undefined): Promise<boolean> {
    const columns = sendingTo === undefined ? {} : sendingColumns(sendingTo);
    return inTransaction(this.#db, (transaction) => this.#step(transaction, id, lessee, columns));
  }

  advance(id: number, lessee: Lessee, position: FeedPosition, delivery?: Delivery): Promise<boolean> {
    return inTransaction(this.#db, async (transaction) => {
      const columns = { ...positionColumns(position), ...sendingColumns(undefined), ...ARRIVED };
      if (!(await this.#step(transaction, id, lessee, columns))) return false;
      if (delivery !== undefined) await insertDelivery(transaction, id, delivery);
      return true;
    });
  }

  advanceReplay(id: number, lessee: Lessee, replay: Replay, delivery?: Delivery): Promise<boolean> {
    return inTransaction(this.#db, async (transaction) => {
      if (!(await this.#step(transaction, id, lessee, ARRIVED))) return false;
      if (delivery !== undefined) await insertDelivery(transaction, id, delivery);
      if (replay.nextNo > replay.lastNo) {
        await transaction.deleteFrom('webhook_replay').where('id', '=', replay.id).execute();
      } else {
        await transaction
          .updateTable('webhook_replay')
          .set({ next_no: replay.nextNo })
          .where('id', '=', replay.id)
          .execute();
      }
      return true;
    });
  }

  fail(
    id: number,
    lessee: Lessee,
    delivery: Delivery,
    nextAtMs: number,
    disabling?: AuditEntry,
  ): Promise<boolean> {
    return inTransaction(this.#db, async (transaction) => {
      const isHeld = await this.#step(transaction, id, lessee, {
        attempts: sql<number>`attempts + 1`,
        failing_since: sql<number>`coalesce(failing_since, ${delivery.atMs})`,
        next_at: nextAtMs,
        ...(disabling === undefined ? {} : { state: 'disabled' as const }),
      });
      if (!isHeld) return false;
      await insertDelivery(transaction, id, delivery);
      if (disabling !== undefined) await insertAuditEntry(transaction, disabling);
      return true;
    });
  }

  /** Changes the webhook and renews the lease, if the relay still has it. */
  async #step(
    transaction: Transaction<Database>,
    id: number,
    { owner, leaseMs }: Lessee,
    columns: object,
  ): Promise<boolean> {
    const { nowMs } = this.#flavour;
    const { numUpdatedRows } = await transaction
      .updateTable('webhook')
      .set({ ...columns, leased_until: sql<number>`${nowMs} + ${leaseMs}` })
      .where('id', '=', id)
      .where('state', '=', 'enabled')
      .where('leased_by', '=', owner)
      .where('leased_until', '>', nowMs)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  /** The oldest of each webhook. */
  async #replaysOf(ids: readonly number[]): Promise<Map<number, Replay>> {
    if (ids.length === 0) return new Map();
    const rows = await reading(() =>
      this.#db
        .selectFrom('webhook_replay')
        .selectAll()
        .where('webhook_id', 'in', ids)
        .orderBy('id', 'desc')
        .execute(),
    );
    return new Map(
      rows.map((row) => [
        row.webhook_id,
        { id: row.id, couponId: row.coupon_id as CouponId, nextNo: row.next_no, lastNo: row.last_no },
      ]),
    );
  }
}

const ARRIVED = { attempts: 0, failing_since: null, next_at: 0 };
