import t from 'tap';
import { csvField } from './csv-field.js';

t.test('what a spreadsheet shows as it is, is left as it is', async (t) => {
  for (const text of [
    '7',
    '0',
    '12345678901',
    'm-1',
    'auth0|5f7c',
    'kim@shop.test',
    '김선착',
    'x'.repeat(255),
  ]) {
    t.equal(csvField(text), text);
  }
});

t.test('what it would alter is written as a text of its own', async (t) => {
  const altered = [
    '007',
    '1e5',
    '-2',
    '1.50',
    '123456789012',
    'mar1',
    'TRUE',
    '1-2',
    '+82',
    '=1+1',
    '@a',
    '.5',
    '_',
  ];
  for (const text of altered) t.equal(csvField(text), `"=""${text}"""`, text);
});

t.test('separators and quotes stay inside their field', async (t) => {
  t.equal(csvField('a,b'), '"=""a,b"""');
  t.equal(csvField('a"b'), '"=""a""""b"""');
});
