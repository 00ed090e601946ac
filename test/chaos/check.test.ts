/**
 * Tests the checker: each history breaks one promise and must be reported for it.
 *
 * The rules themselves have tests of their own (`src/engine/testing/checker/history-checker.test.ts`) and planted bugs
 * in the simulator.
 */
import t from 'tap';
import type { CrowdRequest } from '../../src/demo/crowd.js';
import type { Issuance } from '../../src/engine/domain/coupon.js';
import { check, type CheckOptions } from './check.js';
import { type Evidence, issuanceOf } from './evidence.js';

/** Seconds on the clients' axis; far enough apart that the two clocks do not matter. */
const SECOND_MS = 1_000;
const clocksApartMs = Date.now() - performance.now();
const storeMs = (atSecond: number): number => Math.floor(clocksApartMs + atSecond * SECOND_MS);

function request(
  memberId: string,
  fromSecond: number,
  toSecond: number,
  outcome: string,
  issueNo?: number,
): CrowdRequest {
  return {
    memberId,
    invokedMs: fromSecond * SECOND_MS,
    answeredMs: outcome === 'lost' ? undefined : toSecond * SECOND_MS,
    status: undefined,
    outcome,
    issueNo,
    storeMs: issueNo === undefined ? undefined : storeMs((fromSecond + toSecond) / 2),
  };
}

const holds = (issueNo: number, memberId: string, atSecond: number): Issuance =>
  issuanceOf({ issue_no: issueNo, member_id: memberId, issued_at: storeMs(atSecond) });

const termsOf = (quantity: number) => ({
  ...{ quantity, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false },
});

/** As if `rows` had been issued and recorded in good order. */
function evidenceOf(
  rows: readonly Issuance[],
  changes: Partial<NonNullable<Evidence['store']>> = {},
): Evidence {
  const lastIssueNo = Math.max(0, ...rows.map((row) => row.issueNo));
  const store = { terms: termsOf(9), lastIssueNo, winners: rows, queued: [], claimed: [], ...changes };
  const catalogue = { terms: store.terms, unsettledChanges: 0 };
  return {
    rows,
    revoked: new Map(),
    deadLetters: [],
    catalogue,
    audit: [],
    store,
    ...{ confirmed: new Map(), ended: [], used: new Set<number>(), recalledByAudit: 0 },
  };
}

/** The terms in the end are those that the coupon was registered with. */
function judge(calls: readonly CrowdRequest[], evidence: Evidence, options: CheckOptions) {
  const { terms } = options;
  const catalogue = { ...evidence.catalogue, terms };
  const store = evidence.store && { ...evidence.store, terms };
  return check(calls, { ...evidence, catalogue, store }, options);
}

/** `a` wins 1 and `b` wins 2, then `c` is too late. */
const requests = [
  request('a', 0, 10, 'issued', 1),
  request('b', 4, 16, 'issued', 2),
  request('c', 20, 21, 'sold_out'),
];
const rows = [holds(1, 'a', 5), holds(2, 'b', 10)];
const of = (quantity: number, more: Partial<CheckOptions> = {}): CheckOptions => ({
  terms: termsOf(quantity),
  ...more,
});

t.test('a good history has no violation and no loss', async (t) => {
  t.match(judge(requests, evidenceOf(rows), of(2)), { violations: [], lost: 0 });
});

t.test('an answer that was lost may have won', async (t) => {
  const later = { ...request('a', 30, 31, 'already_issued', 1), storeMs: storeMs(5) };
  const calls = [request('a', 0, 10, 'lost'), request('b', 4, 16, 'issued', 2), later];
  t.same(judge(calls, evidenceOf(rows), of(2)).violations, []);
});

t.test('issuances lost with the store are counted only for a store that lost them', async (t) => {
  const kept = evidenceOf(rows.slice(0, 1));
  t.match(judge(requests, kept, of(2, { lossesMs: [17 * SECOND_MS] })), { violations: [], lost: 1 });
  t.match(judge(requests, kept, of(2, { lossesMs: [2 * SECOND_MS] })).violations, [/^I3 b was answered 2/]);
});

t.test('a seller who topped up and took back explains the answers of members', async (t) => {
  const asked = { invokedMs: 22 * SECOND_MS, answeredMs: 23 * SECOND_MS, result: 'done' } as const;
  const revoke = { ...asked, act: { kind: 'revoke', issueNo: 1 } } as const;
  const calls = [...requests, request('c', 25, 26, 'issued', 3)];
  const left = evidenceOf([holds(2, 'b', 10), holds(3, 'c', 25.5)]);
  const evidence = { ...left, revoked: new Map([[1, holds(1, 'a', 5).holder]]), audit: [revoke.act] };
  t.same(judge(calls, evidence, of(2, { sellerCalls: [revoke] })).violations, []);
});

t.test('an issuance that the test planted takes a unit from its instant on', async (t) => {
  const planted = (atSecond: number) =>
    judge(
      requests,
      { ...evidenceOf(rows), deadLetters: [{ ...holds(2 ** 33, 'poison', atSecond), reason: 'planted' }] },
      of(3, { planted: ['poison'] }),
    ).violations;
  t.same(planted(12), []);
  t.match(planted(30), [/^I6 c, asking/], 'not before it was planted');
});

const broken: readonly (readonly [string, RegExp, readonly CrowdRequest[], Evidence, CheckOptions])[] = [
  ['more rows than the quantity', /^I1 2 rows/, requests, evidenceOf(rows), of(1)],
  [
    'a number that is missing everywhere',
    /^I3 number 1 was issued/,
    [],
    evidenceOf([holds(2, 'b', 10)]),
    of(5),
  ],
  ['a number that was never given', /^I1 number 2/, requests, evidenceOf(rows, { lastIssueNo: 1 }), of(2)],
  [
    'one number answered to two',
    /^I1 number 1 belongs to/,
    [request('a', 0, 1, 'issued', 1), request('b', 0, 1, 'issued', 1)],
    evidenceOf([holds(1, 'a', 0.5)]),
    of(1),
  ],
  [
    'two rows of a member',
    /^I2 a member/,
    requests,
    evidenceOf([holds(1, 'a', 5), holds(2, 'a', 10)]),
    of(2),
  ],
  [
    'a row whose member may win again',
    /^I5 b has row 2/,
    requests,
    evidenceOf(rows, { winners: rows.slice(0, 1) }),
    of(2),
  ],
  ['acknowledged and not recorded', /^I3 b was answered 2/, requests, evidenceOf(rows.slice(0, 1)), of(2)],
  [
    'waiting for ever',
    /^I3 1 issuances are still/,
    requests,
    evidenceOf(rows, { queued: rows.slice(1) }),
    of(2),
  ],
  [
    'a later member with a smaller number',
    /^I4 b was answered 2 before a/,
    [request('b', 0, 5, 'issued', 2), request('a', 6, 9, 'issued', 1)],
    evidenceOf([holds(1, 'a', 7.5), holds(2, 'b', 2.5)]),
    of(2),
  ],
  [
    'a unit that is missing everywhere',
    /^I5 x holds 3/,
    requests,
    evidenceOf(rows, { winners: [...rows, holds(3, 'x', 11)] }),
    of(3),
  ],
  ['sold out with stock left', /^I6 c, asking/, requests, evidenceOf(rows), of(3)],
  [
    'sold out before the last was issued',
    /^I6 d, asking/,
    [request('d', 1, 2, 'sold_out'), ...requests],
    evidenceOf(rows),
    of(2),
  ],
  [
    'two numbers for one member',
    /^I2 a was answered/,
    [...requests, request('a', 17, 18, 'issued', 3)],
    evidenceOf(rows),
    of(3),
  ],
  [
    'a winner who is refused later',
    /^I8 a holds 1/,
    [...requests, request('a', 30, 31, 'sold_out')],
    evidenceOf(rows),
    of(2),
  ],
  [
    'issued while paused',
    /^I7 number 2/,
    requests,
    evidenceOf(rows),
    of(2, {
      sellerCalls: [
        {
          act: { kind: 'amend', change: { paused: true } },
          invokedMs: 6_000,
          answeredMs: 7_000,
          result: 'done',
        },
      ],
    }),
  ],
  [
    'a change that was done and is not in force',
    /^I8 paused is false in the store/,
    requests,
    evidenceOf(rows),
    {
      terms: termsOf(2),
      sellerCalls: [
        {
          act: { kind: 'amend', change: { paused: true } },
          ...{ invokedMs: -2_000, answeredMs: -1_000, result: 'done' },
        },
      ],
    },
  ],
  [
    'an answer that is no outcome',
    /^I8 an answer/,
    [request('c', 0, 1, 'internal_error')],
    evidenceOf([]),
    of(2),
  ],
  [
    'no definite answer after all faults',
    /^I8 d was answered busy/,
    [request('d', 30, 31, 'busy')],
    evidenceOf([]),
    of(2, { healedMs: 25_000 }),
  ],
];

for (const [what, line, calls, evidence, options] of broken) {
  t.test(`caught: ${what}`, async (t) => {
    const { violations } = judge(calls, evidence, options);
    t.ok(
      violations.some((violation) => line.test(violation)),
      violations.join('; ') || 'nothing was found',
    );
  });
}
