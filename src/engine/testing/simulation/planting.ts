/** Where a bug may be planted, to see whether the simulator finds it. The real system plants nothing. */
import type { Admission } from '../../ports/admission.js';
import type { IssuanceQueue } from '../../ports/issuance-queue.js';
import type { SimulatedProcess } from './simulated-process.js';
import { StoreRecovery } from './simulated-recovery-store.js';
import { SimulatedDatabase } from './simulated-database.js';
import { SimulatedStore } from './simulated-store.js';

export interface Planting {
  store(nowMs: () => number): SimulatedStore;
  database(): SimulatedDatabase;
  admission(admission: Admission, process: SimulatedProcess, store: SimulatedStore): Admission;
  queue(queue: IssuanceQueue): IssuanceQueue;
  recovery(store: SimulatedStore): StoreRecovery;
}

export const nothingPlanted: Planting = {
  store: (nowMs) => new SimulatedStore(nowMs),
  database: () => new SimulatedDatabase(),
  admission: (admission) => admission,
  queue: (queue) => queue,
  recovery: (store) => new StoreRecovery(store),
};
