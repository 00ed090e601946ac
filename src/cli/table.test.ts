import t from 'tap';
import { table } from './table.js';

t.test('numbers are right-aligned with their thousands marked, text is left-aligned', (t) => {
  t.same(
    table(
      ['coupon', 'issued', 'name'],
      [
        ['1', 5_000, 'spring'],
        ['12', 7, 'autumn'],
      ],
    ),
    ['coupon  issued  name', '1        5,000  spring', '12           7  autumn'],
  );
  t.end();
});

t.test('a name cannot control the terminal of its reader', (t) => {
  t.same(table(['name'], [['a\u001b[2Jb\nc\u009b']]), ['name', 'a?[2Jb?c?']);
  t.end();
});
