/** A coupon's state: a word, a colour, and a shape, so that colour alone never carries it. */
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
