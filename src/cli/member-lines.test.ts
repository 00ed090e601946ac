/** Tests which members a CSV file names, as commands and the console read it. */
import t from 'tap';
import { memberLines, utf8Text } from './member-lines.js';

const membersOf = (...lines: readonly string[]): string[] =>
  memberLines(lines.join('\n')).map(({ member }) => member);

t.test('the first column has the members, in quotes or without', (t) => {
  t.same(membersOf('7', ' 8 ,gold', '9,"a, b"'), ['7', '8', '9']);
  t.same(membersOf('"7","gold"', ' "8" , x', '"9"'), ['7', '8', '9']);
  t.same(membersOf('"say ""8""",x', '"a,b",x', '""""'), ['say "8"', 'a,b', '"'], 'quotes and commas inside');
  t.same(membersOf('auth0|7', 'a;b', 'a"b"'), ['auth0|7', 'a;b', 'a"b"'], 'one column of any characters');
  t.end();
});

t.test('a comma, a semicolon or a tab separates the columns of a file', (t) => {
  t.same(membersOf('member_id;grade', '7;gold', '"8;9";vip', ''), ['7', '8;9']);
  t.same(membersOf('7\tgold', '8\tvip, 2'), ['7', '8']);
  t.same(membersOf('7,gold;vip', '8,gold;vip'), ['7', '8'], 'the comma comes first');
  t.end();
});

t.test('the heading and lines without a member are left out, and the others keep their number', (t) => {
  const isWellFormed = true;
  t.same(memberLines('"member_id","grade"\r\n"7","gold"\r\n\r\n,x\r\n""\r\nmember_id\r\n'), [
    { line: 2, member: '7', isWellFormed },
    { line: 6, member: 'member_id', isWellFormed },
  ]);
  t.same(memberLines('7,"two\r\nlines"\n8\r9'), [
    { line: 1, member: '7', isWellFormed },
    { line: 3, member: '8', isWellFormed },
    { line: 4, member: '9', isWellFormed },
  ]);
  for (const heading of ['Member_ID', 'member id', 'MEMBERID'])
    t.same(membersOf(heading, '7'), ['7'], heading);
  t.same(memberLines(''), []);
  t.end();
});

t.test('a line whose quotes enclose no column is not well formed', (t) => {
  const malformed = (text: string): number[] =>
    memberLines(text)
      .filter(({ isWellFormed }) => !isWellFormed)
      .map(({ line }) => line);
  t.same(malformed('7\n"a"b,c\n9'), [2]);
  t.same(malformed('7\n8\n"open,gold\n9\n'), [3], 'the rest of the file is in its quotes');
  t.same(malformed('7,"a"\n"8"\n'), []);
  t.end();
});

t.test('a file is text if it is UTF-8, with or without a byte order mark', (t) => {
  t.equal(utf8Text(Buffer.from('가,1\n')), '가,1\n');
  t.equal(utf8Text(Buffer.from('\uFEFFmember_id\n7')), 'member_id\n7');
  t.equal(
    utf8Text(Buffer.from('b0a12c310a', 'hex')),
    undefined,
    'the same line as Korean spreadsheets write it',
  );
  t.equal(utf8Text(Buffer.from('\uFEFF7\n', 'utf16le')), undefined);
  t.end();
});
