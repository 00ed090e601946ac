/** Tests how the console uploads a file to a list of members. The list is in a real database. */
import t from 'tap';
import { AUDIENCE_MAX } from '../src/accounts/audiences.js';
import { memberLines } from '../src/cli/member-lines.js';
import type { CouponId, MemberId } from '../src/engine/domain/coupon.js';
import { newCoupon } from '../src/engine/testing/contracts/new-coupon.js';
import { openEmbedded } from '../src/persist/sqlite/open-embedded.js';
import type { Result } from '../web/src/api/result.js';
import {
  LIST_MEMBERS_MAX,
  type ListCalls,
  type Progress,
  sendMembers,
} from '../web/src/views/send-members.js';

/** Room of the lists here, so that the test needs no million of members. */
const ROOM = 2_500;

const stores = await openEmbedded({ dataDir: t.testdir(), as: 'server' });
t.teardown(() => stores.close());
const { audiences, catalogue } = stores;

const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, place) => `${prefix}-${place + 1}`);

/** A coupon with this list, and the calls of the console, answered by the store as the API would. */
async function listOf(members: readonly string[]) {
  const { couponId } = await catalogue.insert(newCoupon());
  const sizes: number[] = [];
  const change = async (add: readonly string[], remove: readonly string[]) => {
    const update = { add: add as readonly MemberId[], remove: remove as readonly MemberId[] };
    const reply = await audiences.change(couponId, update, ROOM);
    sizes.push(reply.audience.members);
    return reply;
  };
  const problem = {
    ...{ code: 'audience_full', detail: '', retryAfterMs: undefined },
    errors: [],
    fields: {},
  };
  const calls: ListCalls = {
    async read(after, limit) {
      const items = await audiences.members(couponId, after, limit);
      return { ok: true, value: { items, next: items.length < limit ? undefined : items.at(-1) } };
    },
    async add(some): Promise<Result<number>> {
      const reply = await change(some, []);
      return reply.status === 'full' ? { ok: false, problem } : { ok: true, value: reply.added };
    },
    async remove(some): Promise<Result<number>> {
      const reply = await change([], some);
      return reply.status === 'full' ? { ok: false, problem } : { ok: true, value: reply.removed };
    },
  };
  for (let from = 0; from < members.length; from += 1_000)
    await change(members.slice(from, from + 1_000), []);
  sizes.length = 0;
  return { couponId, calls, sizes };
}

const membersOf = async (couponId: CouponId) => (await audiences.members(couponId, '', 10_000)).sort();

interface Upload {
  readonly replaces?: boolean;
  readonly isStopped?: (progress: Progress | undefined) => boolean;
}

async function upload(
  calls: ListCalls,
  file: readonly string[],
  { replaces = true, isStopped = () => false }: Upload = {},
) {
  let progress: Progress | undefined;
  const ending = await sendMembers({
    ...{ calls, lines: memberLines(file.join('\n')), replaces, membersMax: ROOM },
    onProgress: (latest) => (progress = latest),
    isStopped: () => isStopped(progress),
  });
  return { ending, progress };
}

t.test('a list is replaced where it has no room for both', async (t) => {
  const both = named('both', 300);
  const { couponId, calls, sizes } = await listOf([...named('old', 1_700), ...both]);
  const file = [...named('new', 1_000), ...both, ...named('newer', 1_000)];
  const { ending, progress } = await upload(calls, file);
  t.equal(ending, undefined);
  t.match(progress, { sent: 2_300, added: 2_000, removed: 1_700, read: undefined });
  t.same(await membersOf(couponId), [...file].sort());
  t.equal(Math.max(...sizes), ROOM, 'no more were removed early than the new ones needed');
});

t.test('with room for both, none is removed before all of the file are on the list', async (t) => {
  const { couponId, calls, sizes } = await listOf(named('old', 1_000));
  const file = named('new', 1_500);
  t.equal((await upload(calls, file)).ending, undefined);
  t.same(sizes, [2_000, 2_500, 1_500]);
  t.same(await membersOf(couponId), [...file].sort());
});

t.test('a file that the list cannot take changes nothing', async (t) => {
  const { couponId, calls, sizes } = await listOf(named('old', 10));
  const long = await upload(calls, [...named('new', ROOM + 1), 'new-1']);
  t.same(long.ending, { kind: 'too_many', members: ROOM + 1, membersMax: ROOM });
  const wrong = named('new', 1_500);
  wrong[1_400] = 'a\u0000b';
  wrong[1_450] = 'x'.repeat(256);
  const faulty = await upload(calls, wrong);
  t.match(faulty.ending, { kind: 'refused', lines: [{ line: 1_401 }, { line: 1_451 }], sent: 0 });
  t.same((await upload(calls, ['member_id', ''])).ending, { kind: 'empty' });
  t.same(sizes, []);
  t.same(await membersOf(couponId), named('old', 10).sort());
});

t.test('what is stopped or fails is continued with the same file', async (t) => {
  const { couponId, calls } = await listOf(named('old', 2_000));
  const file = named('new', 2_000);
  const stopped = await upload(calls, file, { isStopped: (progress) => (progress?.added ?? 0) > 0 });
  t.match(stopped, { ending: { kind: 'stopped', sent: 1_000 }, progress: { added: 1_000, removed: 500 } });
  // Another upload takes the room that this one has made.
  const remove = async (some: readonly string[]) => {
    const result = await calls.remove(some);
    await calls.add(named('rival', some.length));
    return result;
  };
  const failed = await upload({ ...calls, remove }, file);
  t.match(failed.ending, { kind: 'failed', problem: { code: 'audience_full' }, sent: 1_000 });
  const again = await upload(calls, file);
  t.match(again, { ending: undefined, progress: { added: 1_000, sent: 2_000 } });
  t.same(await membersOf(couponId), [...file].sort());
});

t.test('without a replacement the list keeps the others', async (t) => {
  const { couponId, calls } = await listOf(['old-1', 'new-1']);
  const { ending, progress } = await upload(calls, ['new-1', 'new-2', 'new-2'], { replaces: false });
  t.equal(ending, undefined);
  t.match(progress, { sent: 3, added: 1, removed: undefined, read: undefined });
  t.same(await membersOf(couponId), ['new-1', 'new-2', 'old-1']);
});

t.test('the console knows the room of a list', (t) => {
  t.equal(LIST_MEMBERS_MAX, AUDIENCE_MAX);
  t.end();
});
