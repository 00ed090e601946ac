/** Keeps the shop's table of winners the same as Seonchak's: each batch of events and its cursor are one transaction. */
import { followEvents } from '@seonchak/client';
import { inTransaction, saveSetting, setting } from './database.js';

const PAUSE_MS = 500;

export async function followSeonchak(database, client) {
  const after = setting(database, 'cursor');
  for await (const { events, cursor } of followEvents(client, { after, pauseMs: PAUSE_MS })) {
    inTransaction(database, () => {
      for (const event of events) apply(database, event);
      saveSetting(database, 'cursor', cursor);
    });
  }
}

function apply(database, { type, couponId, issueNo, memberId, orderId, restored }) {
  const setOrder = (value) =>
    database
      .prepare('update winner set order_id = ? where coupon = ? and issue_no = ?')
      .run(value, couponId, issueNo);
  switch (type) {
    case 'issuance.recorded':
      database
        .prepare('insert or ignore into winner (coupon, issue_no, member) values (?, ?, ?)')
        .run(couponId, issueNo, memberId);
      break;
    case 'issuance.revoked':
      database.prepare('delete from winner where coupon = ? and issue_no = ?').run(couponId, issueNo);
      break;
    case 'redemption.made':
      setOrder(orderId);
      break;
    case 'redemption.cancelled':
      if (restored) setOrder(null);
      break;
    // coupon.sold_out and coupon.closed: nothing of this shop depends on them.
  }
}
