/** Tests orders that meet, and interleaves redeem, cancel and revoke at random. */
import { randomInt } from 'node:crypto';
import type { Test } from 'tap';
import type { CouponId, MemberId } from '../../domain/coupon.js';
import type { CancelEffect } from '../../domain/redemption.js';
import { member } from './ids.js';
import {
  freshIssuance,
  statesAfter,
  type RedemptionCall,
  type RedemptionCommand,
} from './redemption-model.js';
import { type RedemptionsUnderTest, seller, order, couponWith } from './redemption-coupon.js';

export function aboutMeetings(t: Test, under: RedemptionsUnderTest): void {
  const { redemptions, others } = under;

  t.test('of two orders at once exactly one redeems', async (t) => {
    const couponId = await couponWith(under, {}, 50);
    for (let issueNo = 1; issueNo <= 50; issueNo += 1) {
      const results = await Promise.all([
        redemptions.redeem({ couponId, issueNo }, order('A'), seller),
        others.redeem({ couponId, memberId: member(`m${issueNo}`) }, order('B'), seller),
      ]);
      t.same(results.map(({ status }) => status).sort(), ['already_used', 'redeemed'], `number ${issueNo}`);
    }
  });

  t.test('the same order a hundred times at once is one redemption', async (t) => {
    const couponId = await couponWith(under);
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, place) =>
        (place % 2 === 0 ? redemptions : others).redeem({ couponId, issueNo: 1 }, order('A'), seller),
      ),
    );
    t.equal(results.filter(({ status }) => status === 'redeemed').length, 1);
    t.equal(results.filter(({ status }) => status === 'repeated').length, 99);
    t.equal((await redemptions.history({ couponId, issueNo: 1 }, 10)).length, 1);
  });

  t.test(
    'redeem, cancel and revoke at once, answers lost and requests that come again late: all in one order',
    async (t) => {
      for (const onCancel of ['restore', 'void'] as const) {
        t.same(await randomMeetings(under, onCancel, 40), [], onCancel);
      }
    },
  );
}

/** Random commands in rounds, all of a round at once. Returns where answers fit no order of the commands. */
export async function randomMeetings(
  under: Pick<RedemptionsUnderTest, 'redemptions' | 'others' | 'ledger' | 'catalogue'>,
  onCancel: CancelEffect,
  issuances: number,
): Promise<string[]> {
  const violations: string[] = [];
  const couponId = await couponWith(under, { onCancel }, issuances);
  const orders = [order('A'), order('B'), order('C')];
  for (let issueNo = 1; issueNo <= issuances; issueNo += 1) {
    const memberId = member(`m${issueNo}`);
    const sent: RedemptionCommand[] = [];
    let states = [freshIssuance];
    for (let round = 0; round < 5; round += 1) {
      const commands = Array.from({ length: randomInt(1, 5) }, (): RedemptionCommand => {
        const drawn = randomInt(12);
        // An earlier request that the network delivers only now.
        const late = sent[randomInt(sent.length + 1)];
        if (drawn < 2 && late !== undefined) return late;
        if (drawn === 2) return { kind: 'revoke' };
        return {
          kind: drawn < 8 ? 'redeem' : 'cancel',
          orderId: orders[randomInt(orders.length)] ?? order('A'),
        };
      });
      sent.push(...commands);
      const calls = await Promise.all(
        commands.map(async (command, place): Promise<RedemptionCall> => {
          const answer = await carryOut(under, place % 2 === 0, couponId, issueNo, memberId, command);
          return { command, answer: randomInt(6) === 0 ? undefined : answer };
        }),
      );
      const next = statesAfter(states, calls, onCancel);
      if (next.length === 0) {
        violations.push(`number ${issueNo}, round ${round}: ${JSON.stringify(calls)}`);
        break;
      }
      states = next;
    }
  }
  return violations;
}

async function carryOut(
  { redemptions, others, ledger }: Pick<RedemptionsUnderTest, 'redemptions' | 'others' | 'ledger'>,
  here: boolean,
  couponId: CouponId,
  issueNo: number,
  memberId: MemberId,
  command: RedemptionCommand,
): Promise<string> {
  const side = here ? redemptions : others;
  const issuance = here ? { couponId, issueNo } : { couponId, memberId };
  if (command.kind === 'revoke') return ledger.revoke(couponId, 0, issueNo, memberId, 1);
  if (command.kind === 'cancel') return (await side.cancel(issuance, command.orderId, seller)).status;
  return (await side.redeem(issuance, command.orderId, seller)).status;
}
