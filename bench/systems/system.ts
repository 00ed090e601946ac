/** Defines a measurable system that answers downloads: our server, or a baseline. */
import type { Row, UnitCounts } from '../measure/promise-checks.js';

/**
 * How CPU time is divided. `recorder` is the process that moves winners into the database, where there is one for this.
 */
export const parts = ['api', 'recorder', 'redis', 'database'] as const;
export type Part = (typeof parts)[number];

export interface NewCoupon {
  readonly quantity: number;
  /** From now; absent: open at once. */
  readonly opensInMs?: number;
  /** A download needs a presence ticket. */
  readonly presenceRequired?: true;
  /** Only members `1` to this one are eligible. */
  readonly listed?: number;
  /** Each unit is held for so long. */
  readonly holdSeconds?: number;
}

export interface System {
  /** Where members send their requests: `127.0.0.1:port`. */
  readonly host: string;
  readonly processes: Readonly<Record<Part, readonly number[]>>;
  /** Resolves when the coupon can be downloaded. */
  createCoupon(coupon: NewCoupon): Promise<number>;
  /** What must hold about its coupons can be checked; the bare handler decides nothing. */
  readonly records: SystemRecords | undefined;
  stop(): Promise<void>;
}

/** Where a system keeps what it decided. */
export interface SystemRecords {
  whereabouts(couponId: number): Promise<UnitCounts>;
  /** Ascending by number, read from the database without the system's code. */
  rows(couponId: number): Promise<Row[]>;
  /** The highest number recorded of each of these coupons; absent where a row is there before the answer. */
  readonly highest: ((couponIds: readonly number[]) => Promise<ReadonlyMap<number, number>>) | undefined;
  /** Bytes in Redis for what it keeps of one coupon; absent without Redis. */
  readonly redisBytes: ((couponId: number) => Promise<number>) | undefined;
  /** Live winners of a coupon in Redis; absent without Redis. */
  readonly winners: ((couponId: number) => Promise<number>) | undefined;
  /** Stops recording until it is thawed; absent where nothing is recorded later. */
  readonly recorder: { freeze(): Promise<void>; thaw(): Promise<void> } | undefined;
}
