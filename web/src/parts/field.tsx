/** Draws a labelled input whose hint and error are connected for screen readers. */
import type { RefObject } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';

/** What was typed into a field, and what is wrong with it. */
export interface FieldState {
  readonly typed: string;
  /** Without the blanks around it. */
  readonly value: string;
  readonly fault: string | undefined;
  readonly input: RefObject<(HTMLInputElement & HTMLTextAreaElement) | null>;
  set(typed: string): void;
  /** `undefined` takes the fault away. */
  setFault(text: string | undefined): void;
}

export function useField(initial = ''): FieldState {
  const [typed, setTyped] = useState(initial);
  const [fault, setFault] = useState<string>();
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  return {
    typed,
    value: typed.trim(),
    fault,
    input,
    set(text) {
      setTyped(text);
      setFault(undefined);
    },
    setFault,
  };
}

interface FieldOptions {
  readonly state: FieldState;
  readonly label: string;
  readonly name: string;
  readonly hint?: string | undefined;
  readonly type?: 'text' | 'email' | 'password' | 'url' | 'search' | 'datetime-local';
  readonly autocomplete?: 'off' | 'username' | 'current-password' | 'new-password';
  readonly inputMode?: 'text' | 'numeric' | 'decimal';
  readonly required?: boolean;
  readonly maxLength?: number;
  readonly step?: string;
  readonly spellcheck?: boolean;
  readonly disabled?: boolean;
  /** Lines of a text that may have several. */
  readonly rows?: number;
  /** Shown after the number: `%`, `₩`. */
  readonly unit?: string | undefined;
  /** Writes what was typed as it will be read, once the field is left. */
  readonly tidy?: (typed: string) => string;
}

export function Field({
  state,
  label,
  name,
  hint,
  type = 'text',
  autocomplete = 'off',
  rows,
  unit,
  tidy,
  ...attributes
}: FieldOptions) {
  const id = useId();
  const shared = {
    id,
    name,
    ref: state.input,
    value: state.typed,
    'aria-describedby': `${unit === undefined ? '' : `${id}-unit `}${id}-hint ${id}-fault`,
    'aria-invalid': state.fault === undefined ? undefined : ('true' as const),
    onInput: (event: { readonly currentTarget: { readonly value: string } }) =>
      state.set(event.currentTarget.value),
    onBlur: () => {
      const tidied = tidy?.(state.typed) ?? state.typed;
      // A fault that is shown stays: the value is the same.
      if (tidied !== state.typed && state.fault === undefined) state.set(tidied);
    },
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows === undefined ? (
        <div class="field-line">
          <input
            {...attributes}
            {...shared}
            // To the compiler each type of input has attributes of its own, and a choice of types has none.
            // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-assertion
            type={type as 'text'}
            autocomplete={autocomplete}
          />
          {unit !== undefined && (
            <span class="field-unit" id={`${id}-unit`}>
              {unit}
            </span>
          )}
        </div>
      ) : (
        <textarea {...attributes} {...shared} rows={rows} />
      )}
      <p class="field-hint" id={`${id}-hint`}>
        {hint}
      </p>
      <p class="field-fault" id={`${id}-fault`}>
        {state.fault}
      </p>
    </div>
  );
}

/** Shows all of them and goes to the first. @returns whether there are any. */
export function showFaults(faults: ReadonlyMap<FieldState, string>): boolean {
  for (const [field, text] of faults) field.setFault(text);
  const [first] = faults.keys();
  first?.input.current?.focus();
  return faults.size > 0;
}

interface ChoiceOptions<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly choices: readonly {
    readonly value: Value;
    readonly label: string;
    readonly hint?: string;
  }[];
  readonly style: 'cards' | 'segments';
  /** Why nothing can be changed here; absent where it can. */
  readonly fixed?: string | undefined;
  readonly onChange: (value: Value) => void;
}

/** One of a few, as cards or as a row of segments. */
export function Choice<Value extends string>({
  label,
  value,
  choices,
  style,
  fixed,
  onChange,
}: ChoiceOptions<Value>) {
  const name = useId();
  return (
    <fieldset
      class={`choice choice-${style}`}
      disabled={fixed !== undefined}
      aria-describedby={fixed === undefined ? undefined : `${name}-fixed`}
    >
      <legend>{label}</legend>
      {choices.map((one) => (
        <label key={one.value}>
          <input
            type="radio"
            name={name}
            value={one.value}
            checked={one.value === value}
            onChange={() => onChange(one.value)}
          />
          <span class="choice-face">
            {one.label}
            {one.hint !== undefined && <small>{one.hint}</small>}
          </span>
        </label>
      ))}
      {fixed !== undefined && (
        <p class="field-hint" id={`${name}-fixed`}>
          {fixed}
        </p>
      )}
    </fieldset>
  );
}

interface SegmentsOptions<Value extends string> extends Pick<
  ChoiceOptions<Value>,
  'label' | 'value' | 'fixed' | 'onChange'
> {
  readonly choices: readonly (readonly [value: Value, label: string])[];
}

/** One of a few words. */
export function Segments<Value extends string>({ choices, ...options }: SegmentsOptions<Value>) {
  return (
    <Choice {...options} style="segments" choices={choices.map(([value, label]) => ({ value, label }))} />
  );
}
