/**
 * Names the layout of the keys in Redis, and finds keys of the previous layout (docs/adr/0094).
 *
 * The member of `seonchak:installation` is layout and installation, `layout-2 4f2c`. Versions before buckets wrote the installation alone, and stop
 * deciding within seconds when they find anything else there.
 */
import { chunksOf } from '../../engine/domain/chunks.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { LayoutMismatchError } from '../../engine/domain/errors.js';
import { isWrongTypeFault } from './fault-classes.js';
import { earlierCouponKeys, markerRoles } from './keys.js';
import { list } from './replies.js';

/** The part of `RedisCalls` that is needed here. */
export interface KeyCommands {
  command(name: string, key: string, args: readonly (string | number)[]): Promise<unknown>;
}

/** Raised with every change of the names or the content of keys that scripts of the previous version could not read. */
const LAYOUT = 'layout-2';
const MOVING = 'moving';

/** Coupons that are asked about at once. */
const CALL_COUPONS_MAX = 200;

/** As `seonchak:installation` has it. */
export const installationIn = (name: string): string => `${LAYOUT} ${name}`;

/** While `seonchak migrate` moves the keys: no version decides anything. */
export const installationMoving = (name: string): string => `${MOVING} ${name}`;

/** Why Redis may not be used although it is ours; `undefined` where it is another's. */
export function layoutFault(found: string, name: string): LayoutMismatchError | undefined {
  if (found === name) return earlierLayout();
  if (found === installationMoving(name))
    return new LayoutMismatchError(
      'The keys in Redis are being moved, or a `seonchak migrate` was interrupted. If none is running, run `seonchak migrate` again.',
    );
  if (found.endsWith(` ${name}`))
    return new LayoutMismatchError(
      `The keys in Redis are of a later version of Seonchak (${found.slice(0, -name.length - 1)}). Start that version.`,
    );
  return undefined;
}

export const earlierLayout = (): LayoutMismatchError =>
  new LayoutMismatchError(
    'The keys in Redis are of an earlier version of Seonchak. Stop every process of it, run `seonchak migrate`, then start this version.',
  );

/** Coupons of which Redis has keys of the previous layout, each with its keys by place, those that are not ours left out. */
export async function* earlierCoupons(
  calls: KeyCommands,
  highestCouponId: number,
): AsyncGenerator<{ readonly couponId: CouponId; readonly keys: readonly (string | undefined)[] }> {
  for (const ids of chunksOf(idsUpTo(highestCouponId), CALL_COUPONS_MAX)) {
    const found = await Promise.all(ids.map((couponId) => earlierKeys(calls, couponId)));
    for (const [place, couponId] of ids.entries()) {
      const keys = found[place] ?? [];
      if (keys.some((key) => key !== undefined)) yield { couponId, keys };
    }
  }
}

function idsUpTo(highest: number): CouponId[] {
  return Array.from({ length: highest }, (_, place) => (place + 1) as CouponId);
}

function earlierKeys(calls: KeyCommands, couponId: CouponId): Promise<(string | undefined)[]> {
  return Promise.all(
    earlierCouponKeys(couponId).map(async (key, place) =>
      (await hasMarker(calls, key, place, couponId)) ? key : undefined,
    ),
  );
}

/** Keys of another application may have such a name: they stay. */
async function hasMarker(
  calls: KeyCommands,
  key: string,
  place: number,
  couponId: CouponId,
): Promise<boolean> {
  const role = markerRoles[place] ?? '';
  try {
    const mark = isSortedSet(place)
      ? list(await calls.command('zrange', key, [-1, -1]))[0]
      : await calls.command('hget', key, [place === 0 ? 'marker' : '']);
    return typeof mark === 'string' && mark.startsWith(`${role}${couponId}.`);
  } catch (fault) {
    if (isWrongTypeFault(fault)) return false;
    throw fault;
  }
}

/** By place in the list of a coupon's keys. */
export const isSortedSet = (place: number): boolean => place === 2 || place === 3;
