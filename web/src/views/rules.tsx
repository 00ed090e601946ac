/** Shows who may have a coupon, how many and how long, changes it, and tries it with a member. */
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Coupon } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useInterval, useLoaded, useTitle } from '../hooks.js';
import { StateBadge } from '../parts/badge.js';
import { Dialog } from '../parts/dialog.js';
import { DoorFields, readDoor, useDoorFields } from '../parts/door-fields.js';
import { OwnCoupon, SubpageHead } from '../parts/own-coupon.js';
import { ruleText } from '../parts/rule-text.js';
import { guardText } from '../problem-text.js';
import { AudiencePanel } from './audience-panel.js';
import { TrialPanel } from './trial-panel.js';

const REFRESH_MS = 5_000;

export function RulesPage({ couponId }: { readonly couponId: number }) {
  const { rules } = useConsole().words;
  useTitle(rules.title);
  return (
    <OwnCoupon couponId={couponId}>{(coupon, reload) => <Rules coupon={coupon} reload={reload} />}</OwnCoupon>
  );
}

interface RulesOptions {
  readonly coupon: Coupon;
  readonly reload: () => Promise<void>;
}

function Rules({ coupon, reload }: RulesOptions) {
  const { words, api } = useConsole();
  const { result, reload: count } = useLoaded(() => api.audience(coupon.id), [coupon.id]);
  useInterval(() => void Promise.all([reload(), count()]), REFRESH_MS);
  const members = result?.ok === true ? result.value.members : undefined;
  return (
    <>
      <SubpageHead coupon={coupon} title={words.rules.title} />
      <RulePanel coupon={coupon} members={members} reload={reload} />
      {coupon.eligibility !== undefined && <TrialPanel coupon={coupon} />}
      {(coupon.eligibility?.audience === true || (members ?? 0) > 0) && (
        <AudiencePanel coupon={coupon} members={members} onChanged={count} />
      )}
    </>
  );
}

function RulePanel({ coupon, members, reload }: RulesOptions & { readonly members: number | undefined }) {
  const context = useConsole();
  const { words, format } = context;
  const { rules } = words;
  const { perMember, holdSeconds, state } = coupon;
  const [changing, setChanging] = useState<Coupon>();
  const isOpen = state === 'open' || state === 'sold_out';
  return (
    <section class="panel">
      <div class="panel-head">
        <StateBadge state={state} />
        {state !== 'closed' && (
          <button type="button" class="button" onClick={() => setChanging(coupon)}>
            {rules.change}
          </button>
        )}
      </div>
      <dl class="rule-list">
        <Line name={rules.who}>{ruleText(context, coupon.eligibility, members)}</Line>
        <Line name={rules.howMany}>{rules.perMember(format.whole(perMember))}</Line>
        <Line name={rules.howLong}>
          {holdSeconds === undefined ? rules.notHeld : rules.heldFor(format.duration(holdSeconds * 1_000))}
        </Line>
      </dl>
      {isOpen && coupon.eligibility !== undefined && <p class="quiet rule-note">{rules.openHint}</p>}
      {state === 'closed' && <p class="quiet rule-note">{rules.closedHint}</p>}
      {changing !== undefined && (
        <ChangeDialog coupon={changing} reload={reload} onClose={() => setChanging(undefined)} />
      )}
    </section>
  );
}

function Line({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** @param props `coupon` as the seller saw it on opening: what differs from it is what the seller changes. */
function ChangeDialog({ coupon, reload, onClose }: RulesOptions & { readonly onClose: () => void }) {
  const { words, api, notify } = useConsole();
  const { rules } = words;
  const door = useDoorFields(coupon);
  const etag = useRef(coupon.etag);
  const isHoldFixed = coupon.state !== 'scheduled' || coupon.issued > 0;

  async function run(): Promise<string | undefined> {
    door.setFault('');
    const changed = readDoor(door, words);
    if (changed === undefined) return '';
    if (Object.keys(changed).length === 0) return undefined;
    const result = await api.amend(coupon.id, changed, etag.current);
    if (!result.ok) return guardText(words, result.problem);
    notify(rules.changed);
    await reload();
    return undefined;
  }

  return (
    <Dialog title={rules.changeTitle} submit={words.form.save} run={run} onClose={onClose}>
      {coupon.eligibility !== undefined && coupon.state === 'open' && (
        <p class="hint-box rule-note">{rules.openHint}</p>
      )}
      <DoorFields state={door} holdFixed={isHoldFixed ? rules.holdFixed : undefined} />
    </Dialog>
  );
}
