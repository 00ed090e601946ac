/** Tests which members a CSV file names, as commands and the console read it. */
import t from 'tap';
import { memberLines, utf8Text } from './member-lines.js';

const membersOf = (...lines: readonly string[]): string[] =>
  memberLines(lines.join('\n')).map(({ member }) => member);

t.test('the first column has the members, in quotes or without', (t) => {
  t.same(membersOf('7', ' 8 ,gold', '9,"a, b"'), ['7', '8', '9']);
  t.same(membersOf('"7","gold"', ' "8" , x', '"9"'), ['7', '8', '9']);
  t.same(membersOf('"say ""8""",x', '"a,b",x', '""""'), ['say "8"', 'a,b', '"'], 'quotes and commas inside');
  t.same(membersOf('a"b"', '"a"b,c', '"open'), ['a"b"', '"a"b', '"open'], 'quotes that enclose no column');
  t.end();
});

t.test('the heading and lines without a member are left out, and the others keep their number', (t) => {
  t.same(memberLines('"member_id","grade"\r\n"7","gold"\r\n\r\n,x\r\n""\r\nmember_id\r\n'), [
    { line: 2, member: '7' },
    { line: 6, member: 'member_id' },
  ]);
  t.same(memberLines(''), []);
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
