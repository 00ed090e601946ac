/** Draws the fields of how long a coupon can be used and who redeems it, for registering and for editing. */
import { useState } from 'preact/hooks';
import type { CouponTerms } from '../api/client.js';
import type { Coupon, RedeemBy, Validity } from '../api/coupon.js';
import { useConsole } from '../context.js';
import type { ConsoleContext } from '../context.js';
import { groupThousands, instantText, localText, readWhole } from './coupon-rules.js';
import { Segments, Field, showFaults, useField } from './field.js';
import type { FieldState } from './field.js';

const DAYS_MAX = 3_650;
const HOURS_MAX = 87_600;

type Texts = Pick<ConsoleContext, 'words' | 'format'>;
type Kind = 'none' | 'until' | 'days' | 'hours';

export interface UseFieldsState {
  readonly kind: Kind;
  readonly setKind: (kind: Kind) => void;
  readonly until: FieldState;
  readonly count: FieldState;
  readonly redeemBy: RedeemBy;
  readonly setRedeemBy: (redeemBy: RedeemBy) => void;
  /** The values of an edited coupon; absent for a new one. */
  readonly before: Pick<Coupon, 'validity' | 'redeemBy'> | undefined;
}

/** @param before the coupon whose values the form shows, when it is edited. */
export function useUseFields(before?: Coupon): UseFieldsState {
  const validity = before?.validity;
  const [kind, setKind] = useState<Kind>(kindOf(validity));
  const [redeemBy, setRedeemBy] = useState<RedeemBy>(before?.redeemBy ?? 'member');
  const until = useField(untilOf(validity));
  const count = useField(countOf(validity));
  return { kind, setKind, until, count, redeemBy, setRedeemBy, before };
}

/** Replaces what was chosen with the values of the coupon. */
export function showUse(state: UseFieldsState, { validity, redeemBy }: Coupon): void {
  state.setKind(kindOf(validity));
  state.until.set(untilOf(validity));
  state.count.set(countOf(validity));
  state.setRedeemBy(redeemBy);
}

/** @returns what differs from the coupon that is edited, or `undefined` after a fault has been shown. */
export function readUse(
  state: UseFieldsState,
  texts: Texts,
): Pick<CouponTerms, 'validity' | 'redeemBy'> | undefined {
  const validity = readValidity(state, texts);
  if (validity === 'fault') return undefined;
  const { before, redeemBy } = state;
  return {
    ...(sameValidity(validity, before?.validity ?? null) ? {} : { validity }),
    ...(redeemBy === (before?.redeemBy ?? 'member') ? {} : { redeemBy }),
  };
}

export function UseFields({ state }: { readonly state: UseFieldsState }) {
  const { form } = useConsole().words;
  const { kind, until, count } = state;
  return (
    <>
      <Segments
        label={form.validity}
        value={kind}
        choices={(['none', 'until', 'days', 'hours'] as const).map(
          (value) => [value, form.validities[value]] as const,
        )}
        onChange={(chosen) => {
          state.setKind(chosen);
          until.setFault(undefined);
          count.set('');
        }}
      />
      {kind === 'until' && (
        <Field state={until} label={form.validUntil} name="until" type="datetime-local" step="1" />
      )}
      {(kind === 'days' || kind === 'hours') && (
        <Field
          state={count}
          label={form.validities[kind]}
          name="validity"
          inputMode="numeric"
          unit={form.validityUnits[kind]}
          tidy={groupThousands}
          hint={kind === 'days' ? form.daysHint : undefined}
        />
      )}
      <Segments
        label={form.redeemBy}
        value={state.redeemBy}
        choices={[
          ['member', form.byMember],
          ['seller', form.bySeller],
        ]}
        onChange={state.setRedeemBy}
      />
    </>
  );
}

function readValidity(
  { kind, until, count }: UseFieldsState,
  { words: { form }, format }: Texts,
): Validity | null | 'fault' {
  if (kind === 'none') return null;
  if (kind === 'until') {
    const instant = instantText(until.value);
    if (instant !== undefined) return { until: instant };
    showFaults(new Map([[until, form.required]]));
    return 'fault';
  }
  const number = readWhole(count.value);
  const most = kind === 'days' ? DAYS_MAX : HOURS_MAX;
  if (number === undefined || number > most) {
    showFaults(new Map([[count, form.countRange(format.whole(most))]]));
    return 'fault';
  }
  return kind === 'hours' ? { hours: number } : { days: number, zone: ownZone() };
}

function kindOf(validity: Validity | undefined): Kind {
  if (validity === undefined) return 'none';
  return 'until' in validity ? 'until' : 'hours' in validity ? 'hours' : 'days';
}

function untilOf(validity: Validity | undefined): string {
  return validity !== undefined && 'until' in validity ? localText(Date.parse(validity.until)) : '';
}

function countOf(validity: Validity | undefined): string {
  if (validity === undefined || 'until' in validity) return '';
  return String('hours' in validity ? validity.hours : validity.days);
}

function sameValidity(one: Validity | null, other: Validity | null): boolean {
  if (one === null || other === null) return one === other;
  if ('until' in one && 'until' in other) return Date.parse(one.until) === Date.parse(other.until);
  if ('hours' in one && 'hours' in other) return one.hours === other.hours;
  // The zone of the coupon stays as long as the days do.
  return 'days' in one && 'days' in other && one.days === other.days;
}

function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
