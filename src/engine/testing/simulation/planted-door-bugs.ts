/** Plants bugs around members who may not win; see planted-bugs.ts. */
import type { CouponId, MemberId } from '../../domain/coupon.js';
import { memberOf } from '../../domain/holder.js';
import type { AdmitBatch, AdmitReply } from '../../ports/admission.js';
import type { Planting } from './planting.js';
import type { SimulatedDatabase } from './simulated-database.js';
import type { HolderReader } from './simulated-exclusion.js';
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

async function* oneOf(members: readonly MemberId[]): AsyncIterable<readonly MemberId[]> {
  yield await Promise.resolve(members);
}

/** Members with a row now, although the rows of some winners are still to come. */
function rowsOfNow(holders: HolderReader, database: SimulatedDatabase): HolderReader {
  const pages = (couponId: CouponId) =>
    oneOf([...database.ledgerOf(couponId).rows.values()].map(({ holder }) => memberOf(holder)));
  return { state: (couponId) => holders.state(couponId), changes: (known) => holders.changes(known), pages };
}

/** A unit that is taken back frees its member, who may hold another one. */
function freedByOneUnit(holders: HolderReader, database: SimulatedDatabase): HolderReader {
  async function* pages(couponId: CouponId): AsyncIterable<readonly MemberId[]> {
    const { ended } = database.ledgerOf(couponId);
    const freed = new Set([...ended.values()].map(({ holder }) => memberOf(holder)));
    for await (const page of holders.pages(couponId)) yield page.filter((memberId) => !freed.has(memberId));
  }
  return { state: (couponId) => holders.state(couponId), changes: (known) => holders.changes(known), pages };
}

/** The holders are read while the coupon may still issue. */
function notYetClosed(holders: HolderReader): HolderReader {
  return {
    state: async (couponId) =>
      (await holders.state(couponId)) ?? { members: 0, place: { revision: 0, token: '' } },
    changes: () => Promise.resolve({ changes: [], stale: [] }),
    pages: (couponId) => holders.pages(couponId),
  };
}

export const exclusionBugs: Readonly<Record<string, Partial<Planting>>> = {
  'holders before all are recorded': { holders: rowsOfNow },
  'one unit taken back frees its member': { holders: freedByOneUnit },
  'holders before the coupon is closed': { holders: notYetClosed },
};

export const doorBugs: Readonly<Record<string, Partial<Planting>>> = {
  'an asker is issued': { store: (nowMs) => new AskerIsIssued(nowMs) },
  'an asker is refused although it holds the coupon': { store: (nowMs) => new AskerIsNotSearched(nowMs) },
  'an asker counts as refused': { store: (nowMs) => new AskerCountsAsRefused(nowMs) },
  'a rule is known seconds late': { ruleLagMaxMs: 20_000 },
};
