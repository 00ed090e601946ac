/**
 * Moves the keys of every coupon from the previous layout to the present one: `seonchak migrate` (docs/adr/0094).
 *
 * Every process has been stopped, so nothing changes meanwhile. A coupon is moved in one step (lua/move.lua), or not yet. On a single Redis that step
 * renames its keys. In a Cluster the new names lie in another slot: the keys are copied first, under names of their own, the step names the copies, and
 * only then are the earlier keys removed, together. A kill at any moment leaves the earlier keys, the new ones, or both with the same content;
 * a repeat continues from there.
 */
import type { CouponId } from '../../engine/domain/coupon.js';
import { LayoutMismatchError } from '../../engine/domain/errors.js';
import { nameInstallation, type TablesOf } from './belonging.js';
import { copyingKey, couponKeys } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import {
  earlierCoupons,
  installationIn,
  installationMoving,
  isSortedSet,
  layoutFault,
} from './redis-layout.js';
import { corrupt, integer, list, text } from './replies.js';

/** Elements copied at once: about a millisecond of each node. */
const CHUNK_ELEMENTS = 1_000;
/** The same for claims, of which each holds up to 3,000 issuances. */
const CHUNK_CLAIMS = 4;
const CLAIMED = 4;

/** A key of the coupon by its place, and how many elements it has. */
interface Source {
  readonly place: number;
  readonly key: string;
  readonly size: number;
}

/**
 * @param isCluster whether a rename cannot leave its slot.
 * @param onMoved after each coupon, with how many have been moved.
 * @returns how many coupons were moved; 0 where the layout is the present one.
 * @throws LayoutMismatchError while a process runs, or where both layouts have content that differs; StoreUnavailableError: repeat it.
 */
export async function moveKeys(
  calls: RedisCalls,
  { name, highestCouponId }: Omit<TablesOf, 'stamp'>,
  isCluster: boolean,
  onMoved: (coupons: number) => void = () => undefined,
): Promise<number> {
  const found = await nameInstallation(calls, installationIn(name), highestCouponId);
  if (found.status === 'ours') return 0;
  if (found.status === 'foreign') {
    if (![name, installationMoving(name)].includes(found.installation)) {
      const fault = layoutFault(found.installation, name);
      if (fault !== undefined) throw fault;
      // The keys of another installation stay. A start reports it.
      return 0;
    }
  } else if ((await earlierCoupons(calls, highestCouponId).next()).done === true) return 0;

  await requireNoProcess(calls);
  const moving = await nameInstallation(calls, installationMoving(name), highestCouponId, {
    creates: true,
    replaces: name,
  });
  if (moving.status !== 'ours') throw corrupt('a reply of installation', moving);
  // One that started between the first count and the name, which stops every later one.
  await requireNoProcess(calls);

  let coupons = 0;
  for await (const { couponId, keys } of earlierCoupons(calls, moving.highest)) {
    await moveCoupon(calls, couponId, await sources(calls, keys), isCluster);
    coupons += 1;
    onMoved(coupons);
  }
  await nameInstallation(calls, installationIn(name), highestCouponId, {
    replaces: installationMoving(name),
  });
  return coupons;
}

async function requireNoProcess(calls: RedisCalls): Promise<void> {
  if ((await calls.countProcesses()) === 0) return;
  throw new LayoutMismatchError(
    'Processes of an earlier version are running on this Redis. Stop every one of them, then run `seonchak migrate` again.',
  );
}

async function sources(calls: RedisCalls, keys: readonly (string | undefined)[]): Promise<Source[]> {
  const found: Source[] = [];
  for (const [place, key] of keys.entries()) {
    if (key !== undefined) found.push({ place, key, size: await sizeOf(calls, key, place) });
  }
  return found;
}

async function sizeOf(calls: RedisCalls, key: string, place: number): Promise<number> {
  return integer(await calls.command(isSortedSet(place) ? 'zcard' : 'hlen', key, []));
}

async function moveCoupon(
  calls: RedisCalls,
  couponId: CouponId,
  earlier: readonly Source[],
  isCluster: boolean,
): Promise<void> {
  const to = couponKeys(couponId);
  if (!(await isAnyThere(calls, to))) {
    const from = isCluster ? await copied(calls, couponId, earlier) : earlier;
    const names = to.map((key, place) => from.find((source) => source.place === place)?.key ?? key);
    const sizes = to.map((_, place) => from.find((source) => source.place === place)?.size ?? '');
    const reply = await calls.run('move', [...names, ...to], sizes, true);
    if (reply !== 'moved') throw corrupt('a reply of move', reply);
  } else if (!(await areEqual(calls, earlier, to))) {
    throw new LayoutMismatchError(
      `Redis has coupon ${couponId} twice, as ${earlier[0]?.key ?? ''} and as ${to[0] ?? ''}, with different content: ` +
        'a process of an earlier version ran meanwhile. Both were kept. Stop every process, restore the backup of Redis from before the upgrade, ' +
        'then run `seonchak migrate` again and `seonchak reconcile --all --repair`.',
    );
  }
  if (isCluster) await calls.unlink(earlier.map(({ key }) => key));
}

async function isAnyThere(calls: RedisCalls, keys: readonly string[]): Promise<boolean> {
  for (const [place, key] of keys.entries()) if ((await sizeOf(calls, key, place)) > 0) return true;
  return false;
}

/** What an interrupted move has named has the content of the earlier keys. */
async function areEqual(
  calls: RedisCalls,
  earlier: readonly Source[],
  to: readonly string[],
): Promise<boolean> {
  for (const { place, key, size } of earlier) {
    if ((await sizeOf(calls, to[place] ?? '', place)) !== size) return false;
    if (place === 0 && (await fieldsOf(calls, key)) !== (await fieldsOf(calls, to[place] ?? '')))
      return false;
  }
  return true;
}

async function fieldsOf(calls: RedisCalls, key: string): Promise<string> {
  const pairs: string[] = [];
  for await (const flat of chunksIn(calls, { place: 0, key })) {
    for (let at = 0; at < flat.length; at += 2) pairs.push(`${flat[at] ?? ''}=${flat[at + 1] ?? ''}`);
  }
  return pairs.sort().join('\n');
}

async function copied(calls: RedisCalls, couponId: CouponId, earlier: readonly Source[]): Promise<Source[]> {
  const copies: Source[] = [];
  for (const source of earlier) {
    const { place, size } = source;
    const key = copyingKey(couponId, place);
    // Removes what an interrupted copy has left.
    await calls.unlink([key]);
    for await (const flat of chunksIn(calls, source)) {
      if (flat.length > 0) await calls.command(isSortedSet(place) ? 'zadd' : 'hset', key, flat);
    }
    copies.push({ place, key, size });
  }
  return copies;
}

/** Fields and values, or scores and members. */
async function* chunksIn(
  calls: RedisCalls,
  { place, key }: Pick<Source, 'place' | 'key'>,
): AsyncGenerator<readonly string[]> {
  if (isSortedSet(place)) {
    for (let rank = 0; ; rank += CHUNK_ELEMENTS) {
      const range = [rank, rank + CHUNK_ELEMENTS - 1, 'WITHSCORES'];
      const flat = list(await calls.command('zrange', key, range)).map(text);
      if (flat.length === 0) return;
      yield flat.map((_, at) => flat[at % 2 === 0 ? at + 1 : at - 1] ?? '');
    }
  }
  let cursor = '0';
  do {
    const count = place === CLAIMED ? CHUNK_CLAIMS : CHUNK_ELEMENTS;
    const [next, fields] = list(await calls.command('hscan', key, [cursor, 'COUNT', count]));
    yield list(fields).map(text);
    cursor = text(next);
  } while (cursor !== '0');
}
