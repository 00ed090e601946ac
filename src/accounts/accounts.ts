/**
 * Defines accounts and their store, as the front end needs them.
 *
 * `persist/sql/sql-account-store.ts` implements the store.
 */

import type { AuditEntry } from '../engine/ports/audit-log.js';

export const roles = ['member', 'seller'] as const;
export type Role = (typeof roles)[number];

export interface Account {
  readonly id: number;
  /** Lower case; the key by which an account is found. */
  readonly email: string;
  readonly role: Role;
  /** Self-describing scrypt hash, see password.ts. */
  readonly passwordHash: string;
  readonly createdAtMs: number;
}

export interface AccountStore {
  /**
   * `undefined` when the e-mail address is taken.
   *
   * @param audit what to write down about it, in the same transaction.
   */
  insert(account: Omit<Account, 'id'>, audit?: (id: number) => AuditEntry): Promise<Account | undefined>;
  findByEmail(email: string): Promise<Account | undefined>;
}
