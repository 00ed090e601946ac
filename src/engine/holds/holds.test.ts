/** Tests recalls while issuances are on their way to their rows. */
import t from 'tap';
import { StoreUnavailableError } from '../domain/errors.js';
import { SimulatedHoldLedger, SimulatedHolds } from '../testing/simulation/simulated-holds.js';
import { memberNamed, STORE_START_MS, StagedWorld } from '../testing/simulation/staged-world.js';
import { Holds } from './holds.js';
import { TakeBack } from './take-back.js';

const SELLER = { kind: 'seller', id: 'seller', address: '192.0.2.1' } as const;
const RECALL_MAX = 2;

/** A paused coupon of which `members` have won. */
async function pausedCoupon(...members: string[]) {
  const world = new StagedWorld();
  const { admission, bell, catalogue, clock, queue, versions, warmer } = world;
  const ledger = new SimulatedHoldLedger(
    world.databaseLink,
    new SimulatedHolds(world.database, () => STORE_START_MS),
  );
  const couponId = await world.registered({ quantity: 9 });
  world.store.admit({ couponId, epoch: 1, holders: members.map(memberNamed), notAfterMs: Infinity });
  await world.registry().amend(couponId, { paused: true }, SELLER);
  const takeBack = new TakeBack({ admission, bell, holds: ledger, versions, warmer });
  const holds = new Holds(
    { takeBack, admission, catalogue, holds: ledger, warmer, queue, clock },
    RECALL_MAX,
  );
  const claim = (count: number) => {
    const claimed = world.store.claim(couponId, `claim of ${count}`, count, 1_000);
    if (typeof claimed !== 'object') throw new Error(`no claim: ${claimed}`);
    return {
      record: (): void => {
        world.database.record(claimed);
        world.store.ack(couponId, `claim of ${count}`);
      },
    };
  };
  const unused = (): number => world.database.ledgerOf(couponId).rows.size;
  const recall = (after = 0) => holds.recall(couponId, after, SELLER);
  const winners = (): number => world.store.snapshot(couponId)?.issued ?? 0;
  return { world, couponId, holds, ledger, claim, unused, recall, winners };
}

t.test('a row that is recorded after the rows were read is counted as on its way', async (t) => {
  const { ledger, claim, unused, recall } = await pausedCoupon('a');
  const one = claim(1);
  const openHead = ledger.openHead.bind(ledger);
  ledger.openHead = async (...parameters) => {
    const head = await openHead(...parameters);
    one.record();
    return head;
  };
  t.match(await recall(), { status: 'recalled', count: 0, next: undefined, unrecorded: 1 });
  t.equal(unused(), 1);
  t.match(await recall(), { status: 'recalled', count: 1, unrecorded: 0 });
  t.equal(unused(), 0);
});

t.test('a row that is recorded behind the page of a recall is found from the beginning', async (t) => {
  const { claim, recall } = await pausedCoupon('a', 'b', 'c', 'd');
  const [first, others] = [claim(1), claim(3)];
  others.record();
  const page = await recall();
  t.match(page, { status: 'recalled', count: 2, next: 3, unrecorded: 1 });
  first.record();
  t.match(await recall(3), { count: 1, next: undefined, unused: 1, unrecorded: 1 });
  t.match(await recall(), { count: 1, next: 3 });
  t.match(await recall(3), { count: 0, next: undefined, unused: 0, unrecorded: 0 });
});

t.test('a recall does not take a queue that is lost for one that is empty', async (t) => {
  const { world, couponId, holds, recall } = await pausedCoupon('a');
  world.queue.depths = () => Promise.resolve([undefined]);
  t.match(await recall(), { status: 'not_ready' });
  t.equal(await holds.unused(couponId, 0), undefined);
});

t.test(
  'a recall whose step in the store failed is finished by the next one, however far it came',
  async (t) => {
    const { world, claim, recall, unused, winners } = await pausedCoupon('a', 'b', 'c', 'd', 'e');
    claim(5).record();
    const revokeMany = world.admission.revokeMany.bind(world.admission);
    world.admission.revokeMany = () => Promise.reject(new StoreUnavailableError('Redis is down'));
    await t.rejects(recall(), { code: 'store_outcome_unknown' });
    await t.rejects(recall(3), { code: 'store_outcome_unknown' });
    t.equal(unused(), 1);
    t.equal(winners(), 5, 'the store still lists them all');
    world.admission.revokeMany = revokeMany;
    t.match(await recall(), { count: 0, next: 2, unused: undefined });
    t.equal(winners(), 3);
    t.match(await recall(2), { count: 1, next: 5 });
    t.match(await recall(5), { count: 0, next: undefined, unused: 0, unrecorded: 0 });
    t.equal(winners(), 0);
  },
);

t.test('a recall that has taken rows back is never answered as not attempted', async (t) => {
  const { ledger, claim, recall } = await pausedCoupon('a');
  claim(1).record();
  ledger.openCount = () => Promise.reject(new StoreUnavailableError('the database is down'));
  await t.rejects(recall(), { code: 'store_outcome_unknown' });
});
