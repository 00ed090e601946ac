/** Tests every page of the console with axe, light and in English. */
import t from 'tap';
import { checkEveryPage } from './system/console-accessibility.js';

t.test('light, English, on a desk', (t) =>
  checkEveryPage(t, { colorScheme: 'light', locale: 'en-US', viewport: { width: 1440, height: 900 } }),
);
