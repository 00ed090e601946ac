import t from 'tap';
import { table } from './table.js';

t.test('numbers stand to the right with their thousands marked, text to the left', (t) => {
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

t.test('a name cannot drive the terminal of whoever lists it', (t) => {
  t.same(table(['name'], [['a\u001b[2Jb\nc\u009b']]), ['name', 'a?[2Jb?c?']);
  t.end();
});
