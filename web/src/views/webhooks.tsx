/** Lists the webhooks of a seller: how the receiver answered last, and what can be done about it. */
import { useState } from 'preact/hooks';
import type { Delivery, Tested, Webhook } from '../api/shop.js';
import { useConsole } from '../context.js';
import type { ConsoleContext } from '../context.js';
import { useInterval, useLoaded } from '../hooks.js';
import { SecretOnce } from '../parts/secret-once.js';
import { SellerPage } from '../parts/seller-page.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { problemText } from '../problem-text.js';
import {
  CreateWebhookDialog,
  RemoveWebhookDialog,
  ReplayDialog,
  RotateSecretDialog,
} from './webhook-dialogs.js';

const REFRESH_MS = 5_000;
const DELIVERIES_SHOWN = 20;

export function WebhooksPage() {
  const { webhooks } = useConsole().words.shop;
  const [creating, setCreating] = useState(false);
  return (
    <SellerPage
      title={webhooks.title}
      lead={webhooks.lead}
      action={
        <button type="button" class="button button-primary" onClick={() => setCreating(true)}>
          {webhooks.create}
        </button>
      }
    >
      <Webhooks creating={creating} onCreated={() => setCreating(false)} />
    </SellerPage>
  );
}

function Webhooks({ creating, onCreated }: { readonly creating: boolean; readonly onCreated: () => void }) {
  const { words, api } = useConsole();
  const { webhooks } = words.shop;
  const { result, reload } = useLoaded(() => api.webhooks(), []);
  const [secret, setSecret] = useState<string>();
  useInterval(() => void reload(), REFRESH_MS);
  if (result === undefined) return <Loading />;
  if (!result.ok) return <Failed problem={result.problem} retry={() => void reload()} />;
  return (
    <>
      {secret !== undefined && (
        <SecretOnce
          title={webhooks.createdTitle}
          text={webhooks.createdText}
          secret={secret}
          onDone={() => setSecret(undefined)}
        />
      )}
      {result.value.length === 0 && <Empty title={webhooks.empty} text={webhooks.emptyText} />}
      <ul class="webhooks">
        {[...result.value].reverse().map((webhook) => (
          <WebhookPanel key={webhook.id} webhook={webhook} onChanged={reload} onSecret={setSecret} />
        ))}
      </ul>
      {creating && (
        <CreateWebhookDialog
          onClose={onCreated}
          onCreated={(created) => {
            setSecret(created);
            void reload();
          }}
        />
      )}
    </>
  );
}

interface WebhookPanelOptions {
  readonly webhook: Webhook;
  readonly onChanged: () => Promise<void>;
  /** Shows a new secret, this once. */
  readonly onSecret: (secret: string) => void;
}

function WebhookPanel({ webhook, onChanged, onSecret }: WebhookPanelOptions) {
  const context = useConsole();
  const { words, api, format, notify } = context;
  const { webhooks } = words.shop;
  const { id, url, enabled, failingSinceMs } = webhook;
  const { result, reload } = useLoaded(() => api.deliveries(id), [id]);
  useInterval(() => void reload(), REFRESH_MS);
  const [asked, ask] = useState<'replay' | 'rotate' | 'remove'>();
  const [testing, setTesting] = useState(false);
  const deliveries = result?.ok === true ? result.value : [];
  const [last] = deliveries;

  async function test(): Promise<void> {
    if (testing) return;
    setTesting(true);
    const tested = await api.testWebhook(id);
    setTesting(false);
    if (!tested.ok) notify(problemText(words, tested.problem), 'bad');
    else
      notify(
        webhooks.tested(answerText(context, tested.value)),
        tested.value.result === 'delivered' ? 'good' : 'bad',
      );
  }

  async function enable(): Promise<void> {
    const done = await api.enableWebhook(id);
    if (done.ok) notify(webhooks.enabledNow);
    else notify(problemText(words, done.problem), 'bad');
    await onChanged();
  }

  const button = (text: string, action: () => void, kind = '', busy = false) => (
    <button
      type="button"
      class={`button button-small ${kind}`}
      aria-label={webhooks.forOne(text, url)}
      aria-busy={busy}
      onClick={action}
    >
      {text}
    </button>
  );
  return (
    <li class="panel webhook">
      <div class="panel-head">
        <h2 class="webhook-url">{url}</h2>
        <span
          class="badge"
          data-state={enabled ? (failingSinceMs === undefined ? 'open' : 'failing') : 'closed'}
        >
          {!enabled ? webhooks.disabled : failingSinceMs === undefined ? webhooks.enabled : webhooks.retrying}
        </span>
      </div>
      <p class="quiet">{webhook.kinds.map((kind) => webhooks.kindNames[kind] ?? kind).join(' · ')}</p>
      {!enabled && <p class="hint-box hint-bad">{webhooks.disabledText}</p>}
      <p>
        {webhooks.last}:{' '}
        {last === undefined ? webhooks.never : `${answerText(context, last)}, ${format.happened(last.atMs)}`}
        {failingSinceMs !== undefined && (
          <>
            <br />
            {webhooks.failing(format.whole(webhook.failures), format.happened(failingSinceMs))}
          </>
        )}
      </p>
      <div class="panel-actions">
        {!enabled && button(webhooks.enable, () => void enable(), 'button-primary')}
        {button(webhooks.test, () => void test(), '', testing)}
        {button(webhooks.replay, () => ask('replay'))}
        {button(webhooks.rotate, () => ask('rotate'))}
        {button(webhooks.remove, () => ask('remove'), 'button-quiet-danger')}
      </div>
      {deliveries.length > 0 && <Deliveries url={url} deliveries={deliveries.slice(0, DELIVERIES_SHOWN)} />}
      {asked === 'replay' && <ReplayDialog id={id} onClose={() => ask(undefined)} />}
      {asked === 'rotate' && (
        <RotateSecretDialog id={id} url={url} onRotated={onSecret} onClose={() => ask(undefined)} />
      )}
      {asked === 'remove' && (
        <RemoveWebhookDialog id={id} url={url} onRemoved={onChanged} onClose={() => ask(undefined)} />
      )}
    </li>
  );
}

function Deliveries({ url, deliveries }: { readonly url: string; readonly deliveries: readonly Delivery[] }) {
  const context = useConsole();
  const { words, format } = context;
  const { webhooks } = words.shop;
  return (
    <details class="deliveries">
      <summary>{webhooks.deliveries}</summary>
      <div class="table-place">
        <table class="table table-stacked">
          <caption class="visually-hidden">{webhooks.deliveriesOf(url)}</caption>
          <thead>
            <tr>
              {[webhooks.at, webhooks.coupon, webhooks.events, webhooks.answer].map((text) => (
                <th key={text} scope="col">
                  {text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {deliveries.map((delivery) => (
              // An attempt again has the id of the first.
              <tr key={`${delivery.messageId} ${delivery.atMs}`}>
                <td class="cell-main">{format.happened(delivery.atMs)}</td>
                <td data-label={webhooks.coupon}>{format.whole(delivery.couponId)}</td>
                <td data-label={webhooks.events}>{format.whole(delivery.events)}</td>
                <td data-label={webhooks.answer}>{answerText(context, delivery)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function answerText({ words }: ConsoleContext, { result, status }: Tested): string {
  return words.shop.webhooks.result(result, String(status ?? words.none));
}
