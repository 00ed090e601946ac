/** Plants bugs of sellers' changes; see planted-bugs.ts. */
import type { Admission } from '../../ports/admission.js';
import type { BeginReply, ChangeRequest, CouponChanges } from '../../ports/coupon-changes.js';
import type { CouponTerms } from '../../domain/coupon.js';
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../../domain/errors.js';
import type { Scenario } from './scenario.js';
import { SimulatedStore } from './simulated-store.js';
import { wrapAdmission, wrapChanges, type Planting } from './planting.js';

/** As before docs/adr/0056: the store first, and the database when it takes part. */
function storeFirst(changes: CouponChanges, admission: Admission): CouponChanges {
  const wrapped = wrapChanges(changes);
  wrapped.begin = async (request) => {
    await admission.amend(request.couponId, request.terms, undefined);
    return changes.begin(request);
  };
  return wrapped;
}

/** What another process left behind stays as it is. */
function neverFinished(changes: CouponChanges): CouponChanges {
  const wrapped = wrapChanges(changes);
  wrapped.unsettled = () => Promise.resolve([]);
  return wrapped;
}

/** A rebuild reads the terms from before the change, which may be in force. */
function rebuiltWithout(changes: CouponChanges): CouponChanges {
  const wrapped = wrapChanges(changes);
  wrapped.withUnsettledChange = async (couponId) => {
    const couponWithChange = await changes.withUnsettledChange(couponId);
    return couponWithChange && { ...couponWithChange, unsettled: undefined };
  };
  return wrapped;
}

/** Any process may drop a change, even one that another process has taken over since. */
function droppedByAnybody(changes: CouponChanges): CouponChanges {
  const wrapped = wrapChanges(changes);
  wrapped.discard = async (change) => changes.discard((await changes.takeOver(change)) ?? change);
  return wrapped;
}

function without(request: ChangeRequest, field: 'keyed' | 'audit'): ChangeRequest {
  return Object.fromEntries(
    Object.entries(request).filter(([name]) => name !== field),
  ) as unknown as ChangeRequest;
}

/** A repeat adds its units again. */
function keysIgnored(changes: CouponChanges): CouponChanges {
  const wrapped = wrapChanges(changes);
  wrapped.begin = (request): Promise<BeginReply> => changes.begin(without(request, 'keyed'));
  return wrapped;
}

/** Which entry belongs to a change is known to its own process only. */
function unaudited(changes: CouponChanges): CouponChanges {
  const wrapped = wrapChanges(changes);
  wrapped.begin = (request): Promise<BeginReply> => changes.begin(without(request, 'audit'));
  return wrapped;
}

/** An answer that never came is taken for a command that never arrived. */
function silenceIsRefusal(admission: Admission): Admission {
  const wrapped = wrapAdmission(admission);
  wrapped.amend = async (couponId, change, numbered) => {
    try {
      return await admission.amend(couponId, change, numbered);
    } catch (fault) {
      if (!(fault instanceof StoreOutcomeUnknownError)) throw fault;
      throw new StoreUnavailableError('Nothing was changed.', { cause: fault });
    }
  };
  return wrapped;
}

/** The terms that are saved are those that the change began with. */
function savedAsBefore(changes: CouponChanges): CouponChanges {
  const before = new Map<number, CouponTerms>();
  const wrapped = wrapChanges(changes);
  wrapped.complete = (change, version, terms) => {
    const saved = before.get(change.couponId) ?? terms;
    before.set(change.couponId, terms);
    return changes.complete(change, version, saved);
  };
  return wrapped;
}

/** A command is carried out on the coupon of its id, however often that was warmed or rebuilt since it was sent. */
class CommandsOfAnyEpoch extends SimulatedStore {
  protected override isOfAnotherEpoch(): boolean {
    return false;
  }
}

/** A command is sent before its process has seen the coupon serve. One that finds no coupon may arrive again when there is one. */
function sentBlindly(changes: CouponChanges, admission: Admission): CouponChanges {
  const wrapped = wrapChanges(changes);
  wrapped.begin = async (request) => {
    const reply = await changes.begin(request);
    if (reply.status !== 'begun') return reply;
    const { couponId, terms, changeNo } = reply.change;
    await admission.amend(couponId, terms, { changeNo, epoch: 0 }).catch(() => undefined);
    return reply;
  };
  return wrapped;
}

/** Commands arrive twice while coupons are warmed and rebuilt. */
function withManyCommands(drawn: Scenario): Scenario {
  const storeNetwork = { ...drawn.storeNetwork, duplicated: 0.5, refused: 0.2, delayMaxMs: 120 };
  return { ...drawn, storeNetwork, sellerActs: 8 };
}

export const sellerBugs: Readonly<Record<string, Partial<Planting>>> = {
  'changed before it is written down': { changes: storeFirst },
  'unsettled changes never finished': { changes: neverFinished },
  'rebuilt without the unsettled change': { changes: rebuiltWithout },
  'a change dropped by anybody': { changes: droppedByAnybody },
  'idempotency keys ignored': { changes: keysIgnored },
  'a change without its audit entry': { changes: unaudited },
  'silence taken for a refusal': { admission: silenceIsRefusal },
  'terms saved as they were before': { changes: savedAsBefore },
  'a command of any epoch': {
    store: (nowMs) => new CommandsOfAnyEpoch(nowMs),
    changes: sentBlindly,
    scenario: withManyCommands,
  },
};
