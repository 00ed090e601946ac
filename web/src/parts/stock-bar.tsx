/** Shows the remaining stock as a bar. */
import { useConsole } from '../context.js';

interface StockBarOptions {
  readonly remaining: number;
  readonly quantity: number;
}

export function StockBar({ remaining, quantity }: StockBarOptions) {
  const { words, format } = useConsole();
  const share = quantity === 0 ? 0 : remaining / quantity;
  return (
    <div
      class="stock"
      role="meter"
      aria-label={words.detail.remaining}
      aria-valuemin={0}
      aria-valuemax={quantity}
      aria-valuenow={remaining}
      aria-valuetext={words.remainingOf(format.whole(remaining), format.whole(quantity))}
      data-low={String(share > 0 && share <= 0.1)}
    >
      <div class="stock-level" style={{ '--share': String(share) }} />
    </div>
  );
}
