/** Shows the state of a coupon as word, colour and shape, because colour alone is not accessible. */
import type { CouponState } from '../api/coupon.js';
import { element, setText } from '../dom.js';
import type { Words } from '../language/en.js';

export function stateBadge(state: CouponState, words: Words): HTMLElement {
  const badge = element('span', { class: 'badge' });
  showState(badge, state, words);
  return badge;
}

export function showState(badge: HTMLElement, state: CouponState, words: Words): void {
  badge.dataset['state'] = state;
  setText(badge, words.state[state]);
}
