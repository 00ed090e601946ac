/** Tests what every back end of {@link IssuanceLedger} promises, one subtest per sentence of the port. */
import { randomInt } from 'node:crypto';
import type { Test } from 'tap';
import {
  type CouponId,
  type Issuance,
  type MemberId,
  parseCouponId,
  parseMemberId,
} from '../../domain/coupon.js';
import { holder } from './admission-contract.js';
import { MEMBER_ID_LENGTH_MAX } from '../../domain/member-id.js';
import type { CouponCatalogue } from '../../ports/coupon-catalogue.js';
import type { IssuanceLedger, RecordResult } from '../../ports/issuance-ledger.js';

export interface LedgerUnderTest {
  readonly ledger: IssuanceLedger;
  /** The same database through a connection of its own, for meetings; the same object where there is only one. */
  readonly other: IssuanceLedger;
  /** Of the same database: it says which epoch a coupon has. */
  readonly catalogue: CouponCatalogue;
  close(): Promise<void>;
}

const MEETINGS = 100;
const AT_MS = Date.UTC(2026, 10, 22, 12);

export function issuanceLedgerContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<LedgerUnderTest>,
): void {
  t.test(`${name}: issuance ledger contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    aboutRecording(t, under);
    aboutCompany(t, under);
    aboutQuarantine(t, under);
    aboutRevoking(t, under);
    aboutMeetings(t, under);
    aboutEpochs(t, under);
    aboutQuantity(t, under);
    aboutReading(t, under);
  });
}

function freshCoupon(): CouponId {
  const couponId = parseCouponId(String(randomInt(1, 2 ** 47)));
  if (couponId === undefined) throw new Error('randomInt gave no id');
  return couponId;
}

function member(text: string): MemberId {
  const memberId = parseMemberId(text);
  if (memberId === undefined) throw new Error(`${JSON.stringify(text)} is not a member id`);
  return memberId;
}

function issuance(issueNo: number, name = `m${issueNo}`): Issuance {
  return { issueNo, holder: holder(name), issuedAtMs: AT_MS + issueNo };
}

function line(from: number, to: number, prefix = 'm'): Issuance[] {
  return Array.from({ length: to - from + 1 }, (_, index) =>
    issuance(from + index, `${prefix}${from + index}`),
  );
}

function result(counts: Partial<RecordResult>): RecordResult {
  return { inserted: 0, replayed: 0, revoked: 0, deadLettered: 0, stale: 0, ...counts };
}

async function numbers(ledger: IssuanceLedger, couponId: CouponId): Promise<number[]> {
  return (await ledger.rows(couponId, 0, 10_000)).map((row) => row.issueNo);
}

function aboutRecording(t: Test, { ledger }: LedgerUnderTest): void {
  t.test('a recorded batch is one row an issuance, in the order of the line', async (t) => {
    const couponId = freshCoupon();
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 1_000).reverse() }),
      result({ inserted: 1_000 }),
    );
    const rows = await ledger.rows(couponId, 0, 2_000);
    t.same(
      rows,
      line(1, 1_000).map((row) => ({ ...row, couponId, usedAtMs: undefined })),
    );
    t.same(await ledger.counts([couponId]), [{ recorded: 1_000, deadLettered: 0 }]);
  });

  t.test('an empty batch is nothing', async (t) => {
    t.same(await ledger.record({ couponId: freshCoupon(), epoch: 1, issuances: [] }), result({}));
  });

  t.test('the largest batch is recorded in one call', async (t) => {
    const couponId = freshCoupon();
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
    const couponId = freshCoupon();
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
    const couponId = freshCoupon();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 2) });
    await ledger.use(couponId, member('m1'), AT_MS + 99);
    t.same(await ledger.record({ couponId, epoch: 1, issuances: line(1, 2) }), result({ replayed: 2 }));
    t.equal((await ledger.rowAt(couponId, 1))?.usedAtMs, AT_MS + 99);
  });

  t.test('members whose ids differ in capitals or resemble numbers are different members', async (t) => {
    const couponId = freshCoupon();
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

function aboutCompany(t: Test, { ledger, catalogue }: LedgerUnderTest): void {
  t.test('units of a member are rows of their own, beside members with one', async (t) => {
    const couponId = freshCoupon();
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

  t.test('of one unit a second number is quarantined, and so is a number of another unit', async (t) => {
    const couponId = freshCoupon();
    await ledger.record({ couponId, epoch: 1, issuances: [issuance(1, 'm'), issuance(2, 'm~2')] });
    const wrong = [issuance(3, 'm~2'), issuance(1, 'm~3'), issuance(4, 'm~3')];
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: wrong }),
      result({ inserted: 1, deadLettered: 2 }),
    );
    t.same(await numbers(ledger, couponId), [1, 2, 4]);
  });

  t.test('a unit is revoked and used alone', async (t) => {
    const couponId = freshCoupon();
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
    const [one, other] = [freshCoupon(), freshCoupon()];
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
      const free = freshCoupon();
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

/** Of an epoch above those under which batches of these tests are claimed. */
async function raised(catalogue: CouponCatalogue, couponId: CouponId): Promise<void> {
  for (let epoch = 0; epoch < 2;) epoch = await catalogue.nextEpoch(couponId);
}

function aboutQuarantine(t: Test, { ledger }: LedgerUnderTest): void {
  t.test(
    'a number that belongs to another member is quarantined, the row stays, the rest proceeds',
    async (t) => {
      const couponId = freshCoupon();
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) });
      const batch = [issuance(3, 'stranger'), issuance(4), issuance(5)];
      t.same(
        await ledger.record({ couponId, epoch: 1, issuances: batch }),
        result({ inserted: 2, deadLettered: 1 }),
      );
      t.equal((await ledger.rowAt(couponId, 3))?.holder, 'm3');
      t.equal(await ledger.rowOf(couponId, member('stranger')), undefined);
      t.same(await ledger.counts([couponId]), [{ recorded: 5, deadLettered: 1 }]);
    },
  );

  t.test('a second number of one member is quarantined, the first stays', async (t) => {
    const couponId = freshCoupon();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) });
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: [issuance(9, 'm2')] }),
      result({ deadLettered: 1 }),
    );
    t.equal((await ledger.rowOf(couponId, member('m2')))?.issueNo, 2);
    t.equal(await ledger.rowAt(couponId, 9), undefined);
    t.equal(await ledger.highestIssueNo(couponId), 9, 'its number is not given again');
  });

  t.test('of two that exclude each other within one batch the first is recorded', async (t) => {
    const couponId = freshCoupon();
    const batch = [issuance(1, 'a'), issuance(1, 'b'), issuance(2, 'a'), issuance(3, 'c')];
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: batch }),
      result({ inserted: 2, deadLettered: 2 }),
    );
    t.same(await numbers(ledger, couponId), [1, 3]);
  });

  t.test('quarantining again adds nothing', async (t) => {
    const couponId = freshCoupon();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) });
    const batch = [issuance(3, 'stranger'), issuance(4)];
    await ledger.record({ couponId, epoch: 1, issuances: batch });
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: batch }),
      result({ replayed: 1, deadLettered: 1 }),
    );
    t.same(await ledger.counts([couponId]), [{ recorded: 4, deadLettered: 1 }]);
  });

  t.test('a value the schema refuses is found among a thousand, and the others proceed', async (t) => {
    const couponId = freshCoupon();
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
    t.same(await ledger.counts([couponId]), [{ recorded: 999, deadLettered: 1 }]);
  });

  t.test('numbers that are none are quarantined too', async (t) => {
    const couponId = freshCoupon();
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

function aboutRevoking(t: Test, { ledger }: LedgerUnderTest): void {
  t.test('a revoked number has no row, and never gets one again', async (t) => {
    const couponId = freshCoupon();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) });
    t.equal(await ledger.revoke(couponId, 1, 2, member('m2'), AT_MS), 'revoked');
    t.same(await numbers(ledger, couponId), [1, 3]);
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 4) }),
      result({ inserted: 1, replayed: 2, revoked: 1 }),
    );
    t.same(await numbers(ledger, couponId), [1, 3, 4]);
    t.equal(await ledger.revokedHolder(couponId, 2), 'm2');
    t.equal(await ledger.revokedHolder(couponId, 1), undefined);
  });

  t.test('a number revoked before it was recorded is left out of its batch', async (t) => {
    const couponId = freshCoupon();
    t.equal(await ledger.revoke(couponId, 1, 2, member('m2'), AT_MS), 'revoked');
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) }),
      result({ inserted: 2, revoked: 1 }),
    );
    t.same(await numbers(ledger, couponId), [1, 3]);
    t.equal(await ledger.highestIssueNo(couponId), 3);
  });

  t.test('the highest number counts the revoked ones', async (t) => {
    const couponId = freshCoupon();
    t.equal(await ledger.highestIssueNo(couponId), 0);
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) });
    await ledger.revoke(couponId, 1, 3, member('m3'), AT_MS);
    t.equal(await ledger.highestIssueNo(couponId), 3);
  });

  t.test('revoking again changes nothing', async (t) => {
    const couponId = freshCoupon();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 1) });
    t.equal(await ledger.revoke(couponId, 1, 1, member('m1'), AT_MS), 'revoked');
    t.equal(await ledger.revoke(couponId, 1, 1, member('m1'), AT_MS), 'again');
  });

  t.test('what is used is not revoked, and nothing changes', async (t) => {
    const couponId = freshCoupon();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 1) });
    await ledger.use(couponId, member('m1'), AT_MS);
    t.equal(await ledger.revoke(couponId, 1, 1, member('m1'), AT_MS), 'used');
    t.equal((await ledger.rowAt(couponId, 1))?.usedAtMs, AT_MS);
    t.equal(await ledger.revokedHolder(couponId, 1), undefined);
  });

  t.test('a member may get a new number, in whatever order the old and the new are recorded', async (t) => {
    for (const order of [
      [1, 2],
      [2, 1],
    ]) {
      const couponId = freshCoupon();
      await ledger.revoke(couponId, 1, 1, member('a'), AT_MS);
      const replies = [];
      for (const issueNo of order)
        replies.push(await ledger.record({ couponId, epoch: 1, issuances: [issuance(issueNo, 'a')] }));
      t.same(
        replies.map((reply) => reply.revoked),
        order[0] === 1 ? [1, 0] : [0, 1],
      );
      t.equal((await ledger.rowOf(couponId, member('a')))?.issueNo, 2);
    }
    const couponId = freshCoupon();
    await ledger.revoke(couponId, 1, 1, member('a'), AT_MS);
    const both = [issuance(1, 'a'), issuance(2, 'a')];
    t.same(await ledger.record({ couponId, epoch: 1, issuances: both }), result({ inserted: 1, revoked: 1 }));
  });

  t.test('a quarantined issuance that is revoked is no longer counted', async (t) => {
    const couponId = freshCoupon();
    await ledger.record({ couponId, epoch: 1, issuances: [issuance(1, 'a'), issuance(2, 'a')] });
    t.same(await ledger.counts([couponId]), [{ recorded: 1, deadLettered: 1 }]);
    t.equal(await ledger.revoke(couponId, 1, 2, member('a'), AT_MS), 'revoked');
    t.same(await ledger.counts([couponId]), [{ recorded: 1, deadLettered: 0 }]);
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: [issuance(2, 'a')] }),
      result({ revoked: 1 }),
    );
  });
}

function aboutMeetings(t: Test, { ledger, other }: LedgerUnderTest): void {
  t.test('a revoke during the recording: answered means that there is no row', async (t) => {
    const couponId = freshCoupon();
    let outOfBatch = 0;
    for (let meeting = 0; meeting < MEETINGS; meeting++) {
      const first = meeting * 20 + 1;
      const batch = line(first, first + 19);
      const issueNo = first + (meeting % 20);
      const record = () => ledger.record({ couponId, epoch: 1, issuances: batch });
      const revoke = () => other.revoke(couponId, 1, issueNo, member(`m${issueNo}`), AT_MS);
      const [reply, revoked] =
        meeting % 2 === 0
          ? await Promise.all([record(), revoke()])
          : await Promise.all([revoke(), record()]).then(([second, first]) => [first, second] as const);
      if (revoked !== 'revoked') t.fail(`revoke answered ${revoked}`);
      if ((await ledger.rowAt(couponId, issueNo)) !== undefined)
        t.fail(`row ${issueNo} came after its revoke`);
      if (reply.inserted + reply.revoked !== 20) t.fail(JSON.stringify(reply));
      outOfBatch += reply.revoked;
    }
    t.comment(`the revoke was first in ${outOfBatch} of ${MEETINGS} meetings`);
    t.same(await ledger.counts([couponId]), [{ recorded: MEETINGS * 19, deadLettered: 0 }]);
  });

  t.test('the same batches from two recorders, one in reverse, end as one row each', async (t) => {
    const couponId = freshCoupon();
    for (let meeting = 0; meeting < MEETINGS / 4; meeting++) {
      const first = meeting * 200 + 1;
      const batch = line(first, first + 199);
      const [one, two] = await Promise.all([
        ledger.record({ couponId, epoch: 1, issuances: batch }),
        other.record({ couponId, epoch: 1, issuances: [...batch].reverse() }),
      ]);
      t.same([one.inserted + two.inserted, one.replayed + two.replayed], [200, 200], `meeting ${meeting}`);
    }
    t.same(await ledger.counts([couponId]), [{ recorded: 50 * MEETINGS, deadLettered: 0 }]);
  });

  t.test('of two revokes of one number exactly one revokes', async (t) => {
    const couponId = freshCoupon();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 20) });
    for (const { issueNo, holder } of line(1, 20)) {
      const replies = await Promise.all([
        ledger.revoke(couponId, 1, issueNo, holder, AT_MS),
        other.revoke(couponId, 1, issueNo, holder, AT_MS),
      ]);
      t.same(replies.sort(), ['again', 'revoked']);
    }
  });

  t.test('a use during a revoke: one of them wins', async (t) => {
    const couponId = freshCoupon();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 20) });
    for (const { issueNo, holder } of line(1, 20)) {
      const [used, revoked] = await Promise.all([
        ledger.use(couponId, holder, AT_MS),
        other.revoke(couponId, 1, issueNo, holder, AT_MS),
      ]);
      const row = await ledger.rowAt(couponId, issueNo);
      if (revoked === 'used') t.equal(row?.usedAtMs, AT_MS);
      else t.same([revoked, row], ['revoked', undefined]);
      if (revoked === 'revoked' && typeof used === 'object') t.fail('used and revoked');
    }
  });
}

async function registeredCoupon(catalogue: CouponCatalogue, quantity: number): Promise<CouponId> {
  const terms = { quantity, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
  const named = { sellerId: 's', name: 'n', discount: undefined, createdAtMs: AT_MS };
  const { couponId } = await catalogue.insert({ ...terms, ...named });
  await catalogue.nextEpoch(couponId);
  return couponId;
}

function aboutEpochs(t: Test, { ledger, other, catalogue }: LedgerUnderTest): void {
  const registered = (): Promise<CouponId> => registeredCoupon(catalogue, 100_000);

  t.test('what was claimed before a rebuild is refused, and nothing of it is written', async (t) => {
    const couponId = await registered();
    t.same(await ledger.record({ couponId, epoch: 1, issuances: line(1, 2) }), result({ inserted: 2 }));
    t.equal(await catalogue.nextEpoch(couponId), 2);
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(3, 5) }),
      result({ stale: 3 }),
      'new numbers',
    );
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) }),
      result({ stale: 3 }),
      'a replay beside a new one',
    );
    const another = [issuance(2, 'stranger')];
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: another }),
      result({ stale: 1 }),
      'a number of another member',
    );
    const broken = [{ ...issuance(6), issueNo: NaN }, issuance(7)];
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: broken }),
      result({ stale: 2 }),
      'and what the schema refuses',
    );
    t.same(await numbers(ledger, couponId), [1, 2]);
    t.same(await ledger.counts([couponId]), [{ recorded: 2, deadLettered: 0 }]);
    t.same(
      await ledger.record({ couponId, epoch: 2, issuances: line(3, 3) }),
      result({ inserted: 1 }),
      'the new epoch goes on',
    );
  });

  t.test('what was to be revoked before a rebuild stays, and may be recorded', async (t) => {
    const couponId = await registered();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 1) });
    await catalogue.nextEpoch(couponId);
    t.equal(await ledger.revoke(couponId, 1, 1, member('m1'), AT_MS), 'stale');
    t.equal(
      await ledger.revoke(couponId, 1, 2, member('lost'), AT_MS),
      'stale',
      'its number is given to another',
    );
    t.same(
      await ledger.record({ couponId, epoch: 2, issuances: line(1, 2) }),
      result({ inserted: 1, replayed: 1 }),
    );
    t.equal(await ledger.revokedHolder(couponId, 2), undefined);
    t.equal(
      await ledger.revoke(couponId, 2, 1, member('m1'), AT_MS),
      'revoked',
      'a caller that has read it since may',
    );
  });

  t.test(
    'a revoke concurrent with the next epoch is in the revocations that its rebuild reads, or refused',
    async (t) => {
      const couponId = await registered();
      for (let meeting = 0; meeting < MEETINGS; meeting++) {
        const issueNo = meeting + 1;
        const revoke = () => ledger.revoke(couponId, meeting + 1, issueNo, member('m'), AT_MS);
        const rebuild = async () => {
          await catalogue.nextEpoch(couponId);
          return other.revokedHolder(couponId, issueNo);
        };
        const [revoked, seen] =
          meeting % 2 === 0
            ? await Promise.all([revoke(), rebuild()])
            : await Promise.all([rebuild(), revoke()]).then(([holder, reply]) => [reply, holder] as const);
        if (revoked !== 'revoked' && revoked !== 'stale') t.fail(revoked);
        if ((seen === undefined) !== (revoked === 'stale'))
          t.fail(`${revoked}, and the rebuild read ${seen}`);
      }
    },
  );

  t.test(
    'an epoch that the catalogue has not reached is recorded: the database may be a restored one',
    async (t) => {
      const couponId = await registered();
      t.same(await ledger.record({ couponId, epoch: 5, issuances: line(1, 2) }), result({ inserted: 2 }));
    },
  );

  t.test(
    'a recording concurrent with the next epoch is in the rows that its rebuild reads, or refused',
    async (t) => {
      const couponId = await registered();
      let refused = 0;
      for (let meeting = 0; meeting < MEETINGS; meeting++) {
        const first = meeting * 20 + 1;
        const record = () =>
          ledger.record({ couponId, epoch: meeting + 1, issuances: line(first, first + 19) });
        const rebuild = async () => {
          await catalogue.nextEpoch(couponId);
          return other.rows(couponId, first - 1, 20);
        };
        const [reply, seen] =
          meeting % 2 === 0
            ? await Promise.all([record(), rebuild()])
            : await Promise.all([rebuild(), record()]).then(([rows, recorded]) => [recorded, rows] as const);
        if (reply.inserted + reply.stale !== 20) t.fail(JSON.stringify(reply));
        if (seen.length !== reply.inserted) t.fail(`${reply.inserted} inserted, ${seen.length} seen`);
        refused += reply.stale / 20;
      }
      t.comment(`the epoch was first in ${refused} of ${MEETINGS} meetings`);
      t.equal((await ledger.counts([couponId]))[0]?.recorded, (MEETINGS - refused) * 20);
    },
  );
}

/** The last guard: there are no more rows than units, whatever the admission store has given. */
function aboutQuantity(t: Test, { ledger, catalogue, other }: LedgerUnderTest): void {
  t.test('what is beyond the quantity is dead-lettered, the highest numbers first', async (t) => {
    const couponId = await registeredCoupon(catalogue, 10);
    t.same(await ledger.record({ couponId, epoch: 1, issuances: line(1, 8) }), result({ inserted: 8 }));
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(9, 13) }),
      result({ inserted: 2, deadLettered: 3 }),
    );
    t.same(await numbers(ledger, couponId), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(11, 21) }),
      result({ deadLettered: 11 }),
      'and again',
    );
    t.same(await ledger.counts([couponId]), [{ recorded: 10, deadLettered: 11 }]);
    t.same(await ledger.record({ couponId, epoch: 1, issuances: line(1, 10) }), result({ replayed: 10 }));
  });

  t.test(
    'numbers above the quantity are within it where others were revoked or never became rows',
    async (t) => {
      const couponId = await registeredCoupon(catalogue, 4);
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 4) });
      for (const issueNo of [1, 2]) await ledger.revoke(couponId, 1, issueNo, member(`m${issueNo}`), AT_MS);
      t.same(
        await ledger.record({ couponId, epoch: 1, issuances: line(5, 6) }),
        result({ inserted: 2 }),
        'units that came back',
      );
      const gapped = await registeredCoupon(catalogue, 4);
      t.same(
        await ledger.record({ couponId: gapped, epoch: 1, issuances: line(11, 14) }),
        result({ inserted: 4 }),
        'numbers lost before them',
      );
      t.same(
        await ledger.record({ couponId: gapped, epoch: 1, issuances: line(15, 15) }),
        result({ deadLettered: 1 }),
      );
    },
  );

  t.test('a top-up that has reached the admission store alone counts', async (t) => {
    const couponId = await registeredCoupon(catalogue, 3);
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 5), quantity: 5 }),
      result({ inserted: 5 }),
    );
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(6, 6), quantity: 5 }),
      result({ deadLettered: 1 }),
    );
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(7, 7), quantity: 2 }),
      result({ deadLettered: 1 }),
      'the higher of the two',
    );
  });

  t.test('two recorders at once leave no more rows than units', async (t) => {
    const couponId = await registeredCoupon(catalogue, 10);
    await Promise.all([
      ledger.record({ couponId, epoch: 1, issuances: line(101, 108) }),
      ledger.record({ couponId, epoch: 1, issuances: line(1, 8) }),
      ledger.record({ couponId, epoch: 1, issuances: line(201, 208) }),
    ]);
    const [counts] = await other.counts([couponId]);
    t.same(counts, { recorded: 10, deadLettered: 14 });
  });
}

function aboutReading(t: Test, { ledger }: LedgerUnderTest): void {
  t.test('a row is found by its number and by its member', async (t) => {
    const couponId = freshCoupon();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) });
    const row = { ...issuance(2), couponId, usedAtMs: undefined };
    t.same(await ledger.rowAt(couponId, 2), row);
    t.same(await ledger.rowOf(couponId, member('m2')), row);
    t.equal(await ledger.rowAt(couponId, 4), undefined);
    t.equal(await ledger.rowOf(couponId, member('m4')), undefined);
    t.equal(await ledger.rowOf(freshCoupon(), member('m2')), undefined, 'of another coupon');
  });

  t.test('pages follow each other without a gap or a double', async (t) => {
    const couponId = freshCoupon();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 25) });
    const seen: number[] = [];
    for (let after = 0; ;) {
      const page = await ledger.rows(couponId, after, 10);
      t.ok(page.length <= 10);
      seen.push(...page.map((row) => row.issueNo));
      if (page.length === 0) break;
      after = page.at(-1)?.issueNo ?? 0;
    }
    t.same(
      seen,
      line(1, 25).map((row) => row.issueNo),
    );
  });

  t.test("a member's rows of a coupon come in the order of the units", async (t) => {
    const couponId = freshCoupon();
    const rows = [issuance(1, 'm~3'), issuance(2, 'm'), issuance(3, 'other'), issuance(4, 'm~2')];
    await ledger.record({ couponId, epoch: 1, issuances: rows });
    await ledger.record({ couponId: freshCoupon(), epoch: 1, issuances: [issuance(1, 'm')] });
    const found = await ledger.rowsOfMember(couponId, member('m'));
    t.same(
      found.map((row) => [row.holder, row.issueNo]),
      [
        ['m', 2],
        ['m~2', 4],
        ['m~3', 1],
      ],
    );
  });

  t.test('a coupon is used once', async (t) => {
    const couponId = freshCoupon();
    t.equal(await ledger.use(couponId, member('m1'), AT_MS), 'absent');
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 2) });
    t.same(await ledger.use(couponId, member('m1'), AT_MS + 5), {
      ...issuance(1),
      couponId,
      usedAtMs: AT_MS + 5,
    });
    t.equal(await ledger.use(couponId, member('m1'), AT_MS + 6), 'already_used');
    t.equal((await ledger.rowAt(couponId, 1))?.usedAtMs, AT_MS + 5);
    t.equal((await ledger.rowAt(couponId, 2))?.usedAtMs, undefined);
    const presses = await Promise.all(
      Array.from({ length: 5 }, () => ledger.use(couponId, member('m2'), AT_MS + 7)),
    );
    t.equal(presses.filter((reply) => typeof reply === 'object').length, 1, 'pressed five times at once');
  });

  t.test('counts come in the order asked for', async (t) => {
    const [one, two, none] = [freshCoupon(), freshCoupon(), freshCoupon()];
    await ledger.record({ couponId: one, epoch: 1, issuances: line(1, 1) });
    await ledger.record({ couponId: two, epoch: 1, issuances: line(1, 2) });
    const recorded = (await ledger.counts([two, none, one, two])).map((counts) => counts.recorded);
    t.same(recorded, [2, 0, 1, 2]);
    t.same(await ledger.counts([]), []);
  });
}
