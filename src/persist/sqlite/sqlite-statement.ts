/** What travels between the main thread and the thread of the database. */

export type SqliteValue = number | string | null;

export interface SqliteStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export interface SqliteResult {
  /** Of a statement that returns rows; else empty. */
  readonly rows: Record<string, SqliteValue>[];
  readonly changes: number;
  readonly lastInsertRowid: number;
}

export interface SqliteRequest {
  readonly id: number;
  /** `atomic`: all of them in one transaction of their own. `close`: the last request. */
  readonly kind: 'single' | 'atomic' | 'close';
  readonly statements: readonly SqliteStatement[];
}

export type SqliteReply =
  | { readonly id: number; readonly results: readonly SqliteResult[] }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

/** What the thread is started with. */
export interface SqliteWorkerData {
  readonly file: string;
}
