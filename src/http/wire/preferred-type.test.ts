import t from 'tap';
import { preferredLanguage, preferredType } from './preferred-type.js';

const types = ['application/json', 'text/csv', 'application/x-ndjson'] as const;

const preferences: readonly (readonly [accept: string, type: (typeof types)[number]])[] = [
  ['', 'application/json'],
  ['*/*', 'application/json'],
  ['text/html', 'application/json'],
  ['text/csv', 'text/csv'],
  ['TEXT/CSV; header=present', 'text/csv'],
  ['text/*', 'text/csv'],
  ['text/csv, */*', 'text/csv'],
  ['*/*, application/x-ndjson', 'application/x-ndjson'],
  ['application/json, text/csv', 'application/json'],
  ['text/csv, application/json', 'text/csv'],
  ['application/json, text/csv;q=0.5', 'application/json'],
  ['text/csv;q=0.5, application/x-ndjson;q=0.8', 'application/x-ndjson'],
  ['text/csv;q=0, */*', 'application/json'],
  ['application/json;q=0.2, text/*;q=0.3', 'text/csv'],
  ['text/csv;q=nonsense', 'application/json'],
];

for (const [accept, type] of preferences) {
  t.test(`Accept: ${accept}`, (t) => {
    t.equal(preferredType(accept, types), type);
    t.end();
  });
}

t.test('the language is the one of the highest quality that there is', (t) => {
  for (const [header, language] of [
    ['', undefined],
    ['*', undefined],
    ['fr-FR,fr;q=0.9', undefined],
    ['ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7', 'ko'],
    ['en-US,en;q=0.9,ko;q=0.8', 'en'],
    ['fr, en;q=0.3, KO;q=0.5', 'ko'],
    ['ko;q=0, en;q=0.1', 'en'],
    ['kok, en', 'en'],
  ] as const) {
    t.equal(preferredLanguage(header, ['ko', 'en']), language, header);
  }
  t.end();
});
