/** Accounts as the front end needs them; `persist/sql/account-store.ts` implements the store. */

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
  /** `undefined` when the e-mail address is taken. */
  insert(account: Omit<Account, 'id'>): Promise<Account | undefined>;
  findByEmail(email: string): Promise<Account | undefined>;
}
