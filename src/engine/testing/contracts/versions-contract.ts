/** What every back end of {@link VersionAnnouncements} promises, as tests. */
import type { Test } from 'tap';
import type { VersionAnnouncements } from '../../ports/versions.js';
import type { CouponId } from '../../domain/coupon.js';
import { freshCouponId } from './admission-contract.js';

export interface VersionAnnouncementsUnderTest {
  readonly announcements: VersionAnnouncements;
  /** The same as another process sees it; the very same object where there is only one process. */
  readonly elsewhere: VersionAnnouncements;
  close(): Promise<void>;
}

export function versionAnnouncementsContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<VersionAnnouncementsUnderTest>,
): void {
  t.test(`${name}: version announcements contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    const { announcements, elsewhere } = under;

    t.test('a new version is heard by every listener, here and elsewhere', async (t) => {
      const couponId = freshCouponId();
      const heard = [announcements, elsewhere, elsewhere].map((listener) => nextNews(t, listener, couponId));
      await Promise.all(heard.map((news) => news.listening));
      announcements.announce(couponId, 7);
      t.same(await Promise.all(heard.map((news) => news.version)), [7, 7, 7]);
    });

    t.test('the largest coupon id and version arrive exactly', async (t) => {
      const couponId = 999_999_999_999_999 as CouponId;
      const news = nextNews(t, elsewhere, couponId);
      await news.listening;
      announcements.announce(couponId, 2_000_000_000);
      t.equal(await news.version, 2_000_000_000);
    });

    t.test('who stopped listening hears nothing more', async (t) => {
      const couponId = freshCouponId();
      const versions: number[] = [];
      const stop = await announcements.listen((id, version) => {
        if (id === couponId) versions.push(version);
      });
      await stop();
      const stayer = nextNews(t, announcements, couponId);
      await stayer.listening;
      announcements.announce(couponId, 2);
      await stayer.version;
      t.same(versions, []);
    });
  });
}

function nextNews(t: Test, announcements: VersionAnnouncements, couponId: CouponId) {
  let hear: (version: number) => void;
  const version = new Promise<number>((resolve) => {
    hear = resolve;
  });
  const listening = announcements.listen((id, news) => {
    if (id === couponId) hear(news);
  });
  t.teardown(async () => (await listening)());
  return { listening, version };
}
