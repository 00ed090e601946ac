/** Tests that lists and holders are in memory before the first download of their coupon. Rules and lists are in a real database. */
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { openEmbedded } from '../../persist/sqlite/open-embedded.js';
import type { HttpPorts } from '../http-server.js';
import { PresenceTickets } from '../presence/presence-tickets.js';
import { call } from '../testing/client.js';
import { fromNow, openShop } from '../testing/shop.js';
import { startDoor } from './door-parts.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const PATIENCE_MS = 10_000;

const shop = await openShop(t);
const { doorRules, finalHolders } = shop.services;
const listed = { eligibility: { audience: true } };

const idOf = (path: string): CouponId => parseCouponId(path.split('/').at(-1) ?? '') ?? (0 as CouponId);
const post = (path: string, body: object = {}) =>
  call(shop.url, `POST ${path}`, { token: shop.seller, body });

/** A coupon with this many members on its list. */
async function listedCoupon(members: number, fields: object = {}): Promise<string> {
  const path = await shop.coupon({ ...listed, ...fields });
  const add = Array.from({ length: members }, (_, place) => `m-${place}`);
  await post(`${path}/audience`, { add });
  return path;
}

/** What another process loads ahead of the downloads. `later` moves its clock and begins the check of every minute. */
async function startProcess(t: Test, from: Pick<HttpPorts, 'audiences'> = shop.services) {
  let aheadMs = 0;
  let check = (): void => undefined;
  const warnings: string[] = [];
  const read: CouponId[] = [];
  const parts = await startDoor(
    {
      ...{ doorRules, audiences: from.audiences },
      finalHolders: {
        state: (couponId) => finalHolders.state(couponId),
        async *pages(couponId, state) {
          yield* finalHolders.pages(couponId, state);
          read.push(couponId);
        },
        changes: (known) => finalHolders.changes(known),
      },
      clock: { monotonicMs: () => performance.now(), nowMs: () => Date.now() + aheadMs },
      scheduler: {
        every(ms, task) {
          if (ms === MINUTE_MS) check = task;
          return () => undefined;
        },
        pause: (ms) => pause(ms),
      },
      logger: { warn: (_fields, text) => void warnings.push(text) },
    },
    new PresenceTickets(undefined, shop.services.clock),
  );
  t.teardown(() => parts.stop());
  return {
    ...{ warnings, rules: parts.rules },
    later(ms: number): void {
      aheadMs = ms;
      check();
    },
    /** @returns members of lists in memory, and coupons whose holders are, once they are as wanted or for good. */
    async loaded(members: number, holdersOf: readonly CouponId[] = []) {
      const untilMs = performance.now() + PATIENCE_MS;
      const isLoaded = () => parts.audiences.size >= members && holdersOf.every((id) => read.includes(id));
      while (!isLoaded() && performance.now() < untilMs) await pause(5);
      // What should not be loaded would follow in a moment.
      await pause(50);
      return { members: parts.audiences.size, holdersOf: read };
    },
  };
}

t.test('what coupons that are open, or open within an hour, ask for is loaded automatically', async (t) => {
  const over = await shop.coupon();
  for (const member of ['a', 'b', 'c']) await shop.request(over, member);
  await post(`${over}/close`);
  await shop.coupon({ eligibility: { notIssued: [idOf(over)] } });
  await listedCoupon(1);
  await listedCoupon(10, { opensAt: fromNow(HOUR_MS - MINUTE_MS) });
  await listedCoupon(100, { opensAt: fromNow(HOUR_MS + 5 * MINUTE_MS) });
  const closed = await listedCoupon(500);
  await post(`${closed}/close`);
  const holdersOf = [idOf(over)];
  const running = await startProcess(t);
  const now = { members: 11, holdersOf };
  t.same(await running.loaded(11, holdersOf), now, 'none of a coupon that opens later or is closed');
  running.later(4 * MINUTE_MS);
  t.same(await running.loaded(11), now);
  running.later(6 * MINUTE_MS);
  t.same(await running.loaded(111), { members: 111, holdersOf }, 'an hour before the opening');

  const added = await listedCoupon(1_000);
  await running.rules.refresh();
  t.same(await running.loaded(1_111), { members: 1_111, holdersOf }, 'of a rule that is new');
  t.same(running.warnings, []);
  await post(`${added}/close`);
});

t.test('a check that fails is reported, and the process starts', async (t) => {
  const visitor = await openEmbedded({ dataDir: shop.dataDir, as: 'visitor' });
  await visitor.close();
  const running = await startProcess(t, visitor);
  t.same(await running.loaded(0), { members: 0, holdersOf: [] });
  t.match(running.warnings, [/^Coupons that open soon could not be read; their lists are loaded later/]);
});
