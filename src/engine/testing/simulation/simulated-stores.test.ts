/** Tests the simulator's stores with the contracts of every back end. */
import t from 'tap';
import type { CouponId } from '../../domain/coupon.js';
import { admissionContract } from '../contracts/admission-contract.js';
import { couponCatalogueContract } from '../contracts/coupon-catalogue-contract.js';
import { issuanceLedgerContract } from '../contracts/issuance-ledger-contract.js';
import { issuanceQueueContract } from '../contracts/issuance-queue-contract.js';
import { recorderBellContract } from '../contracts/recorder-bell-contract.js';
import { SimulatedCatalogue, SimulatedLedger } from './database-ports.js';
import { DirectChannel, directLink } from './link.js';
import { SimulatedDatabase } from './simulated-database.js';
import { SimulatedStore } from './simulated-store.js';
import { SimulatedAdmission, SimulatedBell, SimulatedIssuanceQueue } from './store-ports.js';

const close = (): Promise<void> => Promise.resolve();

admissionContract(t, 'simulated store', async () => {
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

couponCatalogueContract(t, 'simulated database', async () => ({
  catalogue: new SimulatedCatalogue(directLink, new SimulatedDatabase()),
  close,
}));

recorderBellContract(t, 'simulated store', async () => {
  const bell = new SimulatedBell(directLink, new SimulatedStore(Date.now), new DirectChannel<CouponId>());
  return { bell, bellElsewhere: bell, close };
});
