/** Shows a winner the number and the time, and whether the coupon is saved for good. */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Held } from '../api/held.js';
import { useConsole } from '../context.js';

/** Recording takes a fraction of a second; after this many polls recording is slow, and the member need not wait. */
const POLLS_MAX = 20;
const POLL_EVERY_MS = 1_000;

interface IssuedStubOptions {
  readonly couponId: number;
  readonly name: string;
  readonly held: Held;
  readonly takesFocus: boolean;
  /** What to show of a unit that is held and not confirmed: how long, and what to do. */
  readonly children?: ComponentChildren;
}

export function IssuedStub({ couponId, name, held, takesFocus, children }: IssuedStubOptions) {
  const { words, format } = useConsole();
  const recorded = useRecorded(couponId, held.unit);
  const root = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (takesFocus) root.current?.focus({ preventScroll: true });
  }, []);
  const isHeld = held.confirmByMs !== undefined;
  const title = isHeld ? words.holds.heldForYou : words.event.yours;
  return (
    <section
      class="issued-stub"
      data-held={isHeld ? 'true' : undefined}
      aria-label={title}
      tabIndex={-1}
      ref={root}
    >
      <div class="issued-main">
        <span class="stamp" aria-hidden="true">
          {isHeld ? words.holds.stamp : words.event.stamp}
        </span>
        <p class="issued-title">{held.again && !isHeld ? words.event.alreadyYours : title}</p>
        <p class="issued-label">{words.event.number}</p>
        <p class="issued-number">{format.whole(held.issueNo)}</p>
        <p class="issued-name">{name}</p>
        {children}
      </div>
      <div class="issued-tearoff">
        <dl>
          <div>
            <dt>{words.event.issuedAt}</dt>
            <dd>{format.happened(held.issuedAtMs)}</dd>
          </div>
          {!isHeld && (
            <div>
              <dt>{words.event.recorded}</dt>
              <dd>{recorded ? words.event.recordedYes : words.event.recordedNo}</dd>
            </div>
          )}
        </dl>
        <a class="button" href="#/me">
          {words.event.toMine}
        </a>
      </div>
    </section>
  );
}

/** @returns whether the row of the unit is recorded, once it is. */
function useRecorded(couponId: number, unit: number): boolean {
  const { api } = useConsole();
  const [recorded, setRecorded] = useState(false);
  useEffect(() => {
    let timer: number | undefined;
    let polls = 0;
    let left = false;
    async function poll(): Promise<void> {
      polls++;
      const result = await api.issuance(couponId);
      if (left) return;
      const own = result.ok ? result.value?.units.find((one) => one.unit === unit) : undefined;
      if (own?.recorded === true) setRecorded(true);
      else if (polls < POLLS_MAX) timer = window.setTimeout(() => void poll(), POLL_EVERY_MS);
    }
    void poll();
    return () => {
      left = true;
      window.clearTimeout(timer);
    };
  }, [couponId, unit]);
  return recorded;
}
