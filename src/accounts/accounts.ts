/**
 * Defines accounts and their store, as the front end needs them.
 *
 * `persist/sql/sql-account-store.ts` implements the store.
 */

import type { AuditEntry } from '../engine/ports/audit-log.js';

/** What a person may sign up as. */
export const signUpRoles = ['member', 'seller'] as const;
/** Administrators are made at the command line or by another administrator. */
export const roles = [...signUpRoles, 'admin'] as const;
export type Role = (typeof roles)[number];

export interface Account {
  readonly id: number;
  /** Lower case; the key by which an account is found. */
  readonly email: string;
  readonly role: Role;
  /** Self-describing scrypt hash, see password.ts. */
  readonly passwordHash: string;
  readonly createdAtMs: number;
  /** Generation of the valid sessions. Sessions of a lower generation have ended (session-ends.ts). */
  readonly generation: number;
}

export type NewAccount = Omit<Account, 'id' | 'generation'>;

/** An account in a list. */
export interface AccountListing extends Omit<Account, 'passwordHash' | 'generation'> {
  readonly locked: boolean;
}

export interface AccountFilter {
  readonly role?: Role | undefined;
  /** The beginning of the e-mail address, in lower case. */
  readonly emailPrefix?: string | undefined;
}

/** A one-time link that sets a new password. Of an account only the latest one is valid. */
export interface PasswordReset {
  readonly accountId: number;
  /** SHA-256 of the text in the link, in hexadecimal. */
  readonly hash: string;
  readonly expiresAtMs: number;
}

export type RemovalResult = 'removed' | 'unknown' | 'coupons_open';

/** The role and the generation of the sessions that are valid from a change on. */
export interface AccountSession {
  readonly role: Role;
  readonly generation: number;
}

/** Every change writes its entry of the audit log in the same transaction, and nothing where it changes nothing. */
export interface AccountStore {
  /** `undefined` when the e-mail address is taken. */
  insert(account: NewAccount, audit?: (id: number) => AuditEntry): Promise<Account | undefined>;
  findByEmail(email: string): Promise<Account | undefined>;
  find(id: number): Promise<Account | undefined>;
  /** Ascending by id, those above `afterId`, up to `limit`. */
  list(filter: AccountFilter, afterId: number, limit: number): Promise<AccountListing[]>;
  /**
   * Sets the hash, ends every session of the account, and removes the link for a new password.
   *
   * @param before the hash that the caller has verified; left out, whatever it is.
   * @returns `undefined` without such an account, or where it has another hash by now: then nothing was changed.
   */
  changePassword(
    id: number,
    passwordHash: string,
    entry: AuditEntry,
    before?: string,
  ): Promise<AccountSession | undefined>;
  /**
   * Also ends every session of the account, since tokens carry the role. The server keys of one that was a seller's are revoked, and its
   * webhooks removed.
   */
  setRole(id: number, role: Role, entry: AuditEntry): Promise<'changed' | 'unchanged' | 'unknown'>;
  /** Replaces the link that the account had. @returns false without such an account. */
  insertReset(reset: PasswordReset, entry: AuditEntry): Promise<boolean>;
  /** The account whose link this is; `undefined` for a link that is unknown, used, replaced or expired. */
  findReset(hash: string, nowMs: number): Promise<number | undefined>;
  /**
   * Uses up the link, sets the hash and ends every session of the account.
   *
   * @returns the account's id; `undefined` like {@link findReset}.
   */
  useReset(
    hash: string,
    passwordHash: string,
    nowMs: number,
    entry: (id: number) => AuditEntry,
  ): Promise<number | undefined>;
  /**
   * Removes the account, ends its sessions, revokes its server keys and removes its webhooks. Issuances and coupons
   * stay under the account's id, which is never given to another account.
   *
   * @returns `coupons_open` for a seller with a coupon that can still be downloaded; then nothing is changed.
   */
  remove(id: number, entry: AuditEntry): Promise<RemovalResult>;
}
