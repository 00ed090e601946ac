/**
 * Keeps the shop's table of winners the same as Seonchak's.
 *
 * Events come by webhook where Seonchak reaches the shop, and are asked for where it does not. Either way a batch is one transaction with
 * what marks it as done: the id of the message, or the cursor.
 */
import { followEvents, verifyWebhook, WebhookRejected } from '@seonchak/client';
import { inTransaction, saveSetting, setting } from './database.js';

const PAUSE_MS = 500;

export async function followSeonchak(database, client) {
  const after = setting(database, 'cursor');
  for await (const { events, cursor } of followEvents(client, { after, pauseMs: PAUSE_MS })) {
    inTransaction(database, () => {
      for (const event of events) apply(database, event.couponId, event);
      saveSetting(database, 'cursor', cursor);
    });
  }
}

/** Answers after the events are stored: what is not answered with 2xx comes again, with the same id. */
export function receiveWebhooks(server, database, secret) {
  server.register(async (webhooks) => {
    // The signature is over the bytes as they came, whatever their type; a request without a body has none.
    webhooks.removeAllContentTypeParsers();
    webhooks.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    webhooks.post('/webhooks/seonchak', async (request, reply) => {
      try {
        const sent = { headers: request.headers, body: request.body ?? '' };
        const { id, body } = await verifyWebhook({ secret, ...sent });
        inTransaction(database, () => {
          const { changes } = database.prepare('insert or ignore into received values (?)').run(id);
          if (changes === 0) return;
          for (const event of body.events) apply(database, body.couponId, event);
        });
        return await reply.code(204).send();
      } catch (error) {
        if (error instanceof WebhookRejected) return reply.code(400).send(error.message);
        throw error;
      }
    });
  });
}

function apply(database, couponId, { type, issueNo, memberId, orderId, restored }) {
  const setOrder = (value) =>
    database
      .prepare('update winner set order_id = ? where coupon = ? and issue_no = ?')
      .run(value, couponId, issueNo);
  switch (type) {
    case 'issuance.recorded':
      // A replay may be on its way while a number is revoked. A revoked number is never issued again.
      database
        .prepare(
          `insert or ignore into winner (coupon, issue_no, member) select ?, ?, ?
           where not exists (select 1 from revoked where coupon = ? and issue_no = ?)`,
        )
        .run(couponId, issueNo, memberId, couponId, issueNo);
      break;
    case 'issuance.revoked':
    case 'hold.expired':
      database.prepare('delete from winner where coupon = ? and issue_no = ?').run(couponId, issueNo);
      database.prepare('insert or ignore into revoked values (?, ?)').run(couponId, issueNo);
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
