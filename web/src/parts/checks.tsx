/** Draws a group of boxes of which any may be checked. */
import { useId } from 'preact/hooks';

interface ChecksOptions<Value extends string> {
  readonly label: string;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly checked: ReadonlySet<Value>;
  readonly fault: string | undefined;
  /** Why nothing can be changed here; absent where it can. */
  readonly fixed?: string | undefined;
  readonly onChange: (checked: ReadonlySet<Value>) => void;
}

export function Checks<Value extends string>({
  label,
  choices,
  checked,
  fault,
  fixed,
  onChange,
}: ChecksOptions<Value>) {
  const faultId = useId();
  const toggle = (value: Value): void => {
    const changed = new Set(checked);
    if (!changed.delete(value)) changed.add(value);
    onChange(changed);
  };
  return (
    <fieldset class="checks" aria-describedby={faultId}>
      <legend>{label}</legend>
      {choices.map((one) => (
        <label key={one.value}>
          <input
            type="checkbox"
            value={one.value}
            checked={checked.has(one.value)}
            disabled={fixed !== undefined}
            onChange={() => toggle(one.value)}
          />
          <span>{one.label}</span>
        </label>
      ))}
      <div id={faultId}>
        <p class="field-hint">{fixed}</p>
        <p class="field-fault">{fault}</p>
      </div>
    </fieldset>
  );
}
