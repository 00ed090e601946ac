import t from 'tap';
import type { AdmitDecisions } from '../ports/admission.js';
import { SOLD_OUT } from './outcomes.js';
import { settleDecided } from './settle-decided.js';
import { couponNumber, memberNamed, StagedDownload } from '../testing/simulation/staged-world.js';

const decisions = (some: Partial<AdmitDecisions>): AdmitDecisions => ({
  status: 'decided',
  storeNowMs: 1_000,
  version: 1,
  firstIssueNo: 1,
  issuedCount: 0,
  already: [],
  refusal: undefined,
  ...some,
});
const requests = (count: number): StagedDownload[] =>
  Array.from({ length: count }, (_, index) => new StagedDownload(couponNumber(1), memberNamed(`m${index}`)));

t.test('numbers go to the new members in order, around those who held one', async (t) => {
  const downloads = requests(5);
  const already = [
    { index: 0, issueNo: 3, issuedAtMs: 1 },
    { index: 2, issueNo: 10, issuedAtMs: 1_000 },
  ];
  settleDecided(
    downloads,
    decisions({ firstIssueNo: 10, issuedCount: 2, already, refusal: 'sold_out' }),
    SOLD_OUT,
  );
  t.same(
    downloads.map((download) => download.answer),
    ['already_issued 3', 'issued 10', 'already_issued 10', 'issued 11', 'sold_out'],
  );
  t.match(downloads[1]?.outcomes, [{ issuedAtMs: 1_000 }], 'issued at the instant of the decision');
  t.match(downloads[0]?.outcomes, [{ issuedAtMs: 1 }], 'already issued at the instant of the first time');
});

t.test('a member who only asks gets what it holds or its own refusal, and counts for no unit', async (t) => {
  const refusedAs = { outcome: 'limit_reached' } as const;
  const asking = (name: string): StagedDownload =>
    new StagedDownload(couponNumber(1), memberNamed(name), refusedAs);
  const downloads = [...requests(2), asking('x'), asking('y')];
  const already = [{ index: 3, issueNo: 7, issuedAtMs: 1 }];
  settleDecided(downloads, decisions({ firstIssueNo: 8, issuedCount: 2, already }), undefined);
  t.same(
    downloads.map((download) => download.answer),
    ['issued 8', 'issued 9', 'limit_reached', 'already_issued 7'],
  );
  for (const some of [{ issuedCount: 3 }, { issuedCount: 4 }, { issuedCount: 1 }]) {
    const batch = [...requests(2), asking('x'), asking('y')];
    t.throws(() => settleDecided(batch, decisions(some), undefined), { code: 'store_corrupt' });
    t.ok(batch.every((download) => download.answer === 'waiting'));
  }
});

t.test('a reply that does not fit the batch is a contradiction, and no download is settled', async (t) => {
  const held = (index: number) => ({ index, issueNo: 1, issuedAtMs: 1 });
  const misfits: [string, Partial<AdmitDecisions>][] = [
    ['a member is left without an answer', { issuedCount: 1 }],
    ['more are issued than asked', { issuedCount: 4 }],
    ['a member outside the batch held one', { issuedCount: 2, already: [held(3)] }],
    ['the order is not that of the batch', { issuedCount: 1, already: [held(1), held(0)] }],
    ['a member is named twice', { issuedCount: 1, already: [held(1), held(1)] }],
  ];
  for (const [why, some] of misfits) {
    const downloads = requests(3);
    t.throws(() => settleDecided(downloads, decisions(some), undefined), { code: 'store_corrupt' }, why);
    t.ok(
      downloads.every((download) => download.answer === 'waiting'),
      why,
    );
  }
});
