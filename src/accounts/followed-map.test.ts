/** Tests that a copy reads what changed, and everything where the changes that it has may be lost. */
import t from 'tap';
import { TOKENS_MAX } from './change-history.js';
import type { ChangeHead } from './change-history.js';
import { FollowedMap } from './followed-map.js';
import { headAt } from './testing/fake-head.js';

interface Row {
  readonly key: string;
  readonly value: number | undefined;
  readonly revision: number;
}

function copyOf(rows: Row[]) {
  const reads: number[] = [];
  const map = new FollowedMap<string, number>((after, limit) => {
    reads.push(after);
    return Promise.resolve(rows.filter(({ revision }) => revision > after).slice(0, limit));
  });
  const set: string[][] = [];
  const catchUp = (head: ChangeHead) => map.catchUp(head, (keys) => void set.push([...keys]));
  return { map, reads, set, catchUp };
}

t.test('a change is read once, and nothing where the head has not moved', async (t) => {
  const rows: Row[] = [];
  const { map, reads, set, catchUp } = copyOf(rows);
  await catchUp(headAt(0));
  await catchUp(headAt(0));
  t.same(reads.splice(0), [0], 'once, at first');
  rows.push({ key: 'a', value: 1, revision: 1 });
  await catchUp(headAt(1));
  t.same(reads.splice(0), [0]);
  t.same(set, [['a']]);
  await catchUp(headAt(2));
  await catchUp(headAt(2));
  t.same(reads, [1], 'a change that was refused raises the head without a row');
  t.equal(map.get('a'), 1);
});

t.test(
  'after a failover that lost changes the copy starts anew, whatever the revision is by then',
  async (t) => {
    for (const revision of [1, 2, 3]) {
      const rows: Row[] = [
        { key: 'kept', value: 1, revision: 1 },
        { key: 'lost', value: 2, revision: 2 },
      ];
      const { map, set, catchUp } = copyOf(rows);
      await catchUp(headAt(2));
      rows.splice(1);
      if (revision > 1) rows.push({ key: 'new', value: 3, revision: 2 });
      if (revision > 2) rows.push({ key: 'newer', value: 4, revision: 3 });
      set.length = 0;
      const tokens = headAt(revision, 'b').tokens.slice(0, (revision - 1) * 8) + headAt(1).tokens;
      await catchUp({ revision, tokens });
      const expected = ['kept', 'new', 'newer'].slice(0, revision);
      t.same(
        [...map.entries()].map(([key]) => key),
        expected,
        `revision ${revision}`,
      );
      t.same(set, [expected]);
      await catchUp({ revision, tokens });
      t.equal(set.length, 1, 'once');
    }
  },
);

t.test('who is further behind than the tokens reads everything', async (t) => {
  const { reads, catchUp } = copyOf([{ key: 'a', value: 1, revision: 1 }]);
  await catchUp(headAt(1));
  await catchUp(headAt(TOKENS_MAX));
  await catchUp(headAt(2 * TOKENS_MAX));
  t.same(reads, [0, 1, 0]);
});

t.test('while everything is read anew the copy has what it had', async (t) => {
  let readable = true;
  const map = new FollowedMap<string, number>(() =>
    readable
      ? Promise.resolve([{ key: 'a', value: 1, revision: 1 }])
      : Promise.reject(new Error('the database is unreachable')),
  );
  await map.catchUp(headAt(1));
  readable = false;
  t.equal(map.isContinuedBy(headAt(1, 'b')), false);
  await t.rejects(map.catchUp(headAt(1, 'b')));
  t.equal(map.get('a'), 1);
  t.equal(map.isContinuedBy(headAt(1, 'b')), false, 'and the next call starts anew again');
});
