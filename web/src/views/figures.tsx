/** Shows the figures of a coupon, with its units by stage. */
import { useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import type { CouponStats, HoldCounts, LiveUpdate } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { StockBar } from '../parts/stock-bar.js';

/** Times of issuances, as far back as recording may lag behind and still be shown exactly. */
const ISSUED_KEPT = 600;

const parts = ['remaining', 'queued', 'claimed', 'recorded', 'deadLettered'] as const;

interface FiguresOptions {
  readonly live: LiveUpdate | undefined;
  readonly stats: CouponStats | undefined;
}

export function Tiles({ live, stats }: FiguresOptions) {
  const { words, format } = useConsole();
  const lagMs = useLag(live, stats);
  const unrecorded = stats === undefined ? undefined : stats.queued + stats.claimed;
  const share = live === undefined || live.quantity === 0 ? 0 : (100 * live.issued) / live.quantity;
  return (
    <div class="tiles">
      <Tile
        label={words.detail.remaining}
        wide
        value={live && format.whole(live.remaining)}
        note={live && words.remainingOf(format.whole(live.remaining), format.whole(live.quantity))}
      >
        {live !== undefined && <StockBar remaining={live.remaining} quantity={live.quantity} />}
      </Tile>
      <Tile
        label={words.detail.issued}
        value={live && format.whole(live.issued)}
        note={live && `${format.rate(share)}%`}
      />
      <Tile label={words.detail.speed} value={live && format.rate(live.issuedPerSecond)} />
      <Tile
        label={words.detail.waiting}
        value={unrecorded === undefined ? undefined : format.whole(unrecorded)}
        note={
          unrecorded === undefined
            ? undefined
            : unrecorded === 0
              ? words.detail.noLag
              : lagMs < 1_000
                ? ''
                : words.detail.lag(format.duration(lagMs))
        }
      />
    </div>
  );
}

/** @returns how long ago the oldest issuance that is still unrecorded was made. */
function useLag(live: LiveUpdate | undefined, stats: CouponStats | undefined): number {
  const history = useRef<{ readonly atMs: number; readonly issued: number }[]>([]);
  const { current: kept } = history;
  if (live !== undefined && kept.at(-1)?.atMs !== live.storeNowMs) {
    kept.push({ atMs: live.storeNowMs, issued: live.issued });
    if (kept.length > ISSUED_KEPT) kept.shift();
  }
  const newest = kept.at(-1);
  if (newest === undefined || stats === undefined) return 0;
  const recorded = newest.issued - stats.queued - stats.claimed;
  const oldest = kept.find((entry) => entry.issued > recorded);
  return oldest === undefined ? 0 : newest.atMs - oldest.atMs;
}

interface TileOptions {
  readonly label: string;
  readonly value: string | undefined;
  readonly note?: string | undefined;
  readonly wide?: boolean;
  readonly children?: ComponentChildren;
}

function Tile({ label, value, note, wide, children }: TileOptions) {
  return (
    <div class={wide === true ? 'tile tile-wide' : 'tile'}>
      <h2>{label}</h2>
      <p class="tile-value">{value ?? '–'}</p>
      <p class="tile-note">{note}</p>
      {children}
    </div>
  );
}

/** quantity = remaining + queued + claimed + recorded + set aside: the whole bar is the quantity. */
export function Balance({ stats }: { readonly stats: CouponStats | undefined }) {
  const { words, format } = useConsole();
  const total = stats === undefined ? 1 : Math.max(1, sumOf(stats));
  return (
    <section class="panel balance">
      <h2>{words.detail.balance}</h2>
      <div class="balance-bar" aria-hidden="true">
        {parts.map((part) => (
          <div
            key={part}
            class="balance-segment"
            data-part={part}
            style={{ '--share': String((stats?.[part] ?? 0) / total) }}
          />
        ))}
      </div>
      <ul class="balance-list">
        {parts.map((part) => (
          <li key={part} data-part={part}>
            <span>{words.detail.balanceParts[part]}</span>
            <strong>{stats === undefined ? '–' : format.whole(stats[part])}</strong>
          </li>
        ))}
      </ul>
      {stats !== undefined && stats.deadLettered > 0 && (
        <p class="hint-box hint-bad">{words.detail.deadLetteredHint}</p>
      )}
    </section>
  );
}

const holdParts = ['held', 'confirmed', 'expired', 'released', 'recalled'] as const;

/** What became of the holds of a coupon. */
export function HoldFigures({ counts }: { readonly counts: HoldCounts | undefined }) {
  const { words, format } = useConsole();
  return (
    <ul class="balance-list hold-figures">
      {holdParts.map((part) => (
        <li key={part} data-part={part}>
          <span>{words.holds.parts[part]}</span>
          <strong>{counts === undefined ? '–' : format.whole(counts[part])}</strong>
        </li>
      ))}
    </ul>
  );
}

function sumOf(stats: CouponStats): number {
  return parts.reduce((sum, part) => sum + stats[part], 0);
}
