import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { LiveScreen } from './live-screen.js';

const terminal = () => Object.assign(new PassThrough(), { rows: 3 });

t.test('a picture overwrites the one before, in one write and without an empty moment', async (t) => {
  const stream = terminal();
  const screen = new LiveScreen(stream);
  const writes: string[] = [];
  stream.on('data', (chunk: Buffer) => writes.push(String(chunk)));
  screen.draw(['one', 'two']);
  screen.draw(['three']);
  screen.close();
  stream.end();
  await text(stream).catch(() => undefined);
  const pictures = writes.filter((write) => /one|three/.test(write));
  t.equal(pictures.length, 2);
  t.notMatch(writes.join(''), '\u001b[2J', 'never cleared as a whole');
  t.match(pictures[1], /^\u001b\[Hthree\u001b\[K\u001b\[J$/, 'what is left of the one before goes with it');
});

t.test('the terminal is restored', async (t) => {
  const stream = terminal();
  new LiveScreen(stream).close();
  stream.end();
  const written = await text(stream);
  t.ok(written.startsWith('\u001b[?1049h'), 'a screen of its own');
  t.ok(written.endsWith('\u001b[?7h\u001b[?25h\u001b[?1049l'), 'cursor shown, the first screen back');
});

t.test('lines that do not fit are counted, so that nothing scrolls', async (t) => {
  const stream = terminal();
  new LiveScreen(stream).draw(['a', 'b', 'c', 'd']);
  stream.end();
  const written = (await text(stream)).replace(/\u001b\[[?\d]*[a-zA-Z]/g, '');
  t.same(written.split('\r\n'), ['a', 'b', '… 2 more']);
});
