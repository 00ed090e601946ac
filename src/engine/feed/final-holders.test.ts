/** Tests who is known to hold a coupon that issues no more. */
import t from 'tap';
import { SimulatedAdmitted, SimulatedAudit } from '../testing/simulation/simulated-audit.js';
import { memberNamed, STORE_START_MS, StagedWorld } from '../testing/simulation/staged-world.js';
import { FinalHolders } from './final-holders.js';
import { SettledRows } from './settled-rows.js';

t.test('holders of a coupon that goes out of service are unknown, and not taken for none', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 2, closesAtMs: STORE_START_MS + 1_000 });
  world.store.admit({ couponId, epoch: 1, holders: [memberNamed('a')], notAfterMs: Infinity });
  const claim = world.store.claim(couponId, 'token', 10, 1_000);
  if (typeof claim === 'object') world.database.record(claim);
  world.store.ack(couponId, 'token');
  await world.time.advance(2_000);
  // What brings the coupon back takes longer than this read.
  const warmer = { prepare: () => Promise.resolve('recovering' as const) };
  const settledRows = new SettledRows({
    ...{ ledger: world.ledger, admission: world.admission, catalogue: world.catalogue, clock: world.clock },
    audit: new SimulatedAudit(world.databaseLink, world.database),
    admitted: new SimulatedAdmitted(world.storeLink, world.store),
    warmer: world.warmer,
  });
  const finalHolders = new FinalHolders({ admission: world.admission, warmer, settledRows });
  const members = async (): Promise<string[]> => {
    const read: string[] = [];
    for await (const page of finalHolders.pages(couponId)) read.push(...page);
    return read;
  };

  t.match(await finalHolders.state(couponId), { members: 1 });
  t.same(await members(), ['a']);
  world.store.coupons.delete(couponId);
  await t.rejects(members(), { code: 'store_unavailable' });
  t.equal(await finalHolders.state(couponId), undefined);
});
