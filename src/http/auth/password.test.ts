import t from 'tap';
import { BoundedWork } from './bounded-work.js';
import { PasswordHasher } from './password.js';

t.test('a hash says how it was made, and no two are alike', async (t) => {
  const hasher = new PasswordHasher();
  const hash = await hasher.hash('correct horse');
  t.match(hash, /^scrypt\$n=32768,r=8,p=3\$[A-Za-z0-9_-]{22}\$[A-Za-z0-9_-]{43}$/);
  t.not(await hasher.hash('correct horse'), hash);
  t.equal(await hasher.verify('correct horse', hash), true);
  t.equal(await hasher.verify('correct horsf', hash), false);
});

t.test('a hash made under other parameters is still verified', async (t) => {
  // Made with N = 1024, r = 8, p = 1 from the password "old password".
  const old = 'scrypt$n=1024,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$ynlsx4oTeXsBekJbRVd_NTCMF8Xuy0QPZz94OPs_x9M';
  t.equal(await new PasswordHasher().verify('old password', old), true);
});

t.test('the same password in other code points is the same password', async (t) => {
  const hasher = new PasswordHasher();
  t.equal(
    await hasher.verify('비밀번호Å'.normalize('NFD'), await hasher.hash('비밀번호Å'.normalize('NFC'))),
    true,
  );
});

t.test('without an account the answer is no, after the same work', async (t) => {
  const hasher = new PasswordHasher();
  t.equal(await hasher.verify('correct horse', undefined), false);
  t.equal(await hasher.verify('correct horse', 'not a hash at all'), false);
});

t.test('what comes beyond the line is turned away at once, and the line moves on', async (t) => {
  const work = new BoundedWork(1, 2);
  const gates: (() => void)[] = [];
  const order: number[] = [];
  const job = (number: number) =>
    work.run(async () => {
      await new Promise<void>((resolve) => gates.push(resolve));
      order.push(number);
      return number;
    });
  const jobs = [job(1), job(2), job(3)];
  t.equal(await job(4), undefined);
  for (const expected of [1, 2, 3]) {
    gates.shift()?.();
    t.equal(await jobs[expected - 1], expected);
  }
  t.strictSame(order, [1, 2, 3]);
});

t.test('work that fails gives its place back', async (t) => {
  const work = new BoundedWork(1, 0);
  await t.rejects(work.run(() => Promise.reject(new Error('no'))));
  t.equal(await work.run(() => Promise.resolve('yes')), 'yes');
});
