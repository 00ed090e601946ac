import t from 'tap';
import type { MemberId } from '../../domain/coupon.js';
import { broken, finalStore, history, holds } from './checker-fixture.js';
import type { History, RecallHistory, TakenBackIssuance } from './history.js';

/** `a` has number 1, issued at 10; `b` has number 2, issued at 30, and has used it. */
const call = (fromMs: number, toMs: number, isLast = true) => ({ fromMs, toMs, isLast });
const recall = (some: Partial<RecallHistory> = {}): RecallHistory => ({
  ...{ calls: [call(100, 110)], used: new Set([2]), redeemed: new Set([2]), isPending: false, audited: 1 },
  ...some,
});

/** Number 1 was recalled at that instant. */
function recalled(endedMs: number, some: Partial<History> = {}): History {
  const rows = [holds('b', 2, 30)];
  const taken: TakenBackIssuance = {
    ...{ ...holds('a', 1, 10), reason: 'recalled', endedMs, returnedMs: endedMs, wasReleased: false },
  };
  return history(
    { takenBack: [taken], recall: recall(), ...some },
    { rows, revoked: new Map([[1, 'a' as MemberId]]), store: { ...finalStore(), winners: rows } },
  );
}

t.test('a recall takes back what is not used, and nothing else does', async (t) => {
  t.same(broken(recalled(105)), []);
  t.same(broken(recalled(50)), ['I12'], 'before it was asked for');
  t.same(broken(recalled(105, { recall: undefined })), ['I12'], 'by no request');
  t.same(broken(recalled(105, { recall: recall({ audited: 0 }) })), ['I12'], 'not in the audit log');
  t.same(broken(recalled(105, { recall: recall({ isPending: true }) })), ['I12'], 'never done');
});

t.test('a recall leaves no issuance of before that is not used', async (t) => {
  const left = (calls: RecallHistory['calls'], some: Partial<History> = {}): string[] =>
    broken(history({ recall: recall({ calls, audited: 0 }), ...some }));
  t.same(left([call(100, 110)]), ['I12']);
  t.same(left([call(5, 20)]), [], 'issued after the last request was sent');
  t.same(left([call(100, 110, false)]), [], 'not done yet');
  t.same(
    left([call(100, 110)], { losses: [{ sinceMs: 0, atMs: 200 }] }),
    [],
    'brought back by an older copy',
  );
  t.same(broken(history({ recall: recall({ used: new Set([1, 2]), audited: 0 }) })), [], 'all are used');
});

t.test('what was redeemed before a recall keeps its row', async (t) => {
  t.same(broken(recalled(105, { recall: recall({ redeemed: new Set([1, 2]) }) })), ['I12']);
});
