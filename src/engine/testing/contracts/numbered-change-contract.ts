/** Tests what every {@link Admission} promises that a command can reach late or a second time: such a command changes nothing. */
import type { Test } from 'tap';
import type { Admission } from '../../ports/admission.js';
import type { CouponId } from '../../domain/coupon.js';
import { freshCouponId } from './ids.js';
import { inChunks, warmWith } from './admission-driver.js';

export interface NumberedChangeUnderTest {
  readonly admission: Admission;
  close(): Promise<void>;
}

const EPOCH = 3;

export function numberedChangeContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<NumberedChangeUnderTest>,
): void {
  t.test(`${name}: numbered change contract`, async (t) => {
    const under = await open(t);
    const { admission } = under;
    t.teardown(() => under.close());
    const warmed = async (changeNo: number): Promise<CouponId> => {
      const couponId = freshCouponId();
      const terms = {
        quantity: 10,
        opensAtMs: undefined,
        closesAtMs: undefined,
        paused: false,
        closed: false,
      };
      const lastChange = { changeNo, refused: undefined };
      await warmWith(
        admission,
        { couponId, ...terms, version: 1, epoch: EPOCH, lastIssueNo: 0, lastChange },
        inChunks([]),
      );
      return couponId;
    };

    t.test('a number is decided once, and a repeat gets the first answer', async (t) => {
      const couponId = await warmed(4);
      const at = (changeNo: number) => ({ changeNo, epoch: EPOCH });
      t.match(await admission.amend(couponId, { quantity: 7 }, at(5)), {
        status: 'amended',
        snapshot: { version: 2 },
      });
      t.match(await admission.amend(couponId, { quantity: 7 }, at(5)), {
        status: 'amended',
        snapshot: { version: 2 },
      });
      t.match(await admission.amend(couponId, { quantity: 9 }, at(4)), {
        status: 'superseded',
        snapshot: { quantity: 7 },
      });
      const invalid = { opensAtMs: 2_000, closesAtMs: 1_000 };
      t.match(await admission.amend(couponId, invalid, at(6)), { status: 'window_invalid' });
      t.match(await admission.amend(couponId, { opensAtMs: null, closesAtMs: null }, at(6)), {
        status: 'window_invalid',
      });
    });

    t.test('a command for another epoch changes nothing, and its number stays undecided', async (t) => {
      const couponId = await warmed(0);
      for (const epoch of [EPOCH - 1, EPOCH + 1]) {
        t.same(await admission.amend(couponId, { paused: true }, { changeNo: 1, epoch }), {
          status: 'not_ready',
        });
      }
      t.match(await admission.snapshots([couponId]), [{ paused: false, version: 1 }]);
      const made = await admission.amend(couponId, { quantity: 5 }, { changeNo: 1, epoch: EPOCH });
      t.match(made, { status: 'amended', snapshot: { quantity: 5, paused: false } });
    });
  });
}
