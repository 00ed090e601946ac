/** Tests how batches become rows, and what is dead-lettered. */
import type { Test } from 'tap';
import type { CouponId, Issuance, MemberId } from '../../domain/coupon.js';
import { holder, freshCouponId, member } from './ids.js';
import { MEMBER_ID_LENGTH_MAX } from '../../domain/member-id.js';
import type { CouponCatalogue } from '../../ports/coupon-catalogue.js';
import {
  type LedgerUnderTest,
  AT_MS,
  issuance,
  line,
  result,
  numbers,
  registeredCoupon,
} from './ledger-batches.js';

export function aboutRecording(t: Test, { ledger }: LedgerUnderTest): void {
  t.test('a recorded batch is one row an issuance, in the order of the line', async (t) => {
    const couponId = freshCouponId();
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 1_000).reverse() }),
      result({ inserted: 1_000 }),
    );
    const rows = await ledger.rows(couponId, 0, 2_000);
    t.same(
      rows,
      line(1, 1_000).map((row) => ({ ...row, couponId, usedAtMs: undefined })),
    );
    t.match(await ledger.counts([couponId]), [{ recorded: 1_000, deadLettered: 0 }]);
  });

  t.test('an empty batch is nothing', async (t) => {
    t.same(await ledger.record({ couponId: freshCouponId(), epoch: 1, issuances: [] }), result({}));
  });

  t.test('the largest batch is recorded in one call', async (t) => {
    const couponId = freshCouponId();
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 3_000) }),
      result({ inserted: 3_000 }),
    );
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 3_000) }),
      result({ replayed: 3_000 }),
    );
  });

  t.test('recording again, whole or in part, changes nothing and says so', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 10) });
    t.same(await ledger.record({ couponId, epoch: 1, issuances: line(1, 10) }), result({ replayed: 10 }));
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(6, 15) }),
      result({ inserted: 5, replayed: 5 }),
    );
    t.same(
      await numbers(ledger, couponId),
      line(1, 15).map((row) => row.issueNo),
    );
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: [issuance(16), issuance(16)] }),
      result({ inserted: 1, replayed: 1 }),
    );
  });

  t.test('a row that was used stays used when it is recorded again', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 2) });
    await ledger.use(couponId, member('m1'), AT_MS + 99);
    t.same(await ledger.record({ couponId, epoch: 1, issuances: line(1, 2) }), result({ replayed: 2 }));
    t.equal((await ledger.rowAt(couponId, 1))?.usedAtMs, AT_MS + 99);
  });

  t.test('members whose ids differ in capitals or resemble numbers are different members', async (t) => {
    const couponId = freshCouponId();
    const names = [
      'a',
      'A',
      '1',
      '01',
      '1.0',
      '1e0',
      '__proto__',
      'null',
      'x'.repeat(64),
      'X'.repeat(64),
      '-._',
      'auth0%7C1',
      'Auth0%7C1',
      'x'.repeat(MEMBER_ID_LENGTH_MAX),
      'X'.repeat(MEMBER_ID_LENGTH_MAX),
    ];
    const batch = names.map((name, index) => issuance(index + 1, name));
    t.same(await ledger.record({ couponId, epoch: 1, issuances: batch }), result({ inserted: names.length }));
    for (const { holder, issueNo } of batch) {
      t.equal((await ledger.rowOf(couponId, holder))?.issueNo, issueNo, holder);
    }
  });
}

export function aboutCompany(t: Test, { ledger, catalogue }: LedgerUnderTest): void {
  t.test('units of a member are rows of their own, beside members with one', async (t) => {
    const couponId = freshCouponId();
    const batch = [issuance(1, 'm'), issuance(2, 'm~2'), issuance(3, 'other'), issuance(4, 'm~100')];
    t.same(await ledger.record({ couponId, epoch: 1, issuances: batch }), result({ inserted: 4 }));
    for (const one of batch) {
      const row = { ...one, couponId, usedAtMs: undefined };
      t.same(await ledger.rowOf(couponId, one.holder), row);
      t.same(await ledger.rowAt(couponId, one.issueNo), row);
    }
    t.equal(await ledger.rowOf(couponId, holder('m~3')), undefined);
    t.same(await ledger.record({ couponId, epoch: 1, issuances: batch }), result({ replayed: 4 }));
  });

  t.test('of one unit a second number is dead-lettered, and so is a number of another unit', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: [issuance(1, 'm'), issuance(2, 'm~2')] });
    const wrong = [issuance(3, 'm~2'), issuance(1, 'm~3'), issuance(4, 'm~3')];
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: wrong }),
      result({ inserted: 1, deadLettered: 2 }),
    );
    t.same(await numbers(ledger, couponId), [1, 2, 4]);
  });

  t.test('a unit is revoked and used alone', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: [issuance(1, 'm'), issuance(2, 'm~2')] });
    t.match(await ledger.use(couponId, holder('m~2'), AT_MS), { issueNo: 2, usedAtMs: AT_MS });
    t.equal(await ledger.revoke(couponId, 1, 2, holder('m~2'), AT_MS), 'used');
    t.equal(await ledger.revoke(couponId, 1, 1, holder('m'), AT_MS), 'revoked');
    await t.rejects(ledger.revoke(couponId, 1, 2, holder('m'), AT_MS), 'the number is of another unit');
    t.equal(await ledger.revokedHolder(couponId, 1), 'm');
    t.same(await numbers(ledger, couponId), [2]);
    await ledger.record({ couponId, epoch: 1, issuances: [issuance(3, 'm~3')] });
    t.equal(await ledger.revoke(couponId, 1, 3, holder('m~3'), AT_MS), 'revoked');
    t.equal(await ledger.revokedHolder(couponId, 3), 'm~3');
    t.equal(await ledger.rowOf(couponId, holder('m~3')), undefined);
  });

  t.test('batches of several coupons are recorded together', async (t) => {
    const [one, other] = [freshCouponId(), freshCouponId()];
    const batches = [
      { couponId: one, epoch: 1, issuances: line(1, 3) },
      { couponId: other, epoch: 1, issuances: line(1, 2) },
    ];
    t.equal(await ledger.recordTogether(batches), 'recorded');
    t.same(
      [await numbers(ledger, one), await numbers(ledger, other)],
      [
        [1, 2, 3],
        [1, 2],
      ],
    );
    t.same(
      await ledger.recordTogether(batches),
      ['contested', 'contested'],
      'a second time they are replays',
    );
  });

  const conflicts: readonly {
    readonly what: string;
    readonly arrange: (couponId: CouponId) => Promise<unknown>;
    readonly issuances?: readonly Issuance[];
    readonly conflict?: 'stale';
  }[] = [
    {
      what: 'a replay',
      arrange: (couponId) => ledger.record({ couponId, epoch: 1, issuances: line(2, 2) }),
    },
    {
      what: 'a number of another member',
      arrange: (couponId) => ledger.record({ couponId, epoch: 1, issuances: [issuance(2, 'other')] }),
    },
    {
      what: 'a member who holds another number',
      arrange: (couponId) => ledger.record({ couponId, epoch: 1, issuances: [issuance(9, 'm2')] }),
    },
    {
      what: 'a revoked number',
      arrange: (couponId) => ledger.revoke(couponId, 1, 2, member('m2'), AT_MS),
    },
    {
      what: 'a rebuilt coupon',
      arrange: (couponId) => raised(catalogue, couponId),
      conflict: 'stale',
    },
    {
      what: 'a rebuilt coupon with a number of another member',
      async arrange(couponId) {
        await ledger.record({ couponId, epoch: 1, issuances: [issuance(2, 'other')] });
        await raised(catalogue, couponId);
      },
      conflict: 'stale',
    },
    {
      what: 'a number that is none',
      arrange: () => Promise.resolve(),
      issuances: [issuance(1), { ...issuance(2), issueNo: NaN }],
    },
  ];
  for (const { what, arrange, issuances = line(1, 2), conflict } of conflicts) {
    t.test(`${what} keeps the whole company from being recorded, and each is recorded alone`, async (t) => {
      const contested = await registeredCoupon(catalogue, 100);
      const free = freshCouponId();
      await arrange(contested);
      const before = await numbers(ledger, contested);
      const batches = [
        { couponId: free, epoch: 1, issuances: line(1, 2) },
        { couponId: contested, epoch: 1, issuances },
      ];
      t.same(await ledger.recordTogether(batches), ['contested', conflict ?? 'contested']);
      t.same([await numbers(ledger, free), await numbers(ledger, contested)], [[], before]);
      for (const batch of batches) await ledger.record(batch);
      t.same(await numbers(ledger, free), [1, 2]);
    });
  }
}

/** Raises the epoch above those under which batches of these tests are claimed. */
async function raised(catalogue: CouponCatalogue, couponId: CouponId): Promise<void> {
  for (let epoch = 0; epoch < 2;) epoch = await catalogue.nextEpoch(couponId);
}

export function aboutDeadLetters(t: Test, { ledger }: LedgerUnderTest): void {
  t.test(
    'a number that belongs to another member is dead-lettered, the row stays, the rest proceeds',
    async (t) => {
      const couponId = freshCouponId();
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) });
      const batch = [issuance(3, 'outsider'), issuance(4), issuance(5)];
      t.same(
        await ledger.record({ couponId, epoch: 1, issuances: batch }),
        result({ inserted: 2, deadLettered: 1 }),
      );
      t.equal((await ledger.rowAt(couponId, 3))?.holder, 'm3');
      t.equal(await ledger.rowOf(couponId, member('outsider')), undefined);
      t.match(await ledger.counts([couponId]), [{ recorded: 5, deadLettered: 1 }]);
    },
  );

  t.test('a second number of one member is dead-lettered, the first stays', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) });
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: [issuance(9, 'm2')] }),
      result({ deadLettered: 1 }),
    );
    t.equal((await ledger.rowOf(couponId, member('m2')))?.issueNo, 2);
    t.equal(await ledger.rowAt(couponId, 9), undefined);
    t.same(await ledger.highestIssueNos([couponId]), [9], 'its number is not given again');
  });

  t.test('of two that exclude each other within one batch the first is recorded', async (t) => {
    const couponId = freshCouponId();
    const batch = [issuance(1, 'a'), issuance(1, 'b'), issuance(2, 'a'), issuance(3, 'c')];
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: batch }),
      result({ inserted: 2, deadLettered: 2 }),
    );
    t.same(await numbers(ledger, couponId), [1, 3]);
  });

  t.test('dead-lettering again adds nothing', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) });
    const batch = [issuance(3, 'outsider'), issuance(4)];
    await ledger.record({ couponId, epoch: 1, issuances: batch });
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: batch }),
      result({ replayed: 1, deadLettered: 1 }),
    );
    t.match(await ledger.counts([couponId]), [{ recorded: 4, deadLettered: 1 }]);
  });

  t.test('a value the schema refuses is found among a thousand, and the others proceed', async (t) => {
    const couponId = freshCouponId();
    // Such a value cannot arrive by a request; it represents anything a damaged store may return.
    const tooLong = { ...issuance(500), holder: 'x'.repeat(MEMBER_ID_LENGTH_MAX + 1) as MemberId };
    const batch = line(1, 1_000).map((row) => (row.issueNo === 500 ? tooLong : row));
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: batch }),
      result({ inserted: 999, deadLettered: 1 }),
    );
    t.equal(await ledger.rowAt(couponId, 500), undefined);
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: batch }),
      result({ replayed: 999, deadLettered: 1 }),
    );
    t.match(await ledger.counts([couponId]), [{ recorded: 999, deadLettered: 1 }]);
  });

  t.test('numbers that are none are dead-lettered too', async (t) => {
    const couponId = freshCouponId();
    const broken = [
      { ...issuance(1), issueNo: NaN },
      { ...issuance(2), issueNo: 0 },
      { ...issuance(3), issueNo: -1 },
      { ...issuance(4), issuedAtMs: Infinity },
      { ...issuance(5), holder: '' as MemberId },
    ];
    const reply = await ledger.record({
      couponId,
      epoch: 1,
      issuances: [issuance(6), ...broken, issuance(7)],
    });
    t.same(reply, result({ inserted: 2, deadLettered: broken.length }));
    t.same(await numbers(ledger, couponId), [6, 7]);
  });
}
