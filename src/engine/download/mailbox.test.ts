import t from 'tap';
import { Mailbox } from './mailbox.js';
import { couponNumber, memberNamed, StagedDownload } from '../testing/simulation/staged-world.js';

const request = (name: string): StagedDownload => new StagedDownload(couponNumber(1), memberNamed(name));
const names = (downloads: readonly { readonly holder: string }[]): string[] =>
  downloads.map((download) => download.holder);

t.test('who came first leaves first, in batches no larger than asked for', async (t) => {
  const mailbox = new Mailbox(10);
  ['a', 'b', 'c', 'd', 'e'].forEach((name, place) => mailbox.offer(request(name), place));
  const first = mailbox.take(2);
  t.same(names(first.downloads), ['a', 'b']);
  t.same(first.sinceMs, [0, 1]);
  t.same(names(mailbox.take(10).downloads), ['c', 'd', 'e']);
  t.same(mailbox.take(10), { downloads: [], sinceMs: [] });
});

t.test('a full mailbox takes no download until one has left', async (t) => {
  const mailbox = new Mailbox(2);
  t.equal(mailbox.offer(request('a'), 0), true);
  t.equal(mailbox.offer(request('b'), 0), true);
  t.equal(mailbox.offer(request('c'), 0), false);
  t.equal(mailbox.size, 2);
  mailbox.take(1);
  t.equal(mailbox.offer(request('c'), 0), true);
});

t.test('abandoned downloads do not leave with a batch, and times stay with their downloads', async (t) => {
  const mailbox = new Mailbox(10);
  const abandoned = request('b');
  mailbox.offer(request('a'), 10);
  mailbox.offer(abandoned, 20);
  mailbox.offer(request('c'), 30);
  abandoned.abandoned = true;
  const batch = mailbox.take(10);
  t.same(names(batch.downloads), ['a', 'c']);
  t.same(batch.sinceMs, [10, 30]);
});

t.test('the overdue are all that came up to an instant, and only they', async (t) => {
  const mailbox = new Mailbox(10);
  ['a', 'b', 'c'].forEach((name, place) => mailbox.offer(request(name), 100 * place));
  t.same(mailbox.takeOverdue(-1), []);
  t.same(names(mailbox.takeOverdue(100)), ['a', 'b']);
  t.same(names(mailbox.takeOverdue(1_000)), ['c']);
  t.equal(mailbox.size, 0);
});

t.test('abandoned downloads leave their places to others', async (t) => {
  const mailbox = new Mailbox(2);
  const abandoned = request('a');
  mailbox.offer(abandoned, 10);
  mailbox.offer(request('b'), 20);
  abandoned.abandoned = true;
  t.equal(mailbox.offer(request('c'), 30), false);
  mailbox.dropAbandoned();
  t.equal(mailbox.offer(request('c'), 30), true);
  const batch = mailbox.take(2);
  t.same(names(batch.downloads), ['b', 'c'], 'in the order they came');
  t.same(batch.sinceMs, [20, 30]);
});

t.test('a batch is as large as it may be, however many downloads before it are abandoned', async (t) => {
  const mailbox = new Mailbox(10);
  const members = ['a', 'b', 'c', 'd', 'e', 'f'].map(request);
  members.forEach((member, place) => mailbox.offer(member, place));
  for (const place of [0, 1, 3]) Object.assign(members[place] ?? {}, { abandoned: true });
  const batch = mailbox.take(2);
  t.same(names(batch.downloads), ['c', 'e']);
  t.same(batch.sinceMs, [2, 4]);
  t.same(names(mailbox.take(2).downloads), ['f']);
});
