/** Tests the burn-down of the time before its page was opened, also where the quantity has changed since. */
import t from 'tap';
import { curveOf } from '../web/src/views/burn-down-curve.js';

const START_MS = 1_000_000;
const row = (issueNo: number, seconds: number) => ({ issueNo, issuedAtMs: START_MS + seconds * 1_000 });
const shape = (points: ReturnType<typeof curveOf>) =>
  points.map(({ atMs, remaining }) => [Math.round((atMs - START_MS) / 1_000), remaining]);

t.test('what remained follows the quantity of its time', (t) => {
  const rows = [row(1, 0), row(2, 1), row(3, 4)];
  const quantities = [
    { atMs: START_MS - 60_000, quantity: 3 },
    { atMs: START_MS + 2_000, quantity: 10 },
    { atMs: START_MS + 6_000, quantity: 8 },
  ];
  t.same(shape(curveOf({ issued: 3, quantity: 8, remaining: 5 }, rows, quantities)), [
    [0, 3],
    [0, 2],
    [1, 1],
    [2, 8],
    [4, 7],
    [5, 7],
    [6, 5],
  ]);
  t.end();
});

t.test('without a history the present quantity is taken for all times', (t) => {
  const points = curveOf({ issued: 2, quantity: 5, remaining: 3 }, [row(1, 0), row(2, 1)], []);
  t.same(shape(points), [
    [0, 5],
    [0, 4],
    [1, 3],
    [2, 3],
  ]);
  t.end();
});

t.test('a coupon without rows has no curve', (t) => {
  t.same(curveOf({ issued: 0, quantity: 5, remaining: 5 }, [], []), []);
  t.end();
});
