/** Puts a coupon into Redis: winners in chunks under a temporary key, then one step that names them. lua/warm.lua */
import { chunksOf } from '../../engine/domain/chunks.js';
import type { WarmContent } from '../../engine/ports/admission.js';
import type { CouponId, Issuance } from '../../engine/domain/coupon.js';
import { StoresMixedUpError, StoreUnavailableError } from '../../engine/domain/errors.js';
import { couponKeys, markerStart, newToken, warmingKey } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import { corrupt } from './replies.js';

/** HSET takes two arguments each; larger chunks would delay the coupons that are being downloaded meanwhile. */
const CHUNK_WINNERS = 1_000;
/** Remains of a warm that died expire after this; each chunk renews it. */
const WARMING_TTL_SECONDS = 60;

export async function warmCoupon(
  calls: RedisCalls,
  couponId: CouponId,
  read: () => Promise<WarmContent>,
): Promise<'warmed' | 'present'> {
  const unique = newToken();
  const key = warmingKey(couponId, unique);
  const gather = async (begins: boolean, winners: readonly Issuance[]): Promise<void> => {
    const pairs = winners.flatMap(({ holder, issueNo, issuedAtMs }) => [holder, `${issueNo}:${issuedAtMs}`]);
    const reply = await calls.run('gather', [key], [WARMING_TTL_SECONDS, begins ? 1 : 0, ...pairs]);
    if (reply === 'missing') throw incomplete();
    if (reply !== 'gathered') throw corrupt('a reply of gather', reply);
  };
  await gather(true, []);
  const { coupon, issued } = await read();
  let winners = 0;
  for await (const chunk of issued) {
    for (const part of chunksOf(chunk, CHUNK_WINNERS)) {
      await gather(false, part);
      winners += part.length;
    }
  }
  await calls.belonging.see(calls, couponId);
  const own = markerStart(couponId, calls.belonging.birthOf(coupon.birth));
  const reply = await calls.run(
    'warm',
    [...couponKeys(couponId), key],
    [
      winners,
      coupon.quantity,
      coupon.opensAtMs ?? '',
      coupon.closesAtMs ?? '',
      coupon.paused ? 1 : 0,
      coupon.closed ? 1 : 0,
      coupon.version,
      coupon.epoch,
      coupon.lastIssueNo,
      coupon.lastChange?.changeNo ?? 0,
      coupon.lastChange?.refused ?? '',
      `${own}${unique}`,
      own,
    ],
    true,
  );
  switch (reply) {
    case 'warmed':
    case 'present':
      return reply;
    case 'foreign':
      throw new StoresMixedUpError(
        `Redis holds another coupon under the id ${couponId}. Run \`seonchak reconcile --all --repair\`: the keys of the other coupon are renamed and kept.`,
      );
    case 'incomplete':
      throw incomplete();
    default:
      throw corrupt('a reply of warm', reply);
  }
}

function incomplete(): StoreUnavailableError {
  return new StoreUnavailableError(
    'The coupon was not warmed: the gathered winners were incomplete when read back. Try again.',
  );
}
