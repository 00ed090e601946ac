import fc from 'fast-check';
import t from 'tap';
import {
  MEMBER_ID_LENGTH_MAX,
  memberIdOf,
  parseMemberId,
  subjectOf,
  SUBJECT_LENGTH_MAX,
} from './member-id.js';

t.test('a narrow subject is its own member id', async (t) => {
  for (const subject of ['7', '007', 'Ab9._-', 'x'.repeat(64)]) {
    t.equal(memberIdOf(subject), subject);
    t.equal(subjectOf(subject), subject);
  }
});

t.test('any other subject has one member id, and comes back from it unchanged', async (t) => {
  for (const [subject, memberId] of [
    ['auth0|5f7c8ec7', 'auth0%7C5f7c8ec7'],
    ['a@b.test', 'a%40b.test'],
    ['f:0e3a:kim', 'f%3A0e3a%3Akim'],
    ['{7}', '%7B7%7D'],
    ['a%7Cb', 'a%257Cb'],
    ["!'()*~", '%21%27%28%29%2A%7E'],
    ['x'.repeat(255), 'x'.repeat(255)],
    ['가', '%AKwA'],
    ['😀|', '%AfYA%7C'],
  ] as const) {
    t.equal(memberIdOf(subject), memberId);
    t.equal(parseMemberId(memberId), memberId);
    t.equal(subjectOf(memberId), subject);
  }
});

t.test('255 characters of any kind fit, the next does not', async (t) => {
  const longest = '😀'.repeat(SUBJECT_LENGTH_MAX);
  t.equal(memberIdOf(longest)?.length, MEMBER_ID_LENGTH_MAX);
  t.equal(memberIdOf(`${longest}x`), undefined);
  t.equal(memberIdOf('x'.repeat(256)), undefined);
});

t.test('control characters, halves of pairs and nothing at all are refused', async (t) => {
  for (const subject of ['', 'a\u0000', 'a\n', '\u0085', 'a\u007f', '\ud800', '\ude00x']) {
    t.equal(memberIdOf(subject), undefined, JSON.stringify(subject));
  }
});

t.test('two subjects never share a member id, whatever their case', async (t) => {
  t.not(memberIdOf('User|1'), memberIdOf('user|1'));
  t.not(memberIdOf('é'), memberIdOf('e\u0301'), 'normalisation forms are different subjects');
  const subject = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(subject, (text) => {
      const memberId = memberIdOf(text);
      return (
        memberId === undefined ||
        (parseMemberId(memberId) === memberId &&
          subjectOf(memberId) === text &&
          !/[~:{},;]/.test(memberId) &&
          (memberId === text) === /^[A-Za-z0-9._-]+$/.test(text))
      );
    }),
    { numRuns: 5_000 },
  );
});

t.test('a damaged member id is shown as it is', async (t) => {
  t.equal(subjectOf('50%'), '50%');
  t.equal(subjectOf('%FF'), '%FF');
  t.equal(subjectOf('%Efff'), '%Efff', 'there is no such code point');
});

t.test('a member id cannot carry what delimits keys and packed values', async (t) => {
  t.equal(parseMemberId('Ab9._-%'), 'Ab9._-%');
  for (const text of [
    '',
    'x'.repeat(MEMBER_ID_LENGTH_MAX + 1),
    'a:b',
    '{a}',
    'a b',
    'ä',
    'a\n',
    '#',
    'a~2',
    'a,b',
  ]) {
    t.equal(parseMemberId(text), undefined, JSON.stringify(text));
  }
});
