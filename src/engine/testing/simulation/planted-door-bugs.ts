/** Bugs around members who may not win; see planted-bugs.ts. */
import type { AdmitBatch, AdmitReply } from '../../ports/admission.js';
import type { Planting } from './planting.js';
import { SimulatedStore } from './simulated-store.js';

/** An asker is decided like a member who may win. */
class AskerIsIssued extends SimulatedStore {
  protected override onlyAsks(): boolean {
    return false;
  }
}

/** The holders are not searched for an asker, which so gets its refusal although it holds the coupon. */
class AskerIsNotSearched extends SimulatedStore {
  override admit(batch: AdmitBatch): AdmitReply {
    const reply = super.admit(batch);
    if (reply.status !== 'decided') return reply;
    return { ...reply, already: reply.already.filter(({ index }) => !this.onlyAsks(batch, index)) };
  }
}

/** An asker who holds none counts as refused, as if the stock had ended. */
class AskerCountsAsRefused extends SimulatedStore {
  override admit(batch: AdmitBatch): AdmitReply {
    const reply = super.admit(batch);
    if (reply.status !== 'decided' || (batch.askers ?? 0) === 0) return reply;
    return { ...reply, refusal: reply.refusal ?? 'sold_out' };
  }
}

export const doorBugs: Readonly<Record<string, Partial<Planting>>> = {
  'an asker is issued': { store: (nowMs) => new AskerIsIssued(nowMs) },
  'an asker is refused although it holds the coupon': { store: (nowMs) => new AskerIsNotSearched(nowMs) },
  'an asker counts as refused': { store: (nowMs) => new AskerCountsAsRefused(nowMs) },
  'a rule is known seconds late': { ruleLagMaxMs: 20_000 },
};
