/** Draws a group of boxes of which any may be checked. */
import { useId } from 'preact/hooks';

interface ChecksOptions<Value extends string> {
  readonly label: string;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly checked: ReadonlySet<Value>;
  readonly fault: string | undefined;
  readonly onChange: (checked: ReadonlySet<Value>) => void;
}

export function Checks<Value extends string>({
  label,
  choices,
  checked,
  fault,
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
            onChange={() => toggle(one.value)}
          />
          <span>{one.label}</span>
        </label>
      ))}
      <p class="field-fault" id={faultId}>
        {fault}
      </p>
    </fieldset>
  );
}
