/** Downloads one more unit of a coupon of which a member may have several. */
import type { SeonchakClient } from './client.js';
import { pressUntilDefinite } from './press-until-definite.js';
import type { PressOptions, PressResult } from './press-until-definite.js';
import { untilDefinite } from './until-definite.js';

export type DownloadNextResult =
  /** What became of this unit. After `unknown` repeat it with `pressUntilDefinite` and the unit: calling this again may ask for another one. */
  | (PressResult & { readonly unit: number })
  /** The member holds as many units as it may have. */
  | { readonly status: 'full' }
  /** The units that the member holds could not be read: nothing was attempted. */
  | { readonly status: 'unread' };

/**
 * Reads the member's units and downloads the lowest one that is free, until the answer is definite. Two devices that do so at once get one
 * unit together.
 *
 * @throws the reason of `options.signal`, and nothing else.
 */
export async function downloadNext(
  client: SeonchakClient,
  couponId: number,
  options: PressOptions = {},
): Promise<DownloadNextResult> {
  const held = await untilDefinite(
    (signal) => client.GET('/v1/me/coupons/{couponId}', { params: { path: { couponId } }, signal }),
    options,
  );
  if (held === undefined) return { status: 'unread' };
  // A member who holds none, and a coupon that cannot be read, have no units here: the first one is asked for, and its answer is definite.
  const { perMember, units } = held.data?.issuance ?? { perMember: 1, units: [] };
  const taken = new Set(units.map(({ unit }) => unit));
  const free = Array.from({ length: perMember }, (_, place) => place + 1).find((unit) => !taken.has(unit));
  if (free === undefined) return { status: 'full' };
  return { ...(await pressUntilDefinite(client, couponId, { ...options, unit: free })), unit: free };
}
