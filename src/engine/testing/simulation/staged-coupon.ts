/** Stages a coupon with winners that are queued and not recorded, for tests of sellers. */
import { UnsettledChanges } from '../../sellers/unsettled-changes.js';
import type { NewCoupon } from '../../ports/coupon-catalogue.js';
import { memberNamed, STORE_START_MS, StagedWorld } from './staged-world.js';
import { issuancesOf } from '../contracts/one-by-one.js';

export const newCoupon = (some: Partial<NewCoupon> = {}): NewCoupon => ({
  sellerId: 'seller',
  name: 'a coupon',
  discount: { type: 'percent', value: 10 },
  createdAtMs: 0,
  quantity: 3,
  opensAtMs: undefined,
  closesAtMs: undefined,
  paused: false,
  closed: false,
  ...some,
});

export const SELLER = { kind: 'seller', id: 'seller', address: '192.0.2.1' } as const;

const rethrow = (fault: unknown): never => {
  throw fault;
};

export function unsettledChanges(
  world: StagedWorld,
  changer = world.changer,
  onFault: (fault: unknown) => void = rethrow,
): UnsettledChanges {
  return new UnsettledChanges({
    ...{ changes: world.changes, changer, clock: world.clock, scheduler: world.scheduler },
    ...{ onSettled: () => undefined, onFault },
  });
}

/** A coupon with `names` as its winners, queued and not recorded. */
export async function withWinners(...names: string[]) {
  const world = new StagedWorld();
  const couponId = await world.registered();
  const registry = world.registry();
  const memberIds = names.map(memberNamed);
  if (names.length > 0)
    world.store.admit({ couponId, epoch: 1, holders: memberIds, notAfterMs: STORE_START_MS * 2 });
  const record = (): void =>
    void world.database.record({
      couponId,
      epoch: 1,
      issuances: issuancesOf(world.store.claim(couponId, 'token', 10, 1_000)),
    });
  return { world, couponId, registry, record };
}
