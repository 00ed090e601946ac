/** The checker is checked: each history below breaks one promise, and must be caught at it. */
import t from 'tap';
import { check } from './check.js';
import type { Evidence, EvidenceRow } from './evidence.js';
import type { Press } from './press.js';

const issued = (memberId: string, issueNo: number, invokedMs: number, answeredMs: number): Press => ({
  ...{ memberId, issueNo, invokedMs, answeredMs },
  outcome: 'issued',
});
const refused = (memberId: string, invokedMs: number, outcome = 'sold_out'): Press => ({
  ...{ memberId, invokedMs, answeredMs: invokedMs + 1, outcome },
  issueNo: undefined,
});
const row = (issueNo: number, memberId: string): EvidenceRow => ({ issueNo, memberId, issuedAtMs: 1 });

/** As if `rows` had been issued and recorded in good order. */
function evidenceOf(rows: readonly EvidenceRow[], changes: Partial<Evidence> = {}): Evidence {
  const winners = new Map(rows.map(({ memberId, issueNo }) => [memberId, issueNo]));
  return { rows, winners, deadLetters: [], revokedNumbers: [], queued: 0, claimed: 0, ...changes };
}

const good = [issued('a', 1, 0, 10), issued('b', 2, 5, 12), refused('c', 20)];
const goodRows = [row(1, 'a'), row(2, 'b')];

t.test('a good history has no violation and no loss', async (t) => {
  t.same(check(good, evidenceOf(goodRows), { quantity: 2 }), { violations: [], lost: [] });
});

t.test('an answer that was lost may have won', async (t) => {
  const lost: Press = {
    memberId: 'a',
    issueNo: undefined,
    invokedMs: 0,
    answeredMs: undefined,
    outcome: 'lost',
  };
  const later: Press = { ...issued('a', 1, 30, 31), outcome: 'already_issued' };
  const presses = [lost, issued('b', 2, 5, 12), later];
  t.same(check(presses, evidenceOf(goodRows), { quantity: 2 }).violations, []);
});

const broken: readonly (readonly [string, RegExp, readonly Press[], Evidence, number])[] = [
  ['more rows than the quantity', /^I1 2 rows/, good, evidenceOf(goodRows), 1],
  ['a number without a row', /^I1 numbers without/, [], evidenceOf([row(2, 'b')]), 5],
  [
    'one number told to two',
    /^I1 1 was told/,
    [issued('a', 1, 0, 1), issued('b', 1, 0, 1)],
    evidenceOf([row(1, 'a')]),
    1,
  ],
  ['two rows of a member', /^I2 a member/, [], evidenceOf([row(1, 'a'), row(2, 'a')]), 2],
  ['a row whose member may win again', /^I2 row 1/, [], evidenceOf([row(1, 'a')], { winners: new Map() }), 2],
  ['told and not recorded', /^I3 b was told 2/, good, evidenceOf([row(1, 'a')]), 2],
  [
    'a later member with a smaller number',
    /^I4 2 was answered before 1/,
    [issued('b', 2, 0, 5), issued('a', 1, 6, 9)],
    evidenceOf(goodRows),
    2,
  ],
  [
    'a unit that is nowhere',
    /^I5/,
    [],
    evidenceOf(goodRows, {
      winners: new Map([
        ['a', 1],
        ['b', 2],
        ['x', 3],
      ]),
    }),
    3,
  ],
  ['sold out with stock left', /^I6 "sold out" with 2 of 3/, good, evidenceOf(goodRows), 3],
  [
    'sold out before the last was issued',
    /^I6 1 times/,
    [refused('c', 0), issued('a', 1, 0, 1), issued('b', 2, 5, 6)],
    evidenceOf(goodRows),
    2,
  ],
  [
    'two answers to one member',
    /^I8 a was told/,
    [issued('a', 1, 0, 1), issued('a', 2, 2, 3)],
    evidenceOf(goodRows),
    2,
  ],
  ['an answer that is no outcome', /^I8 an answer/, [refused('c', 0, 'internal_error')], evidenceOf([]), 2],
];

for (const [what, line, presses, evidence, quantity] of broken) {
  t.test(`caught: ${what}`, async (t) => {
    const { violations } = check(presses, evidence, { quantity });
    t.ok(
      violations.some((violation) => line.test(violation)),
      violations.join('; ') || 'nothing was found',
    );
  });
}
