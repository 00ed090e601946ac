import t from 'tap';
import type { MemberId } from '../../domain/coupon.js';
import type { OrderId } from '../../domain/redemption.js';
import type { ConfirmCall, FinalState, History, HoldHistory, TakenBackIssuance } from './history.js';
import { history, holds, OPEN_TERMS, broken } from './checker-fixture.js';

t.test('I12: of confirmation and expiry exactly one happens', async (t) => {
  const orderOf = (text: string): OrderId => text as OrderId;
  const ended = (issueNo: number, more: Partial<TakenBackIssuance> = {}): TakenBackIssuance => ({
    ...{
      issueNo,
      holder: 'a' as MemberId,
      reason: 'hold_expired',
      issuedAtMs: 10,
      endedMs: 120,
      returnedMs: 121,
    },
    ...{ wasReleased: false },
    ...more,
  });
  const confirm = (issueNo: number, order: string, answer: ConfirmCall['answer']): ConfirmCall => ({
    ...{ issueNo, orderId: orderOf(order), byNumber: true, invokedMs: 50, answer },
  });
  const confirmed = new Map([1, 2].map((issueNo) => [issueNo, orderOf(`o-${issueNo}`)] as const));
  const held = (
    { ended: takenBack = [], ...some }: Partial<HoldHistory> & { ended?: TakenBackIssuance[] } = {},
    final: Partial<FinalState> = {},
  ): History =>
    history(
      {
        takenBack,
        holds: { ...{ holdMs: 100, allOver: true, ordersOutliveRows: true, calls: [], confirmed }, ...some },
      },
      final,
    );
  const bIsThere = { rows: [holds('b', 2, 30)], revoked: new Map([[1, 'a' as MemberId]]) };
  const expired = { confirmed: new Map([[2, orderOf('o-2')]]), ended: [ended(1)] };
  const store = { terms: OPEN_TERMS, lastIssueNo: 2, winners: bIsThere.rows, queued: [], claimed: [] };

  t.same(
    broken(held({ calls: [confirm(1, 'o-1', 'confirmed'), confirm(1, 'o-2', 'confirmed_by_other_order')] })),
    [],
  );
  t.same(
    broken(held({ ...expired, calls: [confirm(1, 'o-1', 'hold_expired')] }, { ...bIsThere, store })),
    [],
  );
  t.same(broken(held({ confirmed: new Map([[2, orderOf('o-2')]]) })), ['I6'], 'never taken back');
  const revoke = { kind: 'revoke', issueNo: 1 } as const;
  const revokedAfterwards = (ordersOutliveRows: boolean): History => ({
    ...held(
      {
        ...{ ordersOutliveRows, confirmed: new Map([[2, orderOf('o-2')]]) },
        calls: [confirm(1, 'o-1', 'confirmed')],
      },
      { ...bIsThere, store, audit: [revoke] },
    ),
    sellerCalls: [{ act: revoke, invokedMs: 60, answeredMs: 70, result: 'done' }],
  });
  t.same(broken(revokedAfterwards(false)), [], 'the order of a revoked row is not kept');
  t.same(broken(revokedAfterwards(true)), ['I12'], 'confirmed, revoked, and no order of it was ever stored');
  const wrong: Readonly<Record<string, History>> = {
    'confirmed for an order that does not have it': held({ calls: [confirm(1, 'o-9', 'confirmed')] }),
    'confirmed, and taken back': held(
      { ...expired, calls: [confirm(1, 'o-1', 'confirmed')] },
      { ...bIsThere, store },
    ),
    'refused as ended, and it has its row': held({ calls: [confirm(1, 'o-1', 'hold_expired')] }),
    'refused to the order that has it': held({ calls: [confirm(1, 'o-1', 'confirmed_by_other_order')] }),
    'taken back too early': held({ ...expired, ended: [ended(1, { endedMs: 60 })] }, { ...bIsThere, store }),
    'released by no caller': held(
      { ...expired, ended: [ended(1, { reason: 'hold_released' })] },
      { ...bIsThere, store },
    ),
    'taken back with its confirmation': held({ ended: [ended(1)] }, { ...bIsThere, store }),
  };
  for (const [name, one] of Object.entries(wrong)) t.same(broken(one), ['I12'], name);
});
