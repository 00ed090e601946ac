/** Tests that thousands of events of one seller reach a follower at once and in order. */
import type { Test } from 'tap';
import { eventKinds } from '../../domain/events.js';
import { FEED_WAITING_MAX, TRANSACTION_HOLDS_MAX, STEP_ISSUANCES_MAX } from '../../domain/limits.js';
import type { HoldLedger } from '../../ports/hold-ledger.js';
import { type EventsUnderTest, FollowedShop, recorded } from './followed-shop.js';

export interface EventBurstUnderTest extends EventsUnderTest {
  readonly holdLedger: Pick<HoldLedger, 'revokeMany'>;
}

const HOLD_SECONDS = 600;
/** More than one transaction places, and no multiple of it. */
const HOLDS = 2 * FEED_WAITING_MAX + 500;

export function eventBurstContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<EventBurstUnderTest>,
): void {
  t.test(`${name}: event burst contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());

    t.test('holds that run out together are followed after one round of placing', async (t) => {
      const shop = new FollowedShop(under);
      const couponId = await shop.coupon(HOLDS, undefined, HOLD_SECONDS);
      for (let left = HOLDS; left > 0; left -= 500) await shop.issue(couponId, Math.min(500, left));
      const [record] = await under.catalogue.find([couponId]);
      for (let firstNo = 1; firstNo <= HOLDS; firstNo += TRANSACTION_HOLDS_MAX) {
        const due = { firstNo, lastNo: firstNo + TRANSACTION_HOLDS_MAX - 1, issuedUpToMs: Date.now() };
        const { taken } = (await under.holdLedger.revokeMany(
          ...([couponId, record?.epoch ?? 0, due, 'hold_expired'] as const),
        )) as { readonly taken: readonly object[] };
        t.equal(taken.length, Math.min(TRANSACTION_HOLDS_MAX, HOLDS + 1 - firstNo));
      }
      // The clock never advances, so the feed places once and only reads afterwards.
      const clock = { nowMs: () => Date.now(), monotonicMs: () => 1_000_000 };
      const kinds = new Set(eventKinds.filter((kind) => kind !== 'issuance.recorded'));
      const { events } = await shop.follow(shop.feed(clock), undefined, undefined, { kinds });
      const expired = events.filter(({ kind }) => kind === 'hold.expired');
      t.same(
        expired.map(({ fields }) => fields['issueNo']),
        Array.from({ length: HOLDS }, (_, place) => place + 1),
        'each once, in order of numbers',
      );
      t.match(expired[0]?.fields, { issueNo: 1, memberId: String, confirmBy: /Z$/, expiredAt: /Z$/ });
      const other = await shop.follow(shop.feed(clock), undefined, undefined, { kinds });
      t.same(other.events, events, 'another process reads the same');
    });

    t.test(
      'holds that end in turns, and beside confirmed ones, have an event each, at any limit',
      async (t) => {
        const shop = new FollowedShop(under);
        const couponId = await shop.coupon(31, undefined, HOLD_SECONDS);
        await shop.issue(couponId, 30);
        const [record] = await under.catalogue.find([couponId]);
        const rows = await under.ledger.rows(couponId, 0, STEP_ISSUANCES_MAX);
        // Their numbers lie between each other's: every third runs out, every third is recalled, and the others stay.
        for (const [rest, reason] of [
          [0, 'hold_expired'],
          [1, 'recalled'],
        ] as const) {
          const some = rows.filter(({ issueNo }) => issueNo % 3 === rest);
          const reply = await under.holdLedger.revokeMany(couponId, record?.epoch ?? 0, some, reason);
          t.match(reply, { taken: { length: 10 } });
        }
        const feed = shop.feed();
        const { events, lines } = await shop.follow(feed);
        const numbers = Array.from({ length: 10 }, (_, place) => 3 * place + 1);
        t.same(lines.slice(0, 30), recorded(1, 30));
        t.same(
          lines.filter((line) => !line.startsWith('issuance.recorded')),
          [
            ...numbers.map((issueNo) => `hold.expired ${issueNo + 2}`),
            ...numbers.map((issueNo) => `issuance.revoked ${issueNo}`),
          ],
        );
        t.equal(new Set(events.map(({ id }) => id)).size, events.length, 'every event has an id of its own');
        for (const limit of [1, 7])
          t.same((await shop.follow(feed, undefined, limit)).events, events, `${limit} at a time`);
        const kinds = new Set(['hold.expired' as const]);
        const expired = await shop.follow(feed, undefined, 4, { kinds });
        t.same(
          expired.events,
          events.filter(({ kind }) => kind === 'hold.expired'),
        );
      },
    );
  });
}
