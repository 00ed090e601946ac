/** Shows the event of a coupon: countdown, button and issued number. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Held } from '../api/held.js';
import type { Coupon, CouponState, LiveUpdate } from '../api/coupon.js';
import { useConsole } from '../context.js';
import type { ConsoleContext } from '../context.js';
import { useLoaded, useTitle } from '../hooks.js';
import { rememberIssued } from '../just-issued.js';
import { useLive } from '../live.js';
import { StateBadge } from '../parts/badge.js';
import { CouponImage } from '../parts/coupon-image.js';
import { ConnectionNote } from '../parts/connection.js';
import { Countdown } from '../parts/countdown.js';
import { useLinkSharing } from '../parts/share-link.js';
import { Failed, Loading } from '../parts/states.js';
import { StockBar } from '../parts/stock-bar.js';
import { DownloadButton } from './download-button.js';
import { Icon } from '../parts/icon.js';
import { HoldPart } from './hold-part.js';
import { IssuedStub } from './issued-stub.js';
import { OtherCoupons } from './other-coupons.js';

/** A tray with an arrow that leaves it. */
const SHARE = ['M12 15V4', 'M8 8l4-4 4 4', 'M5 12v7h14v-7'];

export function EventPage({ couponId }: { readonly couponId: number }) {
  const { api, words } = useConsole();
  const { result, reload } = useLoaded(() => api.coupon(couponId), [couponId]);
  useTitle(result?.ok === true ? result.value.name : words.coupons.title);
  return (
    <div class="page page-event">
      {result === undefined ? (
        <Loading />
      ) : result.ok ? (
        <Event coupon={result.value} />
      ) : (
        <Failed
          problem={result.problem}
          retry={result.problem.code === 'unknown_coupon' ? undefined : () => void reload()}
          wholePage
        />
      )}
    </div>
  );
}

type Latest = Pick<LiveUpdate, 'state' | 'quantity' | 'remaining' | 'opensAtMs'>;

function Event({ coupon }: { readonly coupon: Coupon }) {
  const context = useConsole();
  const { words, format, session, api } = context;
  const [latest, setLatest] = useState<Latest>(coupon);
  const [held, setHeld] = useState<Held & { readonly takesFocus: boolean }>();
  const [units, setUnits] = useState<readonly number[]>([]);
  const [spoken, setSpoken] = useState('');
  /** The hold that the member had here has ended. */
  const [ended, setEnded] = useState<{ readonly released: boolean; readonly takesFocus: boolean }>();
  /** The countdown has reached zero: the button works at once and does not wait for the news of it. */
  const [reached, setReached] = useState<number>();
  const action = useRef<HTMLDivElement>(null);
  const { clock, status } = useLive(coupon.id, setLatest);

  const isReached = latest.state === 'scheduled' && reached !== undefined && latest.opensAtMs === reached;
  const state = isReached ? 'open' : latest.state;
  const isMember = session.current?.role === 'member';
  const [headline, detail] = sentences(context, state, latest.opensAtMs);
  const over = state === 'sold_out' || state === 'closed';

  function hold(issuance: Held): void {
    const { issueNo, issuedAtMs, unit } = issuance;
    const memberId = session.current?.id ?? '';
    rememberIssued({ memberId, couponId: coupon.id, unit, name: coupon.name, issueNo, issuedAtMs });
    setUnits((before) => [...before.filter((unit) => unit !== issuance.unit), issuance.unit]);
    setEnded(undefined);
    // The button disappears, and keyboard focus on it must not be lost.
    setHeld({ ...issuance, takesFocus: action.current?.contains(document.activeElement) === true });
    // A region that was there before is spoken; one that comes with its text often is not.
    if (!issuance.again) {
      const number = format.whole(issuance.issueNo);
      const isHeld = issuance.confirmByMs !== undefined;
      setSpoken(isHeld ? words.holds.heldSpoken(number) : words.event.numberSpoken(number));
    }
  }

  /** @param released by the member, who is not surprised. */
  function end(released: boolean, others: readonly Held[]): void {
    const takesFocus = action.current?.contains(document.activeElement) === true;
    const [first] = others;
    setUnits(others.map(({ unit }) => unit));
    setHeld(first && { ...first, again: true, takesFocus });
    setEnded({ released, takesFocus });
    setSpoken(released ? words.holds.released : words.holds.ranOut);
  }

  /** A hold is confirmed by the shop, and ended by the server: neither is sent to this page. */
  async function pollHold({ issueNo }: Held): Promise<void> {
    const result = await api.issuance(coupon.id);
    if (!result.ok) return;
    const held = result.value?.units ?? [];
    const own = held.find((unit) => unit.issueNo === issueNo);
    if (own === undefined) end(false, held);
    else if (own.confirmByMs === undefined) {
      setHeld((shown) => shown && { ...shown, confirmByMs: undefined, again: true });
      setSpoken(words.holds.confirmed);
    }
  }

  /** A member who comes back to the page sees the number again. */
  async function readOwn(): Promise<void> {
    if (!isMember) return;
    const result = await api.issuance(coupon.id);
    if (!result.ok || result.value === undefined) return;
    const { value } = result;
    setUnits(value.units.map(({ unit }) => unit));
    setHeld((shown) => shown ?? { ...value, again: true, takesFocus: false });
  }
  useEffect(() => void readOwn(), [coupon.id]);

  return (
    <>
      <ConnectionNote status={status} />
      <article class="event" data-held={held === undefined ? undefined : 'true'}>
        {coupon.image !== undefined && <CouponImage address={coupon.image} />}
        <header class="event-head">
          <StateBadge state={state} />
          {coupon.discount !== undefined && <span class="discount">{format.discount(coupon.discount)}</span>}
        </header>
        <h1 title={coupon.name}>{coupon.name}</h1>
        {coupon.description !== undefined && <p class="event-description">{coupon.description}</p>}
        {coupon.eligibility !== undefined && held === undefined && <p class="quiet">{words.rules.forSome}</p>}
        {coupon.presenceRequired && held === undefined && <p class="quiet">{words.event.throughRoom}</p>}
        <div class="event-stage">
          {headline !== '' && <p class="event-headline">{headline}</p>}
          {state === 'scheduled' && latest.opensAtMs !== undefined && (
            <Countdown
              untilMs={latest.opensAtMs}
              clock={clock}
              label={words.event.opensIn}
              spokenText={words.event.opensInSpoken}
              onZero={() => {
                setReached(latest.opensAtMs);
                setSpoken(words.event.openNow);
              }}
            />
          )}
          {state !== 'scheduled' && state !== 'closed' && <Stock latest={latest} />}
          {detail !== '' && <p class="quiet">{detail}</p>}
        </div>
        <div class="event-action" ref={action}>
          {ended !== undefined && <EndedNote {...ended} state={state} />}
          {held !== undefined ? (
            <IssuedStub
              key={held.issueNo}
              couponId={coupon.id}
              name={coupon.name}
              held={held}
              takesFocus={held.takesFocus}
            >
              {held.confirmByMs !== undefined && (
                <HoldPart
                  couponId={coupon.id}
                  name={coupon.name}
                  held={{ ...held, confirmByMs: held.confirmByMs }}
                  redeemBy={coupon.redeemBy}
                  clock={clock}
                  poll={() => pollHold(held)}
                  onReleased={() => {
                    end(true, []);
                    void readOwn();
                  }}
                />
              )}
            </IssuedStub>
          ) : session.current?.role === 'seller' ? (
            <p class="hint-box">{words.event.sellersCannot}</p>
          ) : (
            <DownloadButton
              couponId={coupon.id}
              state={state}
              unit={1}
              onHeld={hold}
              onRefused={() => void readOwn()}
            />
          )}
          {held !== undefined && coupon.perMember > 1 && (
            <>
              <p class="quiet units-held">
                {words.event.unitsHeld(format.whole(units.length), format.whole(coupon.perMember))}
              </p>
              {units.length < coupon.perMember && state === 'open' && (
                <DownloadButton
                  key={units.length}
                  couponId={coupon.id}
                  state={state}
                  unit={lowestFree(units)}
                  onHeld={hold}
                  onRefused={() => void readOwn()}
                />
              )}
            </>
          )}
        </div>
        {over && held === undefined && <OtherCoupons couponId={coupon.id} />}
        <div class="event-foot">
          <ShareButton coupon={coupon} />
        </div>
        <p class="visually-hidden" aria-live="polite">
          {spoken}
        </p>
      </article>
    </>
  );
}

function ShareButton({ coupon }: { readonly coupon: Coupon }) {
  const { event } = useConsole().words;
  const { share } = useLinkSharing(coupon);
  return (
    <button type="button" class="button button-small button-share" onClick={() => void share()}>
      <Icon paths={SHARE} />
      {event.share}
    </button>
  );
}

interface EndedNoteOptions {
  readonly released: boolean;
  readonly takesFocus: boolean;
  readonly state: CouponState;
}

/** The stub is removed, and the keyboard focus may have been on it. */
function EndedNote({ released, takesFocus, state }: EndedNoteOptions) {
  const { holds } = useConsole().words;
  const root = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    if (takesFocus) root.current?.focus({ preventScroll: true });
  }, []);
  return (
    <p class="hint-box hold-ended" tabIndex={-1} ref={root}>
      {released ? holds.released : holds.ranOut} {state === 'open' && holds.pressAgain}
    </p>
  );
}

/** The lowest unit, from 1, that the member does not hold. */
function lowestFree(units: readonly number[]): number {
  let unit = 1;
  while (units.includes(unit)) unit += 1;
  return unit;
}

function Stock({ latest: { remaining, quantity } }: { readonly latest: Latest }) {
  const { words, format } = useConsole();
  return (
    <div class="event-stock">
      <p class="event-left">
        <span class="event-figure">{format.whole(remaining)}</span> <span>{words.event.left}</span>
      </p>
      <StockBar remaining={remaining} quantity={quantity} />
      <p class="quiet">{words.event.of(format.whole(quantity))}</p>
    </div>
  );
}

function sentences(
  { words, format }: ConsoleContext,
  state: CouponState,
  opensAtMs: number | undefined,
): readonly [headline: string, detail: string] {
  switch (state) {
    case 'scheduled':
      return [
        words.event.opensIn,
        opensAtMs === undefined ? '' : words.event.opensAt(format.moment(opensAtMs)),
      ];
    case 'open':
      return ['', ''];
    case 'paused':
      return [words.event.paused, words.event.pausedText];
    case 'sold_out':
      return [words.event.soldOut, words.event.soldOutText];
    case 'closed':
      return [words.event.closed, words.event.closedText];
  }
}
