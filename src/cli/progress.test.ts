import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { startProgress } from './progress.js';

t.test('without a terminal progress is plain lines with a rate', async (t) => {
  const notes = new PassThrough();
  const progress = startProgress(notes, 'signing', 'tokens', 2_000);
  progress.advance(1_500);
  progress.advance(500);
  progress.finish();
  notes.end();

  const lines = (await text(notes)).split('\n');
  t.equal(lines.pop(), '', 'it ends with a line end');
  t.equal(lines[0], 'signing 0 of 2,000 tokens, 0/s');
  t.match(lines.at(-1), /^signing 2,000 of 2,000 tokens, [\d,]+\/s$/);
  t.notMatch(lines.join('\n'), '\u001b', 'no control sequence in a log');
  t.notOk(lines.includes(''), 'no empty line');
});

t.test('the time left is the one that follows from the rate beside it', async (t) => {
  const notes = Object.assign(new PassThrough(), { isTTY: true, columns: 200 });
  const progress = startProgress(notes, 'signing', 'tokens', 4_000);
  progress.advance(1_000);
  progress.finish();
  notes.end();
  const shown = /1,000 of 4,000 tokens, ([\d,]+)\/s, (\d+) s left/.exec(await text(notes));
  const rate = Number(shown?.[1]?.replaceAll(',', ''));
  // The rate shown is rounded, so 3,000 more may just be over the next second.
  t.ok(Math.abs(Number(shown?.[2]) - 3_000 / rate) <= 1.5, shown?.[0] ?? 'no time left was shown');
});

t.test('on a terminal it is a bar', async (t) => {
  const notes = Object.assign(new PassThrough(), { isTTY: true });
  const progress = startProgress(notes, 'warming', 'coupons', 4);
  progress.advance(2);
  progress.finish();
  notes.end();
  t.match(await text(notes), /warming \[=+ +\] 2 of 4 coupons/);
});
