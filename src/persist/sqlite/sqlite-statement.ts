/** Defines the messages between the main thread and the database thread. */

export type SqliteValue = number | string | null;

export interface SqliteStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/**
 * Rows of `member_coupon`, of any number of coupons: nearly all that commits at peak load consist of. Runs one behind
 * another, each as the coupon, its first number, the instant, how many holders, and the holders, whose numbers follow
 * each other. One flat list, because every object and every text of a statement would be cloned on the way to the
 * thread.
 */
export interface IssuanceRows {
  readonly runs: (number | string)[];
}

/** One step of a transaction. */
export type SqliteStep = SqliteStatement | IssuanceRows;

export interface SqliteResult {
  /** Rows of a statement that returns some; else empty. */
  readonly rows: Record<string, SqliteValue>[];
  readonly changes: number;
  readonly lastInsertRowid: number;
}

export interface SqliteRequest {
  readonly id: number;
  /** `atomic`: all of them in one transaction of their own. `close`: the last request. */
  readonly kind: 'single' | 'atomic' | 'close';
  readonly statements: readonly SqliteStep[];
}

export type SqliteReply =
  | { readonly id: number; readonly results: readonly SqliteResult[] }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

/** What the thread is started with. */
export interface SqliteWorkerData {
  readonly file: string;
}
