/** Shows the remaining stock as a bar. */
import { element } from '../dom.js';

export interface StockBar {
  readonly root: HTMLElement;
  show(remaining: number, quantity: number, spoken: string): void;
}

export function stockBar(label: string): StockBar {
  const level = element('div', { class: 'stock-level' });
  const root = element('div', { class: 'stock', role: 'meter', 'aria-label': label }, level);
  return {
    root,
    show(remaining, quantity, spoken) {
      const share = quantity === 0 ? 0 : remaining / quantity;
      level.style.setProperty('--share', String(share));
      root.dataset['low'] = String(share > 0 && share <= 0.1);
      root.setAttribute('aria-valuemin', '0');
      root.setAttribute('aria-valuemax', String(quantity));
      root.setAttribute('aria-valuenow', String(remaining));
      root.setAttribute('aria-valuetext', spoken);
    },
  };
}
