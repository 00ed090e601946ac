/** Defines the tables as Kysely types, the same on all databases; `migrations.ts` creates them. */
import type { Generated } from 'kysely';
import type { CancelEffect, Redeemer } from '../../engine/domain/redemption.js';

export interface Database {
  readonly coupon: CouponTable;
  readonly member_coupon: MemberCouponTable;
  readonly audience: AudienceTable;
  readonly audience_member: AudienceMemberTable;
  readonly account: AccountTable;
  readonly session_end: SessionEndTable;
  readonly password_reset: PasswordResetTable;
  readonly dead_letter: DeadLetterTable;
  readonly revocation: RevocationTable;
  readonly access_lock: AccessLockTable;
  readonly change_counter: ChangeCounterTable;
  readonly audit_log: AuditLogTable;
  readonly idempotency: IdempotencyTable;
  readonly redemption: RedemptionTable;
  readonly coupon_change: CouponChangeTable;
  readonly server_key: ServerKeyTable;
  readonly event_outbox: EventOutboxTable;
  readonly event_feed: EventFeedTable;
  readonly event_coupon: EventCouponTable;
  readonly installation: InstallationTable;
  readonly signing_key: SigningKeyTable;
  readonly webhook: WebhookTable;
  readonly webhook_replay: WebhookReplayTable;
  readonly webhook_delivery: WebhookDeliveryTable;
}

export interface CouponTable {
  id: Generated<number>;
  seller_id: string;
  name: string;
  quantity: number;
  /** Like every time here: milliseconds since the Unix epoch. A time type would lose a zone or a digit on one of the databases. */
  opens_at: number | null;
  closes_at: number | null;
  /** 0 or 1. */
  paused: number;
  closed: number;
  version: number;
  epoch: number;
  discount_type: 'percent' | 'amount' | null;
  discount_value: number | null;
  /** NULL: a percentage, or the default currency of amounts registered before there were others. */
  discount_currency: Generated<string | null>;
  created_at: number;
  /** JSON of quantity-history.ts; NULL: the quantity never changed. */
  quantities: Generated<string | null>;
  /** The door rule as JSON; NULL: none. And the revision at which the rule last changed (change-counter.ts). */
  door: string | null;
  door_revision: Generated<number>;
  /** Validity: one of the first three at most; `valid_zone` with the days. */
  valid_until: number | null;
  valid_hours: number | null;
  valid_days: number | null;
  valid_zone: string | null;
  /** NULL: as `defaultRedemptionRules` has it. */
  on_cancel: CancelEffect | null;
  redeem_by: Redeemer | null;
  /** How long an issuance is held unless it is confirmed; NULL: it is not held. */
  hold_seconds: number | null;
  /** What messengers and pages show beside the name; NULL: nothing. */
  image: string | null;
  description: string | null;
  /** What an ETag names; grows with every change of what a seller sets. */
  revision: Generated<number>;
  /** Number of the last change that has begun (sql-coupon-changes.ts). */
  changes_begun: Generated<number>;
  /** Random: distinguishes this coupon from another one that had the same id (docs/adr/0062). NULL: not of a registration, such as a seeded one. */
  birth: string | null;
}

/** One row per live issuance. PRIMARY KEY (coupon_id, issue_no), UNIQUE (member_id, coupon_id, unit): promises I1 and I2. */
export interface MemberCouponTable {
  coupon_id: number;
  issue_no: number;
  member_id: string;
  issued_at: number;
  used_at: number | null;
  /** The order of the live redemption, or of the cancelled one that left it used. */
  used_order: string | null;
  /** Which of the member's units, from 1. */
  unit: Generated<number>;
  /** When and by which order a hold was confirmed. NULL: the issuance is held, or the coupon has no holds. */
  confirmed_at: number | null;
  confirm_order: string | null;
}

export interface AccountTable {
  id: Generated<number>;
  email: string;
  role: string;
  password_hash: string;
  created_at: number;
}

/** The latest end of an account's sessions: tokens of a lower generation are refused. */
export interface SessionEndTable {
  subject: string;
  generation: number;
  ended_at: number;
  revision: number;
}

/** One-time links that set a new password; of the text only its SHA-256. */
export interface PasswordResetTable {
  account_id: number;
  hash: string;
  expires_at: number;
}

/** A list of members that a coupon is limited to: its revision, and how many members it has. */
export interface AudienceTable {
  coupon_id: number;
  members: number;
  revision: number;
  /** As in {@link ChangeCounterTable}. */
  recent: Generated<string | null>;
}

/** PRIMARY KEY (coupon_id, member_id), KEY (coupon_id, revision). */
export interface AudienceMemberTable {
  coupon_id: number;
  member_id: string;
  /** Revision of the list when this row last changed. */
  revision: number;
  /** 1: not on the list any more. */
  removed: number;
}

/** Issuances that could not become rows. Its columns are wider than those of `member_coupon`, so that what is refused there fits here. */
export interface DeadLetterTable {
  coupon_id: number;
  issue_no: number;
  /** The holder: above the first unit with the unit in it. */
  member_id: string;
  issued_at: number;
  reason: string;
}

/** Numbers that never get a row again. */
export interface RevocationTable {
  coupon_id: number;
  issue_no: number;
  member_id: string;
  revoked_at: number;
  /** Issue time of the row that the revocation removed; NULL where there was no row. */
  issued_at: number | null;
  unit: Generated<number>;
  /** Reason of the take-back (hold-ledger.ts); NULL: a seller revoked the number. */
  reason: string | null;
  /** Lowest number of those that were taken back together, which one entry of the feed reports; NULL: an event of its own reports the number. */
  taken_from: number | null;
}

/** Subjects of access tokens; the row without one counts the changes (sql-access-locks.ts). */
export interface AccessLockTable {
  subject: string;
  /** 0 or 1. */
  locked: number;
  revision: number;
  changed_at: number;
  /** As in {@link ChangeCounterTable}, of the row that counts; NULL in the others. */
  recent: Generated<string | null>;
}

/** One row for each kind of change that processes follow. */
export interface ChangeCounterTable {
  name: string;
  revision: number;
  /** Tokens of the latest changes, the newest first. */
  recent: Generated<string | null>;
}

/** Appended, never changed. */
export interface AuditLogTable {
  id: Generated<number>;
  at: number;
  actor_kind: string;
  actor_id: string;
  address: string;
  action: string;
  target: string;
  /** JSON. */
  detail: string;
}

/** Which request a seller's `Idempotency-Key` was first used for. PRIMARY KEY (seller_id, key). */
export interface IdempotencyTable {
  seller_id: string;
  key: string;
  route: string;
  body_hash: string;
  /** What the request made or changed, such as the coupon. */
  target_id: number;
  at: number;
}

/** Every redemption there was. An order that was cancelled keeps its row, so its id never redeems again. */
export interface RedemptionTable {
  coupon_id: number;
  issue_no: number;
  order_id: string;
  redeemed_at: number;
  cancelled_at: number | null;
  actor_kind: string;
  actor_id: string;
}

/** Changes that have begun and are not settled: at most one per coupon. */
export interface CouponChangeTable {
  coupon_id: number;
  change_no: number;
  taken: number;
  /** JSON. */
  body: string;
  at: number;
}

/** Keys of shops' backends. */
export interface ServerKeyTable {
  id: Generated<number>;
  seller_id: string;
  name: string;
  /** SHA-256 in hexadecimal; the key itself is never stored. */
  hash: string;
  /** Separated by commas. */
  scopes: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  revision: number;
}

/** Events of sellers. Without `seq` an event waits for its place; the row of a range of issuances is written with its own. */
export interface EventOutboxTable {
  id: Generated<number>;
  seller_id: string;
  coupon_id: number;
  kind: string;
  /** The number the event is about; of several the last. */
  issue_no: number | null;
  /** First number of several. */
  first_no: number | null;
  /** JSON. */
  body: string;
  at: number;
  /** Place in the seller's feed. */
  seq: number | null;
}

/** The end of each seller's feed, locked by the transaction that appends to it; and up to where events have been removed. */
export interface EventFeedTable {
  seller_id: string;
  seq: number;
  removed_seq: number;
}

/** What the feeds have of each coupon. */
export interface EventCouponTable {
  coupon_id: number;
  placed_no: number;
  sold_out_no: number;
  /** 0 or 1. */
  closed: number;
}

/** One row: which installation these tables are of. */
export interface InstallationTable {
  /** Always 1. */
  id: number;
  name: string;
  created_at: number;
  /** `number.random`; NULL until it is renewed for the first time. */
  stamp: string | null;
}

/** What signs passes of members (sql-signing-keys.ts). */
export interface SigningKeyTable {
  name: string;
  /** In base64url. */
  secret: string;
  created_at: number;
}

/** Where feeds are sent. Positions are those of the seller's feed; the end of a batch is stored before the batch is sent. */
export interface WebhookTable {
  id: Generated<number>;
  seller_id: string;
  url: string;
  secret: string;
  /** Separated by commas, like the ids of coupons; NULL there: all. */
  kinds: string;
  coupon_ids: string | null;
  state: 'enabled' | 'disabled';
  created_at: number;
  position_seq: number;
  position_no: number | null;
  sending_seq: number | null;
  sending_no: number | null;
  attempts: number;
  failing_since: number | null;
  next_at: number;
  leased_by: string | null;
  leased_until: number;
}

/** Numbers of a coupon that are delivered to a webhook once more. */
export interface WebhookReplayTable {
  id: Generated<number>;
  webhook_id: number;
  coupon_id: number;
  next_no: number;
  last_no: number;
}

/** The latest requests to webhooks. */
export interface WebhookDeliveryTable {
  id: Generated<number>;
  webhook_id: number;
  message_id: string;
  coupon_id: number;
  events: number;
  at: number;
  duration_ms: number;
  status: number | null;
  result: string;
}
