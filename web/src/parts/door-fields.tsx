/** Draws the fields of eligibility, units and hold of a coupon, for registering and for changing. */
import { useId, useState } from 'preact/hooks';
import type { CouponTerms } from '../api/client.js';
import type { Coupon, Eligibility } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useLoaded } from '../hooks.js';
import type { Words } from '../language/en.js';
import { claimValuesText, readClaimValues } from './claim-values.js';
import { readWhole } from './coupon-rules.js';
import { Segments, Field, showFaults, useField } from './field.js';
import type { FieldState } from './field.js';

const PER_MEMBER_MAX = 100;
const HOLD_SECONDS_MIN = 30;
const HOLD_SECONDS_MAX = 86_400;
const COUPONS_MAX = 8;
const CLAIMS_MAX = 4;

interface ClaimRow {
  readonly key: number;
  readonly name: string;
  readonly values: string;
  readonly fault?: string | undefined;
}

export interface DoorFieldsState {
  readonly who: 'everyone' | 'some';
  readonly setWho: (who: 'everyone' | 'some') => void;
  readonly claims: readonly ClaimRow[];
  readonly setClaims: (claims: readonly ClaimRow[]) => void;
  readonly audience: boolean;
  readonly setAudience: (audience: boolean) => void;
  readonly notIssued: FieldState;
  readonly perMember: FieldState;
  readonly hold: 'none' | 'some';
  readonly setHold: (hold: 'none' | 'some') => void;
  readonly holdMinutes: FieldState;
  /** Fault of the rule as a whole. */
  readonly fault: string;
  readonly setFault: (fault: string) => void;
  /** The rule of a coupon that is changed; a new one has none. */
  readonly before: Coupon | undefined;
}

/** @param before the coupon whose values the form shows, when it is changed. */
export function useDoorFields(before?: Coupon): DoorFieldsState {
  const { eligibility, perMember = 1, holdSeconds } = before ?? {};
  const [who, setWho] = useState<'everyone' | 'some'>(eligibility === undefined ? 'everyone' : 'some');
  const [claims, setClaims] = useState<readonly ClaimRow[]>(
    Object.entries(eligibility?.claims ?? {}).map(([name, values], key) => ({
      ...{ key, name, values: claimValuesText(values) },
    })),
  );
  const [audience, setAudience] = useState(eligibility?.audience === true);
  const [hold, setHold] = useState<'none' | 'some'>(holdSeconds === undefined ? 'none' : 'some');
  const [fault, setFault] = useState('');
  const notIssued = useField((eligibility?.notIssued ?? []).join(', '));
  const perMemberField = useField(String(perMember));
  const holdMinutes = useField(holdSeconds === undefined ? '10' : String(holdSeconds / 60));
  return {
    ...{ who, setWho, claims, setClaims, audience, setAudience, notIssued },
    ...{ perMember: perMemberField, hold, setHold, holdMinutes, fault, setFault, before },
  };
}

/** @returns what differs from the coupon that is changed, or `undefined` after a fault has been shown. */
export function readDoor(
  state: DoorFieldsState,
  words: Words,
): Pick<CouponTerms, 'perMember' | 'holdSeconds' | 'eligibility'> | undefined {
  const { before } = state;
  const faults = new Map<FieldState, string>();
  const perMember = readWhole(state.perMember.value) ?? 0;
  if (perMember < 1 || perMember > PER_MEMBER_MAX) faults.set(state.perMember, words.rules.perMemberFault);
  const holdSeconds =
    state.hold === 'none'
      ? null
      : Math.round(Number(readWhole(state.holdMinutes.value) ?? state.holdMinutes.value) * 60);
  if (holdSeconds !== null && !(holdSeconds >= HOLD_SECONDS_MIN && holdSeconds <= HOLD_SECONDS_MAX))
    faults.set(state.holdMinutes, words.rules.holdFault);
  const eligibility = readEligibility(state, words, faults);
  if (showFaults(faults) || eligibility === 'fault') return undefined;
  return {
    ...(perMember === (before?.perMember ?? 1) ? {} : { perMember }),
    ...(holdSeconds === (before?.holdSeconds ?? null) ? {} : { holdSeconds }),
    ...(sameRule(eligibility, before?.eligibility ?? null) ? {} : { eligibility }),
  };
}

/** @param holdFixed why the hold cannot be changed. */
export function DoorFields({
  state,
  holdFixed,
}: {
  readonly state: DoorFieldsState;
  readonly holdFixed?: string | undefined;
}) {
  const { rules } = useConsole().words;
  const isFixed = holdFixed !== undefined;
  return (
    <>
      <Segments
        label={rules.who}
        value={state.who}
        choices={[
          ['everyone', rules.everyone],
          ['some', rules.some],
        ]}
        onChange={(who) => {
          state.setWho(who);
          state.setFault('');
        }}
      />
      {state.who === 'some' && <RuleFields state={state} />}
      <Field
        state={state.perMember}
        label={rules.perMemberLabel}
        name="perMember"
        hint={rules.perMemberHint}
        inputMode="numeric"
      />
      {isFixed ? (
        <p class="quiet">
          {rules.hold}: {holdFixed}
        </p>
      ) : (
        <>
          <Segments
            label={rules.hold}
            value={state.hold}
            choices={[
              ['none', rules.holdNone],
              ['some', rules.holdSome],
            ]}
            onChange={state.setHold}
          />
          {state.hold === 'some' && (
            <Field
              state={state.holdMinutes}
              label={rules.holdTime}
              name="holdMinutes"
              hint={rules.holdHint}
              inputMode="decimal"
            />
          )}
        </>
      )}
    </>
  );
}

function RuleFields({ state }: { readonly state: DoorFieldsState }) {
  const { words, api } = useConsole();
  const { rules } = words;
  const { result } = useLoaded(() => api.ruleOffer(), []);
  const known = result?.ok === true ? result.value.claims : [];
  const names = [...new Set([...known, ...state.claims.map(({ name }) => name)])];
  const free = names.filter((name) => state.claims.every((claim) => claim.name !== name));
  const change = (key: number, changed: Partial<ClaimRow>): void =>
    state.setClaims(state.claims.map((claim) => (claim.key === key ? { ...claim, ...changed } : claim)));
  return (
    <fieldset class="rule-fields">
      <legend class="visually-hidden">{rules.some}</legend>
      <p class="rule-fault" role="alert">
        {state.fault}
      </p>
      <div>
        <p class="rule-label">{rules.claims}</p>
        <p class="field-hint">{names.length === 0 ? rules.noClaims : rules.claimsHint}</p>
      </div>
      {state.claims.map((claim) => (
        <ClaimFields
          key={claim.key}
          claim={claim}
          names={[claim.name, ...free]}
          onChange={(changed) => change(claim.key, changed)}
          onRemove={() => state.setClaims(state.claims.filter(({ key }) => key !== claim.key))}
        />
      ))}
      {free[0] !== undefined && state.claims.length < CLAIMS_MAX && (
        <button
          type="button"
          class="button button-small"
          onClick={() => {
            const key = 1 + Math.max(-1, ...state.claims.map((claim) => claim.key));
            state.setClaims([...state.claims, { key, name: free[0] ?? '', values: '' }]);
          }}
        >
          {rules.addClaim}
        </button>
      )}
      <div class="checks">
        <label>
          <input
            type="checkbox"
            name="audience"
            checked={state.audience}
            onChange={(event) => state.setAudience(event.currentTarget.checked)}
          />
          <span>{rules.audience}</span>
        </label>
        {state.audience && state.before === undefined && <p class="field-hint">{rules.audienceHint}</p>}
      </div>
      <Field
        state={state.notIssued}
        label={rules.notIssued}
        name="notIssued"
        hint={rules.notIssuedHint}
        inputMode="numeric"
      />
    </fieldset>
  );
}

interface ClaimFieldsOptions {
  readonly claim: ClaimRow;
  readonly names: readonly string[];
  readonly onChange: (changed: Partial<ClaimRow>) => void;
  readonly onRemove: () => void;
}

function ClaimFields({ claim, names, onChange, onRemove }: ClaimFieldsOptions) {
  const { rules } = useConsole().words;
  const id = useId();
  return (
    <div class="claim-row">
      <div class="field">
        <label for={`${id}-name`}>{rules.claim}</label>
        <select
          id={`${id}-name`}
          value={claim.name}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
        >
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for={id}>{rules.values}</label>
        <input
          id={id}
          name="values"
          autocomplete="off"
          spellcheck={false}
          value={claim.values}
          aria-describedby={`${id}-hint ${id}-fault`}
          aria-invalid={claim.fault === undefined ? undefined : 'true'}
          onInput={(event) => onChange({ values: event.currentTarget.value, fault: undefined })}
        />
        <p class="field-hint" id={`${id}-hint`}>
          {rules.valuesHint}
        </p>
        <p class="field-fault" id={`${id}-fault`}>
          {claim.fault}
        </p>
      </div>
      <button
        type="button"
        class="button button-small button-quiet-danger"
        aria-label={rules.removeClaim(claim.name)}
        onClick={onRemove}
      >
        {rules.remove}
      </button>
    </div>
  );
}

/** Shows the faults of the claims; those of fields are added to `faults`. */
function readEligibility(
  state: DoorFieldsState,
  words: Words,
  faults: Map<FieldState, string>,
): Eligibility | null | 'fault' {
  if (state.who === 'everyone') return null;
  const { rules } = words;
  const read = state.claims.map((claim) => ({ claim, values: readClaimValues(claim.values) }));
  const isWrong = read.some(({ values }) => values === undefined);
  if (isWrong) {
    state.setClaims(
      read.map(({ claim, values }) =>
        values === undefined ? { ...claim, fault: rules.valuesFault } : claim,
      ),
    );
  }
  const listed = state.notIssued.value.split(/[\s,]+/).filter((text) => text !== '');
  const notIssued = listed.flatMap((text) => readWhole(text) ?? []);
  if (notIssued.length < listed.length || notIssued.length > COUPONS_MAX)
    faults.set(state.notIssued, rules.notIssuedFault);
  if (isWrong || faults.has(state.notIssued)) return 'fault';
  if (read.length === 0 && !state.audience && notIssued.length === 0) {
    state.setFault(rules.nothingChosen);
    return 'fault';
  }
  return {
    ...(read.length === 0
      ? {}
      : { claims: Object.fromEntries(read.map(({ claim, values }) => [claim.name, values ?? []])) }),
    ...(state.audience ? { audience: true } : {}),
    ...(notIssued.length === 0 ? {} : { notIssued }),
  };
}

function sameRule(one: Eligibility | null, other: Eligibility | null): boolean {
  return ruleKey(one) === ruleKey(other);
}

function ruleKey(rule: Eligibility | null): string {
  if (rule === null) return '';
  const claims = Object.entries(rule.claims ?? {}).sort(([first], [second]) => (first < second ? -1 : 1));
  return JSON.stringify([claims, rule.audience === true, rule.notIssued ?? []]);
}
