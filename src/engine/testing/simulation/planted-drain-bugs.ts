/** Plants bugs into drains of several coupons; see planted-bugs.ts. */
import type { ClaimedBatch } from '../../ports/issuance-ledger.js';
import type { ClaimName, ClaimReply, ClaimRound, QueueFault } from '../../ports/issuance-queue.js';
import type { Planting } from './planting.js';
import type { Scenario } from './scenario.js';
import type { RecordedTogether } from './simulated-database.js';
import { SimulatedDatabase } from './simulated-database.js';
import { SimulatedStore } from './simulated-store.js';

type Answer = Exclude<ClaimReply, QueueFault>;

/** Coupons without a claim are left out of the list, so that the claims after them are taken for theirs. */
class EmptyLeftOut extends SimulatedStore {
  override claimRound(round: ClaimRound): Answer[] {
    const replies = super.claimRound(round);
    const claims = replies.filter((reply) => typeof reply === 'object');
    const others = replies.filter((reply) => typeof reply !== 'object');
    return [...claims, ...others].map((reply, place) => {
      const couponId = round.couponIds[place];
      return typeof reply === 'object' && couponId !== undefined ? { ...reply, couponId } : reply;
    });
  }
}

/** Only the claim of the first coupon is released; the claims of the others end as if they were recorded. */
class GivesBackTheFirst extends SimulatedStore {
  override releaseRound([first, ...others]: readonly ClaimName[]): boolean[] {
    const released = first === undefined ? [] : super.releaseRound([first]);
    return [...released, ...super.ackRound(others)];
  }
}

/** Only a batch that goes alone is compared with the epoch of its coupon. */
class GroupWithoutFence extends SimulatedDatabase {
  override recordTogether(batches: readonly ClaimedBatch[]): RecordedTogether {
    const isGroup = batches.length > 1;
    return super.recordTogether(isGroup ? batches.map((batch) => ({ ...batch, epoch: Infinity })) : batches);
  }
}

/** What is not plain is left out, and the whole is called recorded. */
class ContestedLeftOut extends SimulatedDatabase {
  override recordTogether(batches: readonly ClaimedBatch[]): RecordedTogether {
    return super.recordTogether(batches.filter((batch) => this.isPlain(batch)));
  }
}

/** A recorder that stops between its claim and its rows, while the store goes back and other members win. */
function recordersFreeze(drawn: Scenario): Scenario {
  const winnable = {
    ...drawn.terms,
    quantity: 3,
    opensAtMs: undefined,
    closesAtMs: undefined,
    paused: false,
  };
  return {
    ...drawn,
    ...{ terms: winnable, otherTerms: [winnable, winnable], requests: 24, recorders: 2, recordBatchMax: 4 },
    ...{ losses: ['older', 'older'], freezes: 4, stills: 0, crashes: 1 },
  };
}

const withStore = (Store: new (nowMs: () => number) => SimulatedStore): Partial<Planting> => ({
  store: (nowMs) => new Store(nowMs),
});
const withDatabase = (Database: new () => SimulatedDatabase): Partial<Planting> => ({
  database: () => new Database(),
});

export const drainBugs: Readonly<Record<string, Partial<Planting>>> = {
  "a coupon without a claim shifts the others' claims": withStore(EmptyLeftOut),
  'a part of what is given back is lost': withStore(GivesBackTheFirst),
  'a group of coupons is not fenced': { ...withDatabase(GroupWithoutFence), scenario: recordersFreeze },
  'a contested batch is left out of its group': withDatabase(ContestedLeftOut),
};
