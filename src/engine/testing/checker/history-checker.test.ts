import t from 'tap';
import type { CouponTerms, MemberId } from '../../domain/coupon.js';
import type { TermsChange } from '../../ports/terms-change.js';
import type { AuditedAct, DownloadCall, FinalState, History, RuleSpan, SellerCall } from './history.js';
import { checkHistory } from './history-checker.js';
import { OPEN_TERMS, history, holds, call, issued, finalStore, broken } from './checker-fixture.js';

t.test('an honest history breaks nothing', async (t) => {
  t.same(checkHistory(history()), { violations: [], lost: 0, wonByLateCommand: 0 });
});

t.test('each promise has its violation', async (t) => {
  const base = history().downloads;
  const twice = [holds('a', 1, 10), holds('a', 2, 30)];
  const cases: [string, string[], History][] = [
    ['more rows than the quantity', ['I1'], history({ terms: { ...history().terms, quantity: 1 } })],
    [
      'one member, two numbers',
      ['I2'],
      history(
        { downloads: [call('a', 5, 15, issued(1, 10)), call('a', 20, 35, issued(2, 30))] },
        { rows: twice, store: { ...finalStore(), winners: twice } },
      ),
    ],
    ['acknowledged and no row', ['I3', 'I5'], history({}, { rows: [holds('a', 1, 10)] })],
    [
      'answered before the other asked, and behind it in line',
      ['I4'],
      history(
        { downloads: [call('a', 5, 15, issued(2, 10)), call('b', 20, 35, issued(1, 30))] },
        {
          rows: [holds('a', 2, 10), holds('b', 1, 30)],
          store: { ...finalStore(), winners: [holds('a', 2, 10), holds('b', 1, 30)] },
        },
      ),
    ],
    [
      'a row the store knows nothing of',
      ['I5'],
      history({}, { store: { ...finalStore(), winners: [holds('a', 1, 10)] } }),
    ],
    [
      'sold out with stock left',
      ['I6'],
      history({ downloads: [...base, call('c', 1, 9, { outcome: 'sold_out' })] }),
    ],
    ['issued outside the window', ['I7'], history({ terms: { ...history().terms, opensAtMs: 20 } })],
    [
      'never answered',
      ['I8'],
      history({ downloads: [...base, { ...call('c', 1, undefined, undefined), cutOff: false }] }),
    ],
    [
      'unknown with no fault left',
      ['I8'],
      history({ downloads: [...base, call('c', 6_000, 6_001, { outcome: 'busy' })] }),
    ],
    [
      'a winner answered sold out',
      ['I8'],
      history({ downloads: [...base, call('a', 40, 41, { outcome: 'sold_out' })] }),
    ],
    [
      'busy, and issued all the same',
      ['I8'],
      history({ downloads: [call('a', 5, 15, { outcome: 'busy' }), ...base.slice(1)] }),
    ],
  ];
  for (const [what, promises, one] of cases) t.same(broken(one), promises, what);
});

t.test('a member is issued a unit under a rule that admitted it at most a second before', async (t) => {
  const [won, ...others] = history().downloads;
  if (won === undefined) throw new Error('no call');
  const gold = (fromMs: number) => ({ fromMs, grades: ['gold'] });
  const every = (fromMs: number) => ({ fromMs, grades: undefined });
  const of = (grade: string, ...rules: readonly RuleSpan[]): string[] => {
    const all = others.map((one) => ({ ...one, grade: 'gold' }));
    return broken(history({ downloads: [{ ...won, grade }, ...all], rules, admitLateMs: 100 }));
  };
  t.same(of('gold', gold(-Infinity)), []);
  t.same(of('silver', gold(-Infinity)), ['I10']);
  t.same(of('silver', every(-Infinity), gold(-900)), [], 'changed less than a second ago');
  t.same(of('silver', every(-Infinity), gold(-1_100)), ['I10']);
  t.same(of('silver', gold(-Infinity), every(10)), [], 'lifted while it was asked for');
  const late = (some: Partial<DownloadCall>): string[] => {
    const downloads = [{ ...won, ...some }, ...others].map((one) => ({ ...one, grade: 'gold' }));
    return broken(history({ downloads, rules: [gold(-Infinity)], admitLateMs: 1 }));
  };
  t.same(late({}), [], 'decided later than usual, and answered with that number');
  t.ok(late({ outcome: undefined, answeredMs: undefined }).includes('I10'), 'so late only when answered');
  const refused = (name: string): DownloadCall => ({
    ...call(name, 2_000, 2_005, { outcome: 'not_eligible', rule: 'claims' }),
    grade: 'gold',
  });
  const callsAnd = (...more: readonly DownloadCall[]) => [...history().downloads, ...more];
  t.same(
    broken(history({ downloads: callsAnd(refused('c')), rules: [every(-Infinity)] })),
    ['I10'],
    'in vain',
  );
  t.same(broken(history({ downloads: callsAnd(refused('a')) })), ['I8'], 'a holder is answered so');
});

t.test('an answer may be a second old, unless its process read it from the store since', async (t) => {
  const toppedUp: SellerCall = {
    act: { kind: 'amend', change: { quantity: 3 } },
    invokedMs: 90,
    answeredMs: 100,
    result: 'done',
  };
  const won = call('c', 200, 210, issued(3, 205));
  const rows = [...history().final.rows, holds('c', 3, 205)];
  const terms = { ...OPEN_TERMS, quantity: 3 };
  const refusedAt = (invokedMs: number, memorySinceMs?: number): string[] => {
    const refused = { ...call('c', invokedMs, invokedMs + 5, { outcome: 'sold_out' }), memorySinceMs };
    const audit = [toppedUp.act as AuditedAct];
    const downloads = [...history().downloads, won, refused];
    const store = { ...finalStore(), terms, lastIssueNo: 3, winners: rows };
    const catalogue = { terms, unsettledChanges: 0 };
    return broken(history({ downloads, sellerCalls: [toppedUp] }, { rows, audit, store, catalogue }));
  };
  t.same(refusedAt(150), []);
  t.same(refusedAt(150, 80), [], 'read before the change');
  t.same(refusedAt(150, 120), ['I6'], 'read after it');
  t.same(refusedAt(300), [], 'a winner, asking a process without the news');
  t.same(refusedAt(300, 300), ['I8'], 'a winner, asking a process that knows of no news and reads the store');
});

t.test('what a lost store alone knew is counted and not called a violation', async (t) => {
  const final = {
    rows: [holds('a', 1, 10)],
    store: { ...finalStore(), lastIssueNo: 1, winners: [holds('a', 1, 10)] },
  };
  const verdict = checkHistory(history({ losses: [{ sinceMs: 0, atMs: 50 }] }, final));
  t.same(verdict, { violations: [], lost: 1, wonByLateCommand: 0 });
  const before = history({ losses: [{ sinceMs: 0, atMs: 20 }] }, final);
  t.same(broken(before), ['I3'], 'issued after the loss is no excuse');
  const since = history({ losses: [{ sinceMs: 40, atMs: 50 }] }, final);
  t.same(broken(since), ['I3'], 'nor is a loss of what came later');
});

t.test(
  'what a store forgot and had again from an older copy may be refused in between, and only then',
  async (t) => {
    const refusedAt = (askedMs: number, losses: History['losses']) =>
      broken(
        history({
          losses,
          downloads: [...history().downloads, call('a', askedMs, askedMs + 1, { outcome: 'sold_out' })],
        }),
      );
    const forgotten = { sinceMs: 5, atMs: 100 };
    const again = { sinceMs: 50, atMs: 3_000 };
    t.same(refusedAt(2_000, [forgotten, again]), []);
    t.same(refusedAt(2_000, [forgotten]), ['I8'], 'no revoke and no top-up brought it back');
    t.same(
      refusedAt(2_000, [forgotten, { sinceMs: 150, atMs: 3_000 }]),
      ['I8'],
      'nor did a copy of after the loss',
    );
    t.same(refusedAt(4_500, [forgotten, again]), ['I8'], 'it was back');
  },
);

t.test('terms whose change was never answered explain answers either way', async (t) => {
  const sellerCalls = [
    {
      act: { kind: 'amend' as const, change: { paused: true } },
      invokedMs: 100,
      answeredMs: undefined,
      result: 'unknown' as const,
    },
  ];
  const downloads = [
    ...history().downloads,
    call('c', 200, 210, { outcome: 'paused' }),
    call('d', 220, 230, { outcome: 'sold_out' }),
  ];
  t.same(broken(history({ sellerCalls, downloads })), []);
  t.same(broken(history({ downloads })), ['I6'], 'without such a change no member is answered paused');
});

t.test("a seller's answer is true, and stays true", async (t) => {
  const { terms } = history();
  const at = (act: SellerCall['act'], invokedMs: number, result: SellerCall['result'], code?: string) => ({
    ...{ act, invokedMs, result, answeredMs: result === 'unknown' ? undefined : invokedMs + 10 },
    ...(code === undefined ? {} : { code }),
  });
  const amend = (change: TermsChange) => ({ kind: 'amend', change }) as const;
  const topUp = (key: string) => ({ kind: 'top_up', by: 2, key }) as const;
  /** The same terms in store and database in the end. */
  const ends = (
    sellerCalls: readonly SellerCall[],
    audit: FinalState['audit'],
    some: Partial<CouponTerms> = {},
    more: Partial<FinalState> = {},
    observed: History['observed'] = [],
  ): string[] => {
    const inForce = { ...terms, ...some };
    return broken(
      history(
        { sellerCalls, observed },
        {
          catalogue: { terms: inForce, unsettledChanges: 0 },
          store: { ...finalStore(), terms: inForce },
          audit,
          ...more,
        },
      ),
    );
  };
  const four = amend({ quantity: 4 });
  const added = { kind: 'top_up', by: 2 } as const;
  t.same(ends([at(four, 100, 'done')], [four], { quantity: 4 }), []);
  t.same(ends([at(four, 100, 'done')], [four]), ['I8'], 'done, and not in force');
  t.same(ends([at(four, 100, 'unattempted')], [], { quantity: 4 }), ['I8'], 'not attempted, and in force');
  t.same(ends([at(four, 100, 'refused')], [], { quantity: 4 }), ['I8'], 'refused, and in force');
  t.same(ends([at(four, 100, 'unknown')], [four], { quantity: 4 }), [], 'unknown may be either');
  t.same(ends([at(four, 100, 'unknown')], []), []);
  t.same(ends([at(four, 100, 'done')], [], { quantity: 4 }), ['I8'], 'no entry in the audit log');
  t.same(ends([at(four, 100, 'done')], [four, four], { quantity: 4 }), ['I8'], 'two of them');
  t.same(ends([at(four, 100, 'unattempted')], [four]), ['I8'], 'an entry of what was not attempted');
  const undone = [{ fromMs: 300, toMs: 310, terms }];
  t.same(ends([at(four, 100, 'done')], [four], { quantity: 4 }, {}, undone), ['I8'], 'undone meanwhile');
  const forgotten = { catalogue: { terms, unsettledChanges: 0 } };
  t.same(ends([at(four, 100, 'done')], [four], { quantity: 4 }, forgotten), ['I8'], 'not saved');
  const unsettled = { catalogue: { terms: { ...terms, quantity: 4 }, unsettledChanges: 1 } };
  t.same(ends([at(four, 100, 'unknown')], [four], { quantity: 4 }, unsettled), ['I8'], 'never settled');

  const twice = [at(topUp('k'), 100, 'unknown'), at(topUp('k'), 200, 'done')];
  t.same(ends(twice, [added], { quantity: 4 }), [], 'one key, one addition');
  t.same(ends(twice, [added], { quantity: 6 }), ['I8'], 'added twice');
  const both = [at(topUp('k'), 100, 'done'), at(topUp('l'), 200, 'done')];
  t.same(ends(both, [added, added], { quantity: 6 }), []);
  t.same(ends(both, [added, added], { quantity: 4 }), ['I8'], 'one is lost');
  const setAfter = [at(topUp('k'), 100, 'done'), at(four, 200, 'done')];
  t.same(ends(setAfter, [added, four], { quantity: 4 }), [], 'a quantity set later counts alone');

  t.same(ends([at(four, 100, 'refused', 'closed')], []), ['I8'], 'closed, and it never was');
  t.same(ends([at(four, 6_000, 'unknown')], []), ['I8'], 'unknown with no fault left');
  const revoked = { revoked: new Map([[3, 'c' as MemberId]]), store: { ...finalStore(), lastIssueNo: 3 } };
  const revoke = { kind: 'revoke', issueNo: 3 } as const;
  t.same(ends([at(revoke, 100, 'done'), at(revoke, 200, 'done')], [revoke], {}, revoked), []);
  t.same(ends([at(revoke, 100, 'unattempted')], [], {}, revoked), ['I8'], 'revoked all the same');
});
