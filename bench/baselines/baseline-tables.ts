/** Creates the tables of the baselines: our columns, keys and engine under other names. */
import type { Pool, ResultSetHeader, RowDataPacket } from 'mysql2/promise';

export type BaselineName = 'lock' | 'script';

export const couponTable = (name: BaselineName): string => `baseline_${name}_coupon`;
export const memberCouponTable = (name: BaselineName): string => `baseline_${name}_member_coupon`;

export async function createBaselineTables(pool: Pool, name: BaselineName): Promise<void> {
  await pool.query(`create table if not exists ${couponTable(name)} (
    id bigint primary key auto_increment, quantity bigint not null, opens_at bigint) engine=InnoDB`);
  await pool.query(`create table if not exists ${memberCouponTable(name)} (
    coupon_id bigint not null,
    issue_no int unsigned not null,
    member_id varchar(64) character set ascii collate ascii_bin not null,
    issued_at bigint not null,
    used_at bigint,
    primary key (coupon_id, issue_no),
    unique key one_per_member (member_id, coupon_id)) engine=InnoDB`);
}

export async function insertCoupon(
  pool: Pool,
  name: BaselineName,
  quantity: number,
  opensAtMs: number | undefined,
): Promise<number> {
  const [result] = await pool.query<ResultSetHeader>(
    `insert into ${couponTable(name)} (quantity, opens_at) values (?, ?)`,
    [quantity, opensAtMs ?? null],
  );
  return result.insertId;
}

export async function recordedCount(pool: Pool, name: BaselineName, couponId: number): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `select count(*) as recorded from ${memberCouponTable(name)} where coupon_id = ?`,
    [couponId],
  );
  return Number(rows[0]?.['recorded'] ?? 0);
}
