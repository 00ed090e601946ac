/** Tests what every back end of {@link Versions} promises. */
import type { Test } from 'tap';
import type { Versions } from '../../ports/versions.js';
import type { CouponId } from '../../domain/coupon.js';
import { freshCouponId } from './ids.js';
import { repeatUntil } from './repeat-until.js';

export interface VersionsUnderTest {
  readonly versions: Versions;
  /** The same as another process sees it; the very same object where there is only one process. */
  readonly elsewhere: Versions;
  close(): Promise<void>;
}

export function versionsContract(t: Test, name: string, open: (t: Test) => Promise<VersionsUnderTest>): void {
  t.test(`${name}: version versions contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    const { versions, elsewhere } = under;

    t.test('a new version reaches every listener, here and elsewhere', async (t) => {
      const couponId = freshCouponId();
      const received = [versions, elsewhere, elsewhere].map((listener) => nextNews(t, listener, couponId));
      await Promise.all(received.map((news) => news.listening));
      const arrived = Promise.all(received.map((news) => news.version));
      await repeatUntil(arrived, () => versions.publish(couponId, 7));
      t.same(await arrived, [7, 7, 7]);
    });

    t.test('the largest coupon id and version arrive exactly', async (t) => {
      const couponId = 999_999_999_999_999 as CouponId;
      const news = nextNews(t, elsewhere, couponId);
      await news.listening;
      await repeatUntil(news.version, () => versions.publish(couponId, 2_000_000_000));
      t.equal(await news.version, 2_000_000_000);
    });

    t.test('a listener that stopped gets nothing more', async (t) => {
      const couponId = freshCouponId();
      const received: number[] = [];
      const stop = await versions.listen((id, version) => {
        if (id === couponId) received.push(version);
      });
      await stop();
      const stayer = nextNews(t, versions, couponId);
      await stayer.listening;
      await repeatUntil(stayer.version, () => versions.publish(couponId, 2));
      t.same(received, []);
    });
  });
}

function nextNews(t: Test, versions: Versions, couponId: CouponId) {
  let listen: (version: number) => void;
  const version = new Promise<number>((resolve) => {
    listen = resolve;
  });
  const listening = versions.listen((id, news) => {
    if (id === couponId) listen(news);
  });
  t.teardown(async () => (await listening)());
  return { listening, version };
}
