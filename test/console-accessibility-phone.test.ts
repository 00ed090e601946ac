/** Tests every page of the console with axe, dark and in Korean. */
import t from 'tap';
import { checkEveryPage } from './system/console-accessibility.js';

t.test('dark, Korean, on a phone', (t) =>
  checkEveryPage(t, { colorScheme: 'dark', locale: 'ko-KR', viewport: { width: 390, height: 844 } }),
);
