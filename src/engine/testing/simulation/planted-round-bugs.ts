/** Plants bugs into rounds of several coupons and their replies; see planted-bugs.ts. */
import type { Admission, AdmitBatch, AdmitFault, AdmitReply } from '../../ports/admission.js';
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../../domain/errors.js';
import { wrapAdmission } from './planting.js';
import type { Planting } from './planting.js';
import { SimulatedStore } from './simulated-store.js';
import type { StoredCoupon } from './stored-coupon.js';
import type { AdmitRefusal } from './simulated-store.js';

const isLost = (reply: AdmitReply | AdmitFault): boolean =>
  reply.status === 'fault' && reply.fault instanceof StoreOutcomeUnknownError;

/** Everything that went wrong is called "nothing was attempted". */
function lostIsRefused(admission: Admission): Admission {
  const wrapped = wrapAdmission(admission);
  wrapped.admitRound = (batches, answer) =>
    admission.admitRound(batches, (place, reply) =>
      answer(
        place,
        isLost(reply)
          ? { status: 'fault', fault: new StoreUnavailableError('Not attempted, surely.') }
          : reply,
      ),
    );
  return wrapped;
}

/**
 * A client of the store that sends a lost command again automatically, so that its callers do not know of the second
 * one.
 */
function silentResend(admission: Admission): Admission {
  const wrapped = wrapAdmission(admission);
  wrapped.admitRound = (batches, answer) =>
    admission.admitRound(batches, (place, reply) => {
      const batch = batches[place];
      if (!isLost(reply) || batch === undefined) answer(place, reply);
      else void admission.admitRound([batch], (_, again) => answer(place, again));
    });
  return wrapped;
}

/** The reply of a coupon that is refused is left out of the list, so that every coupon after it is given another's. */
class StaleLeftOut extends SimulatedStore {
  override admitRound(batches: readonly AdmitBatch[]): AdmitReply[] {
    const replies = super.admitRound(batches);
    const kept = replies.filter((reply) => reply.status === 'decided');
    return [...kept, ...replies.filter((reply) => reply.status !== 'decided')];
  }
}

/** A call that is carried out twice asks for the membership of its first coupon only. */
class RepeatDoublesOthers extends SimulatedStore {
  override admitRound(batches: readonly AdmitBatch[]): AdmitReply[] {
    for (const { couponId, epoch, holders } of batches.slice(1)) {
      const coupon = this.coupons.get(couponId);
      if (coupon?.epoch !== epoch) continue;
      for (const holder of holders) coupon.winners.delete(holder);
    }
    return super.admitRound(batches);
  }
}

/** A round that is lost is an attempt for its first coupon; to the others it was as if it had not left. */
function lostForTheFirst(admission: Admission): Admission {
  const wrapped = wrapAdmission(admission);
  wrapped.admitRound = (batches, answer) =>
    admission.admitRound(batches, (place, reply) =>
      answer(
        place,
        place > 0 && isLost(reply)
          ? { status: 'fault', fault: new StoreUnavailableError('Another coupon was meant.') }
          : reply,
      ),
    );
  return wrapped;
}

/** Stock is taken from the first coupon of the round, whichever coupon is asked about. */
class StockOfTheFirst extends SimulatedStore {
  #first: StoredCoupon | undefined;

  override admitRound(batches: readonly AdmitBatch[]): AdmitReply[] {
    const [batch] = batches;
    this.#first = batch && this.coupons.get(batch.couponId);
    const replies = super.admitRound(batches);
    this.#first = undefined;
    return replies;
  }

  protected override refusalNow(coupon: StoredCoupon, storeNowMs: number): AdmitRefusal {
    return super.refusalNow(this.#first ?? coupon, storeNowMs);
  }
}

const withStore = (Store: new (nowMs: () => number) => SimulatedStore): Partial<Planting> => ({
  store: (nowMs) => new Store(nowMs),
});

export const roundBugs: Readonly<Record<string, Partial<Planting>>> = {
  'lost is called refused': { admission: lostIsRefused },
  'lost is sent again in silence': { admission: silentResend },
  "a refused coupon shifts the others' replies": withStore(StaleLeftOut),
  'a repeated call doubles all but its first coupon': withStore(RepeatDoublesOthers),
  'a lost round is an attempt for its first coupon only': {
    // It is seldom seen, and a coupon whose members get no answer yet is one less to see it.
    scenario: (drawn) => ({ ...drawn, excludes: false }),
    admission: lostForTheFirst,
  },
  'stock of the first coupon of a round': withStore(StockOfTheFirst),
};
