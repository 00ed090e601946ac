/** Mutates valid requests. */
import fc from 'fast-check';

/** What a mutation puts in: whatever has meant something to some parser. */
const TOKENS = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    ':',
    '%00',
    '%2e%2e/',
    '../',
    '?',
    '#',
    '{',
    '}',
    '"',
    '\\u0000',
    '[[[[',
  ],
  ...[
    'HTTP/1.0',
    'HTTP/9.9',
    'Content-Length: 5\r\n',
    'Content-Length: -1\r\n',
    'Content-Length: 99999999999\r\n',
  ],
  ...['Transfer-Encoding: chunked\r\n', 'Expect: 100-continue\r\n', 'Connection: close\r\n', 'Host: y\r\n'],
  ...['Authorization: Bearer x\r\n', '-1', '1e309', '__proto__', '\u00ff\u00fe', 'x'.repeat(5_000)],
];

type Mutation =
  | { readonly does: 'insert'; readonly at: number; readonly what: string }
  | { readonly does: 'cut'; readonly at: number; readonly length: number }
  | { readonly does: 'repeat'; readonly at: number; readonly length: number; readonly times: number }
  | { readonly does: 'overwrite'; readonly at: number; readonly byte: number };

const at = fc.double({ min: 0, max: 1, noNaN: true });
const length = fc.integer({ min: 1, max: 40 });

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ does: fc.constant('insert' as const), at, what: fc.constantFrom(...TOKENS) }),
  fc.record({ does: fc.constant('cut' as const), at, length }),
  fc.record({ does: fc.constant('repeat' as const), at, length, times: fc.integer({ min: 2, max: 300 }) }),
  fc.record({ does: fc.constant('overwrite' as const), at, byte: fc.integer({ min: 0, max: 255 }) }),
);

/** @param templates whole requests, one character a byte. */
export function mutatedRequest(templates: readonly string[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...templates), fc.array(mutation, { minLength: 1, maxLength: 6 }))
    .map(([template, mutations]) => Buffer.from(mutations.reduce(mutate, template), 'latin1'));
}

function mutate(text: string, change: Mutation): string {
  const place = Math.floor(change.at * text.length);
  const before = text.slice(0, place);
  switch (change.does) {
    case 'insert':
      return before + change.what + text.slice(place);
    case 'cut':
      return before + text.slice(place + change.length);
    case 'repeat':
      return (
        before +
        text.slice(place, place + change.length).repeat(change.times) +
        text.slice(place + change.length)
      );
    case 'overwrite':
      return before + String.fromCharCode(change.byte) + text.slice(place + 1);
  }
}
