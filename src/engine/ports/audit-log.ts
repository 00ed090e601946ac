/**
 * Defines the audit log of actions on coupons and accounts: actor, action, time and address.
 *
 * An entry is stored with the data, in the transaction of the action if there is one.
 */

export type AuditAction =
  | 'coupon_registered'
  | 'coupon_amended'
  | 'eligibility_changed'
  | 'audience_changed'
  | 'coupon_repaired'
  | 'coupon_set_aside'
  | 'issuance_revoked'
  | 'redemption_cancelled'
  | 'hold_released'
  | 'coupon_recalled'
  | 'key_created'
  | 'key_revoked'
  | 'granted'
  | 'webhook_created'
  | 'webhook_removed'
  | 'webhook_enabled'
  | 'webhook_secret_rotated'
  | 'webhook_disabled'
  | 'account_created'
  | 'account_deleted'
  | 'role_changed'
  | 'password_changed'
  | 'password_reset_sent'
  | 'password_reset'
  | 'account_locked'
  | 'account_unlocked';

export interface AuditActor {
  /** `operator`: someone at the command line. `anyone`: a caller without a token, for example at sign-up. */
  readonly kind: 'seller' | 'key' | 'member' | 'admin' | 'operator' | 'anyone';
  /** The token's `sub`, the number of the key, or the operator's user name. */
  readonly id: string;
  /** The client's, as limits count it (behind a trusted proxy: the address it names), or the operator's machine. */
  readonly address: string;
}

export interface AuditEntry {
  /** By the clock of the process that acted. */
  readonly atMs: number;
  readonly actor: AuditActor;
  readonly action: AuditAction;
  /** What it was done to: `coupon 42`, `account 7`, `subject m-1`. */
  readonly target: string;
  /** The fields of the case; never a password, a token or a hash. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface StoredAuditEntry extends AuditEntry {
  readonly id: number;
}

export interface AuditLog {
  /** For actions that have no transaction of their own in the database. */
  append(entry: AuditEntry): Promise<void>;
  /** The newest `limit` of those with an id below `beforeId`, oldest first. */
  entries(beforeId: number, limit: number): Promise<StoredAuditEntry[]>;
}
