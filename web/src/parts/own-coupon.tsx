/** Draws the frame of a page about one coupon of the seller's own: reads the coupon, and refuses the coupons of others. */
import type { ComponentChildren } from 'preact';
import type { Coupon } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useLoaded } from '../hooks.js';
import { detailAddress, eventAddress } from '../route.js';
import { Empty, Failed, Loading, SellersOnly } from './states.js';

interface OwnCouponOptions {
  readonly couponId: number;
  /** @param reload reads the coupon again. */
  readonly children: (coupon: Coupon, reload: () => Promise<void>) => ComponentChildren;
}

export function OwnCoupon({ couponId, children }: OwnCouponOptions) {
  const { session } = useConsole();
  return (
    <div class="page page-detail">
      {session.current?.role === 'seller' ? (
        <OfSeller couponId={couponId} sellerId={session.current.id}>
          {children}
        </OfSeller>
      ) : (
        <SellersOnly wholePage />
      )}
    </div>
  );
}

function OfSeller({ couponId, sellerId, children }: OwnCouponOptions & { readonly sellerId: string }) {
  const { words, api } = useConsole();
  const { result, reload } = useLoaded(() => api.coupon(couponId), [couponId]);
  if (result === undefined) return <Loading />;
  if (!result.ok) {
    const retry = result.problem.code === 'unknown_coupon' ? undefined : () => void reload();
    return <Failed problem={result.problem} retry={retry} wholePage />;
  }
  if (result.value.sellerId === sellerId) return <>{children(result.value, reload)}</>;
  return (
    <Empty title={words.detail.notYours} text={result.value.name} wholePage>
      <a class="button" href={eventAddress(couponId)}>
        {words.detail.eventPage}
      </a>
    </Empty>
  );
}

interface SubpageHeadOptions {
  readonly coupon: Coupon;
  readonly title: string;
  readonly lead?: string;
}

/** The heading of a page below that of the coupon, with the way back. */
export function SubpageHead({ coupon, title, lead }: SubpageHeadOptions) {
  return (
    <header>
      <p class="way-back">
        <a href={detailAddress(coupon.id)}>← {coupon.name}</a>
      </p>
      <h1>{title}</h1>
      {lead !== undefined && <p class="lead">{lead}</p>}
    </header>
  );
}
