import t from 'tap';
import { expiryOf, isTimeZone, mayShorten, parseOrderId, walletState } from './redemption.js';
import type { Validity } from './redemption.js';

const at = (text: string): number => Date.parse(text);

t.test('a validity of days ends with the n-th local day after the day of issue', async (t) => {
  const cases: readonly [zone: string, days: number, issued: string, expires: string][] = [
    ['Asia/Seoul', 1, '2026-11-22T14:59:59.999Z', '2026-11-23T15:00:00.000Z'],
    ['Asia/Seoul', 1, '2026-11-22T15:00:00.000Z', '2026-11-24T15:00:00.000Z'],
    ['Asia/Seoul', 30, '2026-02-27T00:00:00.000Z', '2026-03-29T15:00:00.000Z'],
    ['Europe/Berlin', 1, '2026-03-28T12:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', 1, '2026-10-24T12:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    // The clock goes from 24:00 to 1:00, so the next day begins at 1:00.
    ['America/Asuncion', 1, '2023-09-29T12:00:00.000Z', '2023-10-01T04:00:00.000Z'],
    // 30 December 2011 did not happen there.
    ['Pacific/Apia', 1, '2011-12-28T12:00:00.000Z', '2011-12-30T10:00:00.000Z'],
    ['Pacific/Kiritimati', 1, '2026-11-22T10:00:00.000Z', '2026-11-24T10:00:00.000Z'],
    ['UTC', 3_650, '2026-01-01T00:00:00.000Z', '2035-12-31T00:00:00.000Z'],
  ];
  for (const [zone, days, issued, expires] of cases) {
    const expiry = expiryOf({ days, zone }, at(issued)) ?? NaN;
    t.equal(new Date(expiry).toISOString(), expires, `${zone}, ${days} after ${issued}`);
  }
});

t.test(
  'hours run from the issue, a fixed end is the same for all, and without a validity nothing expires',
  async (t) => {
    t.equal(expiryOf({ hours: 2 }, 1_000), 7_201_000);
    t.equal(expiryOf({ untilMs: 5 }, 1_000), 5);
    t.equal(expiryOf(undefined, 1_000), undefined);
  },
);

t.test('a used coupon is used whatever its expiry, and the instant of expiry is too late', async (t) => {
  t.equal(walletState(undefined, undefined, 10), 'usable');
  t.equal(walletState(undefined, 11, 10), 'usable');
  t.equal(walletState(undefined, 10, 10), 'expired');
  t.equal(walletState(5, 10, 20), 'used');
});

t.test('a change that may shorten validity is distinguished from one that extends it', async (t) => {
  const seoul = (days: number): Validity => ({ days, zone: 'Asia/Seoul' });
  const longer: readonly [Validity | undefined, Validity | undefined][] = [
    [undefined, undefined],
    [{ hours: 1 }, undefined],
    [{ hours: 1 }, { hours: 1 }],
    [{ untilMs: 5 }, { untilMs: 6 }],
    [seoul(3), seoul(3)],
    [{ hours: 20 }, seoul(1)],
    [seoul(1), { hours: 60 }],
    [seoul(1), { days: 4, zone: 'UTC' }],
  ];
  const shorter: readonly [Validity | undefined, Validity | undefined][] = [
    [undefined, { hours: 87_600 }],
    [{ hours: 2 }, { hours: 1 }],
    [{ untilMs: 6 }, { untilMs: 5 }],
    [{ untilMs: 6 }, { hours: 87_600 }],
    [{ hours: 1 }, { untilMs: 9e15 }],
    [seoul(3), seoul(2)],
    [{ hours: 24 }, seoul(1)],
    [seoul(1), { hours: 48 }],
    [seoul(1), { days: 1, zone: 'UTC' }],
  ];
  for (const [earlier, later] of longer)
    t.notOk(mayShorten(earlier, later), JSON.stringify([earlier, later]));
  for (const [earlier, later] of shorter) t.ok(mayShorten(earlier, later), JSON.stringify([earlier, later]));
});

t.test('zones and order ids are what they are, nothing near', async (t) => {
  for (const zone of ['Asia/Seoul', 'UTC', 'Etc/GMT+9', 'America/Argentina/Buenos_Aires'])
    t.ok(isTimeZone(zone), zone);
  for (const zone of ['', 'Seoul', 'Asia/Nowhere', '+09:00', 'Asia/Seoul ', '\u0000', 'x'.repeat(65)]) {
    t.notOk(isTimeZone(zone), JSON.stringify(zone));
  }
  for (const order of ['1', 'A-1:2.3_4', 'x'.repeat(64)]) t.equal(parseOrderId(order), order);
  for (const order of ['', ' ', 'a b', 'x'.repeat(65), '\u0000', 'ä', 'a/b', 'a\n']) {
    t.equal(parseOrderId(order), undefined, JSON.stringify(order));
  }
});
