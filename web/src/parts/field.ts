/** Creates a labelled input whose hint and error are connected for screen readers. */
import { element, fill } from '../dom.js';

export interface FieldOptions {
  readonly label: string;
  readonly name: string;
  readonly type?: string;
  readonly hint?: string;
  readonly value?: string;
  readonly autocomplete?: string;
  readonly inputmode?: string;
  readonly required?: boolean;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface Field {
  readonly root: HTMLElement;
  readonly input: HTMLInputElement;
  readonly value: string;
  set(value: string): void;
  /** `undefined` takes the fault away. */
  fault(text: string | undefined): void;
}

let count = 0;

export function field(options: FieldOptions): Field {
  const id = `field-${++count}`;
  const hintId = `${id}-hint`;
  const faultId = `${id}-fault`;
  const faultText = element('p', { class: 'field-fault', id: faultId });
  const input = element('input', {
    id,
    name: options.name,
    type: options.type ?? 'text',
    autocomplete: options.autocomplete ?? 'off',
    inputmode: options.inputmode,
    required: options.required,
    'aria-describedby': `${hintId} ${faultId}`,
    ...options.attributes,
  });
  input.value = options.value ?? '';
  const root = element(
    'div',
    { class: 'field' },
    element('label', { for: id }, options.label),
    input,
    element('p', { class: 'field-hint', id: hintId }, options.hint),
    faultText,
  );
  const fault = (text: string | undefined): void => {
    fill(faultText, text);
    if (text === undefined) input.removeAttribute('aria-invalid');
    else input.setAttribute('aria-invalid', 'true');
  };
  input.addEventListener('input', () => fault(undefined));
  return {
    root,
    input,
    get value() {
      return input.value.trim();
    },
    set(value) {
      input.value = value;
      fault(undefined);
    },
    fault,
  };
}

/** One of a few, as cards or as a row of segments. */
export function choice<Value extends string>(options: {
  readonly label: string;
  readonly name: string;
  readonly value: Value;
  readonly choices: readonly { readonly value: Value; readonly label: string; readonly hint?: string }[];
  readonly style: 'cards' | 'segments';
  readonly onChange?: (value: Value) => void;
}): { readonly root: HTMLElement; readonly value: Value } {
  const name = `${options.name}-${++count}`;
  let { value } = options;
  const root = element('fieldset', { class: `choice choice-${options.style}` });
  root.append(element('legend', {}, options.label));
  for (const one of options.choices) {
    const input = element('input', { type: 'radio', name, value: one.value });
    input.checked = one.value === value;
    input.addEventListener('change', () => {
      value = one.value;
      options.onChange?.(value);
    });
    root.append(
      element(
        'label',
        {},
        input,
        element(
          'span',
          { class: 'choice-face' },
          one.label,
          one.hint !== undefined && element('small', {}, one.hint),
        ),
      ),
    );
  }
  return {
    root,
    get value() {
      return value;
    },
  };
}
