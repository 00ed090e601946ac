/** Creates, lists and revokes the server keys of a seller. */
import { useState } from 'preact/hooks';
import { keyScopes } from '../api/shop.js';
import type { KeyScope, NewServerKey, ServerKey } from '../api/shop.js';
import { useConsole } from '../context.js';
import { useLoaded } from '../hooks.js';
import { Checks } from '../parts/checks.js';
import { instantText } from '../parts/coupon-rules.js';
import { Dialog } from '../parts/dialog.js';
import { Field, showFaults, useField } from '../parts/field.js';
import { SecretOnce } from '../parts/secret-once.js';
import { SellerPage } from '../parts/seller-page.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { problemText } from '../problem-text.js';

const NAME_LENGTH_MAX = 100;

export function KeysPage() {
  const { keys } = useConsole().words.shop;
  const [creating, setCreating] = useState(false);
  return (
    <SellerPage
      title={keys.title}
      lead={keys.lead}
      action={
        <button type="button" class="button button-primary" onClick={() => setCreating(true)}>
          {keys.create}
        </button>
      }
    >
      <Keys creating={creating} onCreated={() => setCreating(false)} />
    </SellerPage>
  );
}

function Keys({ creating, onCreated }: { readonly creating: boolean; readonly onCreated: () => void }) {
  const { words, api, notify } = useConsole();
  const { keys } = words.shop;
  const { result, reload } = useLoaded(() => api.keys(), []);
  const [created, setCreated] = useState<NewServerKey>();
  const [revoking, setRevoking] = useState<ServerKey>();
  if (result === undefined) return <Loading />;
  if (!result.ok) return <Failed problem={result.problem} retry={() => void reload()} />;
  // The newest first; those that are refused come last.
  const listed = [...result.value].sort(
    (one, other) => Number(!isValid(one)) - Number(!isValid(other)) || other.id - one.id,
  );
  return (
    <>
      {created !== undefined && (
        <SecretOnce
          title={keys.createdTitle}
          text={keys.createdText}
          secret={created.key}
          onDone={() => setCreated(undefined)}
        />
      )}
      {listed.length === 0 ? (
        <Empty title={keys.empty} text={keys.emptyText} />
      ) : (
        <KeyTable keys={listed} onRevoke={setRevoking} />
      )}
      {creating && (
        <CreateDialog
          onClose={onCreated}
          onCreated={(key) => {
            setCreated(key);
            void reload();
          }}
        />
      )}
      {revoking !== undefined && (
        <Dialog
          title={keys.revokeTitle(revoking.name)}
          text={keys.revokeText}
          submit={keys.revoke}
          danger
          onClose={() => setRevoking(undefined)}
          run={async () => {
            const revoked = await api.revokeKey(revoking.id);
            if (!revoked.ok) return problemText(words, revoked.problem);
            notify(keys.revoked(revoking.name));
            await reload();
            return undefined;
          }}
        />
      )}
    </>
  );
}

interface KeyTableOptions {
  readonly keys: readonly ServerKey[];
  readonly onRevoke: (key: ServerKey) => void;
}

function KeyTable({ keys: listed, onRevoke }: KeyTableOptions) {
  const { words, format } = useConsole();
  const { keys } = words.shop;
  const stateOf = ({ revokedAtMs, expiresAtMs }: ServerKey): string => {
    if (revokedAtMs !== undefined) return keys.revokedSince(format.happened(revokedAtMs));
    return expiresAtMs !== undefined && expiresAtMs <= Date.now() ? keys.expired : keys.inUse;
  };
  return (
    <div class="table-place table-framed">
      <table class="table table-stacked">
        <thead>
          <tr>
            {[keys.name, keys.scopes, keys.created, keys.expires, keys.state].map((text) => (
              <th key={text} scope="col">
                {text}
              </th>
            ))}
            <th scope="col">
              <span class="visually-hidden">{words.detail.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {listed.map((key) => (
            <tr key={key.id} data-over={String(!isValid(key))}>
              <td class="cell-main">{key.name}</td>
              <td data-label={keys.scopes}>
                {keyScopes
                  .filter((scope) => key.scopes.includes(scope))
                  .map((scope) => keys.scopeNames[scope])
                  .join(' · ')}
              </td>
              <td class="quiet cell-time" data-label={keys.created}>
                {format.happened(key.createdAtMs)}
              </td>
              <td class="quiet cell-time" data-label={keys.expires}>
                {key.expiresAtMs === undefined ? keys.neverExpires : format.moment(key.expiresAtMs)}
              </td>
              <td data-label={keys.state}>{stateOf(key)}</td>
              <td class="cell-action">
                {isValid(key) && (
                  <button
                    type="button"
                    class="button button-small button-quiet-danger"
                    aria-label={keys.revokeOne(key.name)}
                    onClick={() => onRevoke(key)}
                  >
                    {keys.revoke}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CreateDialogOptions {
  readonly onCreated: (key: NewServerKey) => void;
  readonly onClose: () => void;
}

function CreateDialog({ onCreated, onClose }: CreateDialogOptions) {
  const { words, api } = useConsole();
  const { keys } = words.shop;
  const name = useField();
  const expires = useField();
  const [scopes, setScopes] = useState<ReadonlySet<KeyScope>>(new Set(['read', 'redeem']));
  const [scopeFault, setScopeFault] = useState<string>();

  async function run(): Promise<string | undefined> {
    const faults = new Map<typeof name, string>();
    if (name.value === '') faults.set(name, words.form.required);
    const expiresAt = instantText(expires.value) ?? null;
    // By this device's clock; the server judges again.
    if (expiresAt !== null && Date.parse(expiresAt) <= Date.now()) faults.set(expires, keys.expiresPast);
    setScopeFault(scopes.size === 0 ? keys.scopeRequired : undefined);
    if (showFaults(faults) || scopes.size === 0) return '';
    const created = await api.createKey({ name: name.value, scopes: [...scopes], expiresAt });
    if (!created.ok) return problemText(words, created.problem);
    onCreated(created.value);
    return undefined;
  }

  return (
    <Dialog title={keys.create} submit={keys.create} run={run} onClose={onClose}>
      <Field
        state={name}
        label={keys.name}
        name="name"
        hint={keys.nameHint}
        required
        maxLength={NAME_LENGTH_MAX}
      />
      <Checks
        label={keys.scopes}
        choices={keyScopes.map((value) => ({ value, label: keys.scopeNames[value] }))}
        checked={scopes}
        fault={scopeFault}
        onChange={(checked) => {
          setScopes(checked);
          setScopeFault(undefined);
        }}
      />
      <Field
        state={expires}
        label={keys.expires}
        name="expires"
        type="datetime-local"
        hint={keys.expiresHint}
      />
    </Dialog>
  );
}

function isValid({ revokedAtMs, expiresAtMs }: ServerKey): boolean {
  return revokedAtMs === undefined && (expiresAtMs === undefined || expiresAtMs > Date.now());
}
