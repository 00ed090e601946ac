/** Leads from a coupon that is over to others that are open. */
import { useConsole } from '../context.js';
import { useLoaded } from '../hooks.js';
import { eventAddress, home } from '../route.js';

const SHOWN_MAX = 3;

export function OtherCoupons({ couponId }: { readonly couponId: number }) {
  const { words, api, format } = useConsole();
  // One more, as this coupon may be open again by then.
  const { result } = useLoaded(
    () => api.allCoupons({ state: 'open', sort: '-id' }, SHOWN_MAX + 1),
    [couponId],
  );
  if (result?.ok !== true) return null;
  const others = result.value.items.filter(({ id }) => id !== couponId).slice(0, SHOWN_MAX);
  return (
    <nav class="others" aria-label={words.event.others}>
      {others.length > 0 && <h2>{words.event.others}</h2>}
      <ul>
        {others.map(({ id, name, remaining, discount }) => (
          <li key={id}>
            <a href={eventAddress(id)}>
              <span class="others-name">{name}</span>
              <span class="quiet">
                {discount !== undefined && `${format.discount(discount)} · `}
                {words.event.othersLeft(format.whole(remaining))}
              </span>
            </a>
          </li>
        ))}
      </ul>
      <a class="button button-wide" href={home}>
        {words.event.allCoupons}
      </a>
    </nav>
  );
}
