/** Reads what has happened to a coupon past our own code, as the lines that followers record. */
import { createConnection, type RowDataPacket } from 'mysql2/promise';

/** Sorted. */
export async function tablesOfFeed(url: string, couponId: number): Promise<string[]> {
  const connection = await createConnection(url);
  const read = async (statement: string): Promise<RowDataPacket[]> =>
    (await connection.query<RowDataPacket[]>(statement, [couponId]))[0];
  const rows = await read('select issue_no as no from member_coupon where coupon_id = ?');
  const redemptions = await read(
    'select issue_no as no, order_id as orderId, cancelled_at as cancelledAt from redemption where coupon_id = ?',
  );
  await connection.end();
  return [
    ...rows.map(({ no }) => `issuance.recorded ${String(no)}`),
    ...redemptions.map(({ no, orderId }) => `redemption.made ${String(no)} ${String(orderId)}`),
    ...redemptions
      .filter(({ cancelledAt }) => cancelledAt !== null)
      .map(({ no, orderId }) => `redemption.cancelled ${String(no)} ${String(orderId)}`),
  ].sort();
}
