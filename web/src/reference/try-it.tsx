/** Sends an operation from the reference to this server, and shows the curl line that does the same. */
import { useId, useState } from 'preact/hooks';
import type { Operation } from './openapi.js';

/** A longer answer is cut: the page stays usable, and curl shows all of it. */
const SHOWN_MAX = 20_000;

/** As the reader typed it: the token of one person belongs in no storage of this page. */
let token = '';

export function TokenField() {
  const id = useId();
  return (
    <section class="operation token" aria-label="Access token">
      <p>
        <label for={id}>Access token for “Try it” and curl</label>
      </p>
      <input
        id={id}
        type="password"
        autocomplete="off"
        spellcheck={false}
        placeholder="from POST /v1/sessions, or seonchak tokens"
        onInput={(event) => (token = event.currentTarget.value.trim())}
      />
      <p class="quiet">
        The curl lines use two variables: <code>{`SEONCHAK=${location.origin}`}</code> and{' '}
        <code>TOKEN=…</code>
      </p>
    </section>
  );
}

export function Curl({ source }: { readonly source: string }) {
  const [copied, setCopied] = useState(false);
  async function copy(): Promise<void> {
    // Refused on plain http of another machine; the text can be selected then.
    await navigator.clipboard.writeText(source).then(
      () => setCopied(true),
      () => undefined,
    );
  }
  return (
    <div class="curl">
      <pre class="schema" tabIndex={0}>
        <code>{source}</code>
      </pre>
      <button type="button" class="button button-small" onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}

interface TryItOptions {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

interface Shown {
  readonly status: string;
  readonly text: string;
}

export function TryIt({ method, path, operation }: TryItOptions) {
  const { parameters = [], requestBody, security, operationId } = operation;
  const example = requestBody?.content['application/json']?.example;
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [body, setBody] = useState(example === undefined ? '' : JSON.stringify(example, undefined, 2));
  const [shown, setShown] = useState<Shown>();
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState(false);
  const id = useId();
  const needsToken = security.length > 0;

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setShown(await answerTo());
    setBusy(false);
  }

  async function answerTo(): Promise<Shown> {
    const typed = parameters.map(({ name, in: place }) => ({ name, place, value: values[name] ?? '' }));
    const given = typed.filter(({ value }) => value !== '');
    const query = new URLSearchParams(
      given.filter(({ place }) => place === 'query').map(({ name, value }) => [name, value]),
    );
    const address = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
    const headers = Object.fromEntries(
      given.filter(({ place }) => place === 'header').map(({ name, value }) => [name, value]),
    );
    try {
      const response = await fetch(`.${address}${query.size === 0 ? '' : `?${query.toString()}`}`, {
        method: method.toUpperCase(),
        headers: {
          ...headers,
          ...(needsToken && token !== '' ? { authorization: `Bearer ${token}` } : {}),
          ...(requestBody === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(requestBody === undefined ? {} : { body }),
        cache: 'no-store',
      });
      return { status: `${response.status} ${response.statusText}`, text: readable(await response.text()) };
    } catch (fault) {
      return { status: 'No answer', text: fault instanceof Error ? fault.message : '' };
    }
  }

  return (
    <details class="try" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Try it</summary>
      {/* Seventy forms that stay closed would make the page slow. */}
      {open && (
        <form onSubmit={(event) => void send(event)}>
          {parameters.map(({ name, in: place, required }) => (
            <p key={name} class="try-field">
              <label for={`${id}-${name}`}>
                <code>{name}</code>
                <span class="quiet">{place === 'path' || required === true ? ' required' : ` ${place}`}</span>
              </label>
              <input
                id={`${id}-${name}`}
                name={name}
                autocomplete="off"
                required={place === 'path' || required === true}
                value={values[name] ?? ''}
                onInput={({ currentTarget: { value } }) => setValues((all) => ({ ...all, [name]: value }))}
              />
            </p>
          ))}
          {requestBody !== undefined && (
            <p class="try-field">
              <label for={`${id}-body`}>Body</label>
              <textarea
                id={`${id}-body`}
                rows={Math.min(12, body.split('\n').length + 1)}
                spellcheck={false}
                value={body}
                onInput={(event) => setBody(event.currentTarget.value)}
              />
            </p>
          )}
          <button type="submit" class="button button-small button-primary" aria-busy={busy}>
            Send {method.toUpperCase()} to this server
          </button>
        </form>
      )}
      <div role="status" aria-label={`Answer of ${operationId}`}>
        {shown !== undefined && (
          <>
            <p class="try-status">{shown.status}</p>
            <pre class="schema" tabIndex={0}>
              <code>{shown.text}</code>
            </pre>
          </>
        )}
      </div>
    </details>
  );
}

function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2).slice(0, SHOWN_MAX);
  } catch {
    return text.slice(0, SHOWN_MAX);
  }
}
