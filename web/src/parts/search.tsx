/** Draws a field that narrows the list below it. */
import { useId } from 'preact/hooks';

interface SearchOptions {
  readonly label: string;
  readonly value: string;
  readonly onInput: (typed: string) => void;
}

export function Search({ label, value, onInput }: SearchOptions) {
  const id = useId();
  return (
    <div class="search" role="search">
      <label class="visually-hidden" for={id}>
        {label}
      </label>
      <input
        id={id}
        type="search"
        placeholder={label}
        autocomplete="off"
        spellcheck={false}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </div>
  );
}
