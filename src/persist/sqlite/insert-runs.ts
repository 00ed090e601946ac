/** Inserts runs of issuances (sqlite-statement.ts), in the database's thread. */
import type { HolderId } from '../../engine/domain/coupon.js';
import { isFirstUnit } from '../../engine/domain/holder.js';
import type { IssuanceRows } from './sqlite-statement.js';

/** Runs a text that is kept prepared. */
type RunText = (sql: string, parameters: readonly (number | string)[]) => void;

const HEAD = 'insert into member_coupon (coupon_id, issue_no, member_id, issued_at)';
const ROW_VALUES = 4;
/** What is ahead of the holders of a run. */
const RUN_HEAD = 4;

/**
 * From this many holders of one coupon on, one text over a list: 6.5 µs a row with 256 rows against 7.2 of VALUES. With
 * one row a coupon it takes 14.0, VALUES 11.4.
 */
const LIST_FROM = 64;
const LIST = `${HEAD} select ?, ? + key, value, ? from json_each(?)`;

/** The same for holders of further units, `memberId~unit`: the texts above leave the unit to its default, which is the first. */
const UNITS = `insert into member_coupon (coupon_id, issue_no, member_id, issued_at, unit)
  select ?, ? + key, iif(tilde = 0, value, substr(value, 1, tilde - 1)), ?,
    iif(tilde = 0, 1, cast(substr(value, tilde + 1) as integer))
  from (select key, value, instr(value, '~') as tilde from json_each(?))`;

/** Rows in a text, the most that are left first. Up to 256 rows in a text were tried: no less CPU, and more texts to keep. */
const VALUES = [16, 4, 1].map((rows) => ({
  rows,
  sql: `${HEAD} values ${Array.from({ length: rows }, () => '(?,?,?,?)').join(',')}`,
}));

/** @returns how many rows. @throws what the driver throws. */
export function insertRuns({ runs }: IssuanceRows, run: RunText): number {
  const single: (number | string)[] = [];
  let rows = 0;
  for (let at = 0; at < runs.length;) {
    const [couponId, firstIssueNo, issuedAtMs, count] = runs.slice(at, at + RUN_HEAD).map(Number);
    if (couponId === undefined || firstIssueNo === undefined || issuedAtMs === undefined) break;
    const holders = runs.slice(at + RUN_HEAD, at + RUN_HEAD + (count ?? 0)) as HolderId[];
    if (holders.some((holder) => !isFirstUnit(holder)))
      run(UNITS, [couponId, firstIssueNo, issuedAtMs, JSON.stringify(holders)]);
    else if (holders.length >= LIST_FROM)
      run(LIST, [couponId, firstIssueNo, issuedAtMs, JSON.stringify(holders)]);
    else
      for (const [index, holder] of holders.entries())
        single.push(couponId, firstIssueNo + index, holder, issuedAtMs);
    rows += holders.length;
    at += RUN_HEAD + holders.length;
  }
  let at = 0;
  for (const { rows: size, sql } of VALUES) {
    for (; single.length - at >= size * ROW_VALUES; at += size * ROW_VALUES) {
      run(sql, single.slice(at, at + size * ROW_VALUES));
    }
  }
  return rows;
}
