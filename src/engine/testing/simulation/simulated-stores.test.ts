/** Tests the simulator's stores with the contracts of every back end. */
import t from 'tap';
import type { CouponId } from '../../domain/coupon.js';
import { admissionContract } from '../contracts/admission-contract.js';
import { couponCatalogueContract } from '../contracts/coupon-catalogue-contract.js';
import { holdLedgerContract } from '../contracts/hold-ledger-contract.js';
import { issuanceLedgerContract } from '../contracts/issuance-ledger-contract.js';
import { issuanceQueueContract } from '../contracts/issuance-queue-contract.js';
import { numberedChangeContract } from '../contracts/numbered-change-contract.js';
import { recorderBellContract } from '../contracts/recorder-bell-contract.js';
import { SimulatedCatalogue, SimulatedLedger } from './database-ports.js';
import { DirectChannel, directLink } from './link.js';
import { SimulatedHoldLedger, SimulatedHolds } from './simulated-holds.js';
import { SimulatedDatabase } from './simulated-database.js';
import { StoreRecovery } from './simulated-recovery-store.js';
import { couponParts } from './stored-coupon.js';
import { SimulatedStore } from './simulated-store.js';
import { couponNumber } from './staged-world.js';
import { SimulatedAdmission, SimulatedBell, SimulatedIssuanceQueue } from './store-ports.js';

const close = (): Promise<void> => Promise.resolve();

t.test('a first warm that stalled over the loss of any part does not bring old terms back', async (t) => {
  // As Redis does (redis-key-lost.test.ts): its other parts show that the coupon was put in before.
  for (const lost of couponParts) {
    const store = new SimulatedStore(Date.now);
    const couponId = couponNumber(1);
    const terms = { quantity: 5, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
    const old = { couponId, ...terms, version: 1, epoch: 1, lastIssueNo: 0 };
    t.equal(store.warm({ ...old, epoch: 2 }, []), 'warmed');
    t.match(store.amend(couponId, { closed: true }, { changeNo: 1, epoch: 2 }), { status: 'amended' });
    store.lose(couponId, lost);
    const request = { token: 'stalled', lockMs: 1_000, seenIssueNo: 0, birth: undefined };
    const epoch = lost === 'meta' ? undefined : 2;
    t.match(new StoreRecovery(store).suspend(couponId, { ...request, epoch }), { status: 'begun' });
    t.equal(store.warm(old, []), 'present', lost);
  }
});

admissionContract(t, 'simulated store', async () => {
  const store = new SimulatedStore(Date.now);
  return { admission: new SimulatedAdmission(directLink, store), close };
});

numberedChangeContract(t, 'simulated store', async () => {
  const store = new SimulatedStore(Date.now);
  return { admission: new SimulatedAdmission(directLink, store), close };
});

issuanceQueueContract(t, 'simulated store', async () => {
  const store = new SimulatedStore(Date.now);
  return {
    admission: new SimulatedAdmission(directLink, store),
    queue: new SimulatedIssuanceQueue(directLink, store),
    close,
  };
});

issuanceLedgerContract(t, 'simulated database', async () => {
  const database = new SimulatedDatabase();
  const ledger = new SimulatedLedger(directLink, database);
  return { ledger, other: ledger, catalogue: new SimulatedCatalogue(directLink, database), close };
});

holdLedgerContract(t, 'simulated database', async () => {
  const database = new SimulatedDatabase();
  const holds = new SimulatedHoldLedger(directLink, new SimulatedHolds(database, Date.now));
  const ledger = new SimulatedLedger(directLink, database);
  const catalogue = new SimulatedCatalogue(directLink, database);
  return { holds, others: holds, ledger, catalogue, beside: undefined, close };
});

couponCatalogueContract(t, 'simulated database', async () => ({
  catalogue: new SimulatedCatalogue(directLink, new SimulatedDatabase()),
  close,
}));

recorderBellContract(t, 'simulated store', async () => {
  const bell = new SimulatedBell(directLink, new SimulatedStore(Date.now), new DirectChannel<CouponId>());
  return { bell, bellElsewhere: bell, close };
});
