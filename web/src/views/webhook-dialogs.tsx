/** Asks for what a webhook needs: its address, what to send again, and before it is removed. */
import { useRef, useState } from 'preact/hooks';
import { eventKinds } from '../api/shop.js';
import { useConsole } from '../context.js';
import { Checks } from '../parts/checks.js';
import { readWhole } from '../parts/coupon-rules.js';
import { Dialog } from '../parts/dialog.js';
import { Field, showFaults, useField } from '../parts/field.js';
import { randomKey } from '../parts/random-key.js';
import { problemText } from '../problem-text.js';

interface CreateOptions {
  /** Is given the secret, which is shown this once. */
  readonly onCreated: (secret: string) => void;
  readonly onClose: () => void;
}

export function CreateWebhookDialog({ onCreated, onClose }: CreateOptions) {
  const { words, api } = useConsole();
  const { webhooks } = words.shop;
  const url = useField();
  const [kinds, setKinds] = useState<ReadonlySet<string>>(new Set(eventKinds));
  const [kindFault, setKindFault] = useState<string>();

  async function run(): Promise<string | undefined> {
    setKindFault(kinds.size === 0 ? words.shop.keys.scopeRequired : undefined);
    const faults = new Map<typeof url, string>();
    if (!/^https?:\/\/[^/]/.test(url.value)) faults.set(url, webhooks.urlRequired);
    if (showFaults(faults) || kinds.size === 0) return '';
    const created = await api.createWebhook(url.value, [...kinds]);
    if (created.ok) {
      onCreated(created.value);
      return undefined;
    }
    const text = problemText(words, created.problem);
    if (created.problem.code !== 'url_refused') return text;
    showFaults(new Map([[url, text]]));
    return '';
  }

  return (
    <Dialog title={webhooks.create} submit={webhooks.create} run={run} onClose={onClose}>
      <Field
        state={url}
        label={webhooks.url}
        name="url"
        type="url"
        hint={webhooks.urlHint}
        required
        spellcheck={false}
      />
      <Checks
        label={webhooks.kinds}
        choices={eventKinds.map((value) => ({ value, label: webhooks.kindNames[value] ?? value }))}
        checked={kinds}
        fault={kindFault}
        onChange={(checked) => {
          setKinds(checked);
          setKindFault(undefined);
        }}
      />
    </Dialog>
  );
}

export function ReplayDialog({ id, onClose }: { readonly id: number; readonly onClose: () => void }) {
  const { words, api, format, notify } = useConsole();
  const { webhooks } = words.shop;
  const coupon = useField();
  const from = useField('1');

  async function run(): Promise<string | undefined> {
    const couponId = readWhole(coupon.value);
    const fromIssueNo = readWhole(from.value);
    const faults = new Map<typeof coupon, string>();
    if (couponId === undefined) faults.set(coupon, webhooks.numberRequired);
    if (fromIssueNo === undefined) faults.set(from, webhooks.numberRequired);
    if (showFaults(faults) || couponId === undefined || fromIssueNo === undefined) return '';
    const replayed = await api.replayWebhook(id, couponId, fromIssueNo);
    if (!replayed.ok) return problemText(words, replayed.problem);
    if (replayed.value === 0) return webhooks.replayNone;
    notify(webhooks.replayed(format.whole(replayed.value)));
    return undefined;
  }

  return (
    <Dialog
      title={webhooks.replayTitle}
      text={webhooks.replayText}
      submit={webhooks.replay}
      run={run}
      onClose={onClose}
    >
      <Field
        state={coupon}
        label={webhooks.replayCoupon}
        name="coupon"
        hint={webhooks.replayCouponHint}
        inputMode="numeric"
        required
      />
      <Field state={from} label={webhooks.replayFrom} name="from" inputMode="numeric" required />
    </Dialog>
  );
}

interface RemoveOptions {
  readonly id: number;
  readonly url: string;
  readonly onRemoved: () => Promise<void>;
  readonly onClose: () => void;
}

export function RemoveWebhookDialog({ id, url, onRemoved, onClose }: RemoveOptions) {
  const { words, api, notify } = useConsole();
  const { webhooks } = words.shop;
  return (
    <Dialog
      title={webhooks.removeTitle}
      text={`${url} – ${webhooks.removeText}`}
      submit={webhooks.remove}
      danger
      onClose={onClose}
      run={async () => {
        const removed = await api.removeWebhook(id);
        if (!removed.ok) return problemText(words, removed.problem);
        notify(webhooks.removed);
        await onRemoved();
        return undefined;
      }}
    />
  );
}

interface RotateOptions {
  readonly id: number;
  readonly url: string;
  /** Is given the new secret, which is shown this once. */
  readonly onRotated: (secret: string) => void;
  readonly onClose: () => void;
}

export function RotateSecretDialog({ id, url, onRotated, onClose }: RotateOptions) {
  const { words, api } = useConsole();
  const { webhooks } = words.shop;
  const key = useRef(randomKey());
  return (
    <Dialog
      title={webhooks.rotateTitle}
      text={`${url} – ${webhooks.rotateText}`}
      submit={webhooks.rotate}
      onClose={onClose}
      run={async () => {
        const rotated = await api.rotateWebhookSecret(id, key.current);
        if (!rotated.ok) return problemText(words, rotated.problem);
        onRotated(rotated.value);
        return undefined;
      }}
    />
  );
}
