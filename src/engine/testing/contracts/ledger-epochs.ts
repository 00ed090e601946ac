/** Tests what the ledger refuses: batches claimed before a rebuild, and rows beyond the quantity. */
import type { Test } from 'tap';
import type { CouponId } from '../../domain/coupon.js';
import { member } from './ids.js';
import {
  type LedgerUnderTest,
  AT_MS,
  issuance,
  line,
  result,
  numbers,
  registeredCoupon,
} from './ledger-batches.js';
import { MEETINGS } from './ledger-revoking.js';

export function aboutEpochs(t: Test, { ledger, other, catalogue }: LedgerUnderTest): void {
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
    const another = [issuance(2, 'outsider')];
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
    t.match(await ledger.counts([couponId]), [{ recorded: 2, deadLettered: 0 }]);
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
export function aboutQuantity(t: Test, { ledger, catalogue, other }: LedgerUnderTest): void {
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
    t.match(await ledger.counts([couponId]), [{ recorded: 10, deadLettered: 11 }]);
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
    t.match(counts, { recorded: 10, deadLettered: 14 });
  });
}
