/** Describes a back end under test: its settings, and its rows read without our code. */
import type { MariadbServer } from '../servers/mariadb.js';

export interface Row {
  readonly issueNo: number;
  readonly memberId: string;
}

export interface BackEndUnderTest {
  readonly name: string;
  /** Environment of a server that uses it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Absent with the embedded back end. */
  readonly mariadb?: MariadbServer;
  /** Rows of `member_coupon`, ascending by number. */
  rows(couponId: number): Promise<Row[]>;
  stop(): Promise<void>;
}

export const ROWS = 'select issue_no, member_id from member_coupon where coupon_id = ? order by issue_no';

export interface RawRow {
  readonly issue_no: number;
  readonly member_id: string;
}

export function asRow(raw: RawRow): Row {
  return { issueNo: raw.issue_no, memberId: raw.member_id };
}
