/** Tests what every back end of {@link IssuanceSearch} promises, one subtest per sentence of the port. */
import type { Test } from 'tap';
import type { CouponId, MemberId } from '../../domain/coupon.js';
import type { CouponCatalogue } from '../../ports/coupon-catalogue.js';
import type { IssuanceLedger } from '../../ports/issuance-ledger.js';
import type { IssuanceQuery, IssuanceSearch } from '../../ports/issuance-search.js';
import { newCoupon } from './new-coupon.js';

export interface IssuanceSearchUnderTest {
  readonly catalogue: CouponCatalogue;
  readonly ledger: IssuanceLedger;
  readonly issuanceSearch: IssuanceSearch;
  close(): Promise<void>;
}

/** Two runs of numbers, further apart than what one page searches. */
const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 90_001, 90_002, 90_003];
const USED = new Set([2, 5, 90_002]);
const ALL: IssuanceQuery = {
  descending: false,
  issuedFromMs: undefined,
  issuedBeforeMs: undefined,
  used: undefined,
};

export function issuanceSearchContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<IssuanceSearchUnderTest>,
): void {
  t.test(`${name}: issuance search contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    const couponId = await recordedCoupon(under);
    const read = async (query: Partial<IssuanceQuery>, limit: number): Promise<number[]> => {
      const numbers: number[] = [];
      for (let after = 0; ;) {
        const { rows, next } = await under.issuanceSearch.search(
          couponId,
          { ...ALL, ...query },
          after,
          limit,
        );
        t.ok(rows.length <= limit);
        numbers.push(...rows.map(({ issueNo }) => issueNo));
        if (next === undefined) return numbers;
        t.not(next, after, 'every page leads on');
        after = next;
      }
    };

    const cases: [string, Partial<IssuanceQuery>, (issueNo: number) => boolean][] = [
      ['all', {}, () => true],
      ['used', { used: true }, (issueNo) => USED.has(issueNo)],
      ['unused', { used: false }, (issueNo) => !USED.has(issueNo)],
      ['from an instant', { issuedFromMs: 1_005 }, (issueNo) => issueNo >= 5],
      ['before an instant', { issuedBeforeMs: 1_005 }, (issueNo) => issueNo < 5],
      ['in an empty range', { issuedFromMs: 1_005, issuedBeforeMs: 1_005 }, () => false],
      [
        'used in a range',
        { used: true, issuedFromMs: 1_003 },
        (issueNo) => USED.has(issueNo) && issueNo >= 3,
      ],
    ];
    t.test('pages in both directions hold each row that is sought once, whatever their size', async (t) => {
      for (const [what, query, isSought] of cases) {
        const expected = NUMBERS.filter(isSought);
        for (const limit of [1, 2, 3, 100]) {
          t.same(await read(query, limit), expected, `${what} by ${limit}`);
          const newest = await read({ ...query, descending: true }, limit);
          t.same(newest, [...expected].reverse(), `${what} by ${limit}, the latest first`);
        }
      }
    });

    t.test('a coupon without rows has one empty page', async (t) => {
      const empty = await emptyCoupon(under.catalogue);
      for (const descending of [false, true]) {
        const page = await under.issuanceSearch.search(empty, { ...ALL, descending }, 0, 10);
        t.same(page, { rows: [], next: undefined });
      }
    });
  });
}

async function emptyCoupon(catalogue: CouponCatalogue): Promise<CouponId> {
  const { couponId } = await catalogue.insert(newCoupon({ quantity: 100_000 }));
  return couponId;
}

async function recordedCoupon({ catalogue, ledger }: IssuanceSearchUnderTest): Promise<CouponId> {
  const couponId = await emptyCoupon(catalogue);
  const epoch = await catalogue.nextEpoch(couponId);
  const memberOf = (issueNo: number): MemberId => `m-${issueNo}` as MemberId;
  const issuances = NUMBERS.map((issueNo) => ({
    issueNo,
    holder: memberOf(issueNo),
    issuedAtMs: 1_000 + issueNo,
  }));
  await ledger.record({ couponId, epoch, issuances });
  for (const issueNo of USED) await ledger.use(couponId, memberOf(issueNo), 5_000);
  return couponId;
}
