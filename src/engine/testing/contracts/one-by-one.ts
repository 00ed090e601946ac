/** Asks a queue about one coupon: rounds of one, for tests. */
import type { CouponId, Issuance } from '../../domain/coupon.js';
import type { Claim, IssuanceQueue, QueueFault } from '../../ports/issuance-queue.js';

export interface OneByOne {
  /** `undefined` when there is nothing to claim. @throws the fault of the store. */
  claim(
    couponId: CouponId,
    token: string,
    limit: number,
    leaseMs: number,
  ): Promise<Claim | 'not_ready' | undefined>;
  ack(couponId: CouponId, token: string): Promise<boolean>;
  release(couponId: CouponId, token: string): Promise<boolean>;
}

type Rounds = Pick<IssuanceQueue, 'claimRound' | 'ackRound' | 'releaseRound'>;

export function oneByOne(queue: Rounds): OneByOne {
  return {
    async claim(couponId, token, limit, leaseMs) {
      const reply = await answered<Parameters<Parameters<Rounds['claimRound']>[1]>[1]>((answer) =>
        queue.claimRound({ couponIds: [couponId], token, limit, leaseMs }, answer),
      );
      if (reply === 'later') throw new Error('a coupon that is asked about alone has its turn');
      return reply === 'empty' ? undefined : reply;
    },
    ack: (couponId, token) =>
      answered<boolean | QueueFault>((answer) => queue.ackRound([{ couponId, token }], answer)),
    release: (couponId, token) =>
      answered<boolean | QueueFault>((answer) => queue.releaseRound([{ couponId, token }], answer)),
  };
}

/** What was claimed; empty where nothing was. */
export function issuancesOf(claim: Claim | 'not_ready' | undefined): readonly Issuance[] {
  return typeof claim === 'object' ? claim.issuances : [];
}

/** Waits for the answer, which may come after the round has resolved. */
function answered<Reply>(
  ask: (answer: (place: number, reply: Reply) => void) => Promise<void>,
): Promise<Exclude<Reply, QueueFault>> {
  return new Promise((resolve, reject) => {
    const answer = (_place: number, reply: Reply): void => {
      if (isFault(reply)) reject(reply.fault instanceof Error ? reply.fault : new Error(String(reply.fault)));
      else resolve(reply as Exclude<Reply, QueueFault>);
    };
    ask(answer).catch(reject);
  });
}

function isFault(reply: unknown): reply is QueueFault {
  return typeof reply === 'object' && reply !== null && 'fault' in reply;
}
