import t from 'tap';
import { member } from '../../engine/testing/contracts/ids.js';
import { couponNumber } from '../../engine/testing/simulation/staged-world.js';
import { GroupCommit } from './group-commit.js';
import type { SqliteStatement, SqliteStep } from './sqlite-statement.js';

const DEADLINE_MS = 50;

function statement(sql: string): SqliteStatement {
  return { sql, parameters: [] };
}

/** A disk whose commits the test lets through, or not, one by one. */
class HeldDisk {
  readonly asked: string[][] = [];
  readonly #outcomes: { resolve: () => void; reject: (error: Error) => void }[] = [];
  readonly #onAsk: (() => void)[] = [];

  transact = (steps: readonly SqliteStep[]): Promise<void> => {
    this.asked.push(steps.map((step) => ('runs' in step ? step.runs.join(' ') : step.sql)));
    return new Promise((resolve, reject) => {
      this.#outcomes.push({ resolve, reject });
      this.#onAsk.shift()?.();
    });
  };

  /** Waits until a commit is asked for. */
  async commit(): Promise<void> {
    if (this.#outcomes.length === 0) await new Promise<void>((resolve) => this.#onAsk.push(resolve));
  }

  async settle(code?: string): Promise<void> {
    await this.commit();
    const outcome = this.#outcomes.shift();
    if (code === undefined) outcome?.resolve();
    else outcome?.reject(Object.assign(new Error('no'), { code }));
  }
}

function over(disk: HeldDisk, deadlineMs = 60_000): GroupCommit {
  return new GroupCommit({ transact: disk.transact, deadlineMs, betweenGroups: () => undefined });
}

/** A counter in memory: each increment is a decision based on the previous one. */
class Counter {
  value = 0;
  readonly commits: GroupCommit;

  constructor(commits: GroupCommit) {
    this.commits = commits;
  }

  increment(name: string, contradicted?: () => void): Promise<number> {
    return this.commits.submit((effects) => {
      this.value++;
      effects.write([statement(name)], () => this.value--);
      return this.value;
    }, contradicted);
  }

  read(): Promise<number> {
    return this.commits.submit(() => this.value);
  }
}

t.test(
  'what is submitted together is committed together, what comes meanwhile goes with the next',
  async (t) => {
    const disk = new HeldDisk();
    const counter = new Counter(over(disk));
    const first = [counter.increment('a'), counter.increment('b')];
    await disk.commit();
    const second = [counter.increment('c'), counter.increment('d'), counter.increment('e')];
    t.equal(counter.value, 2, 'nothing is decided while a commit is in flight');
    await disk.settle();
    t.same(await Promise.all(first), [1, 2]);
    await disk.settle();
    t.same(await Promise.all(second), [3, 4, 5]);
    t.same(disk.asked, [
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
  },
);

t.test('a reader never sees what is taken back', async (t) => {
  const disk = new HeldDisk();
  const counter = new Counter(over(disk));
  const lost = counter.increment('a');
  await disk.commit();
  const read = counter.read();
  await disk.settle('SQLITE_FULL');
  await t.rejects(lost, { code: 'store_unavailable' });
  t.equal(await read, 0);
});

t.test('a failed commit takes back its whole group, readers of that group included', async (t) => {
  const disk = new HeldDisk();
  const counter = new Counter(over(disk));
  const group = [counter.increment('a'), counter.increment('b'), counter.read()];
  await disk.settle('SQLITE_IOERR_WRITE');
  for (const promise of group) await t.rejects(promise, { code: 'store_unavailable' });
  t.equal(await counter.read(), 0);
  const next = counter.increment('c');
  await disk.settle();
  t.equal(await next, 1);
});

t.test('an fsync that failed is not a refusal: the content of the disk is unknown', async (t) => {
  const disk = new HeldDisk();
  const counter = new Counter(over(disk));
  const lost = counter.increment('a');
  await disk.settle('SQLITE_IOERR_FSYNC');
  await t.rejects(lost, { code: 'store_outcome_unknown' });
});

t.test('one command that contradicts the database does not cost the others', async (t) => {
  const disk = new HeldDisk();
  const counter = new Counter(over(disk));
  let contradicted = 0;
  const good = counter.increment('good');
  const bad = counter.increment('bad', () => contradicted++);
  const fine = counter.increment('fine');
  await disk.settle('SQLITE_CONSTRAINT_UNIQUE');
  await disk.settle();
  await disk.settle('SQLITE_CONSTRAINT_UNIQUE');
  await disk.settle();
  t.same(await Promise.all([good, fine]), [1, 2]);
  await t.rejects(bad, { code: 'store_unavailable' });
  t.equal(contradicted, 1);
  t.same(disk.asked, [['good', 'bad', 'fine'], ['good'], ['bad'], ['fine']]);
});

t.test('rows of many coupons are one step, and none overtakes a statement between them', async (t) => {
  const disk = new HeldDisk();
  const commits = over(disk);
  const issue = (couponId: number, ...names: string[]) =>
    commits.submit((effects) => {
      const holders = names.map(member);
      const coupon = { couponId: couponNumber(couponId), firstIssueNo: 1, issuedAtMs: 7, holders };
      effects.issue(coupon, () => undefined);
    });
  const revoke = commits.submit.bind(commits);
  const all = [
    issue(1, 'a', 'b'),
    issue(2, 'a'),
    revoke((effects) => effects.write([statement('revoke')], () => undefined)),
    issue(3, 'c'),
    issue(4, 'd'),
  ];
  await disk.settle();
  await Promise.all(all);
  t.same(disk.asked, [['1 1 7 2 a b 2 1 7 1 a', 'revoke', '3 1 7 1 c 4 1 7 1 d']]);
});

t.test('a decision that throws fails alone', async (t) => {
  const disk = new HeldDisk();
  const counter = new Counter(over(disk));
  const broken = counter.commits.submit(() => {
    throw new Error('a bug');
  });
  const good = counter.increment('good');
  await t.rejects(broken, { code: 'internal_error' });
  await disk.settle();
  t.equal(await good, 1);
});

t.test('no caller waits for a disk that hangs, and a late commit still counts', async (t) => {
  const disk = new HeldDisk();
  const counter = new Counter(over(disk, DEADLINE_MS));
  const inFlight = counter.increment('a');
  await disk.commit();
  const waiting = counter.increment('b');
  await t.rejects(inFlight, { code: 'store_outcome_unknown' });
  await t.rejects(waiting, { code: 'store_unavailable' }, 'it was never attempted');
  await t.rejects(counter.increment('c'), { code: 'store_unavailable' }, 'nor is anything else for now');
  await disk.settle();
  await new Promise(setImmediate);
  const next = counter.increment('d');
  await disk.settle();
  t.equal(await next, 2, 'a retry gives the definite answer');
});
