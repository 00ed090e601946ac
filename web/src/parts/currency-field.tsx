/** Chooses the currency of an amount, under the names that the reader's language has for currencies. */
import { useId, useMemo } from 'preact/hooks';
import { useConsole } from '../context.js';

/** First, as most shops use one of these; all others follow by name. */
const COMMON = ['KRW', 'USD', 'EUR', 'JPY', 'CNY'];

interface CurrencyFieldOptions {
  readonly value: string;
  readonly disabled: boolean;
  readonly onChange: (currency: string) => void;
}

export function CurrencyField({ value, disabled, onChange }: CurrencyFieldOptions) {
  const { words, language } = useConsole();
  const id = useId();
  const currencies = useMemo(() => named(language), [language]);
  return (
    <div class="field">
      <label for={id}>{words.form.currency}</label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {currencies.map(({ code, name }) => (
          <option key={code} value={code}>
            {name} ({code})
          </option>
        ))}
      </select>
    </div>
  );
}

function named(language: string): readonly { readonly code: string; readonly name: string }[] {
  const names = new Intl.DisplayNames(language, { type: 'currency' });
  const others = Intl.supportedValuesOf('currency')
    .filter((code) => !COMMON.includes(code))
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .sort((one, other) => one.name.localeCompare(other.name, language));
  return [...COMMON.map((code) => ({ code, name: names.of(code) ?? code })), ...others];
}
