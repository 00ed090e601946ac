/** Shows the actions of a seller on a running coupon; each asks for confirmation. */
import { useRef, useState } from 'preact/hooks';
import type { Result } from '../api/calls.js';
import type { Coupon } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { Dialog } from '../parts/dialog.js';
import { problemText } from '../problem-text.js';
import { useTakeChange } from './changed-coupon.js';
import type { CouponActionOptions, CouponDialogOptions } from './coupon-action-options.js';
import { EditDialog } from './edit-dialog.js';
import { TopUpDialog } from './top-up-dialog.js';

export type Command = 'pause' | 'resume' | 'close';

/** Offers what makes sense in the state of the coupon. */
export function CouponActions({ coupon, onChanged }: CouponActionOptions) {
  const { words, api } = useConsole();
  const { detail } = words;
  const { state } = coupon;
  const [asked, ask] = useState<Command | 'top_up' | 'edit'>();
  const root = useRef<HTMLDivElement>(null);
  const opening = useRef(false);
  const dialog = {
    coupon,
    onChanged,
    onClose: () => ask(undefined),
    focusAfter: () => root.current?.querySelector('button'),
  };

  /** Reads the coupon first: live updates carry neither its name nor its ETag. */
  async function openEdit(): Promise<void> {
    if (opening.current) return;
    opening.current = true;
    const read = await api.coupon(coupon.id);
    opening.current = false;
    if (read.ok) onChanged(read.value);
    // The seller may have opened another question meanwhile.
    ask((shown) => shown ?? 'edit');
  }

  const button = (text: string, action: () => void, kind = '') => (
    <button key={text} type="button" class={`button ${kind}`} onClick={action}>
      {text}
    </button>
  );
  const isPaused = state === 'paused';
  return (
    <div class="actions" ref={root}>
      {state !== 'closed' && (
        // One button in both states: the keyboard stays on it.
        <button
          type="button"
          class={isPaused ? 'button button-primary' : 'button'}
          onClick={() => ask(isPaused ? 'resume' : 'pause')}
        >
          {isPaused ? detail.resume : detail.pause}
        </button>
      )}
      {state !== 'closed' &&
        button(detail.topUp, () => ask('top_up'), state === 'sold_out' ? 'button-primary' : '')}
      {state === 'closed' ? (
        <p class="quiet">{detail.closedFixed}</p>
      ) : (
        button(detail.edit, () => void openEdit())
      )}
      {state !== 'closed' && button(detail.close, () => ask('close'), 'button-quiet-danger')}
      {asked === 'top_up' && <TopUpDialog {...dialog} />}
      {asked === 'edit' && <EditDialog {...dialog} />}
      {(asked === 'pause' || asked === 'resume' || asked === 'close') && (
        <CommandDialog {...dialog} command={asked} />
      )}
    </div>
  );
}

interface CommandDialogOptions extends CouponDialogOptions {
  readonly command: Command;
  readonly focusAfter: () => HTMLElement | null | undefined;
}

/** Also asks an administrator, who may pause, resume and close the coupons of every seller. */
export function CommandDialog({ command, coupon, onChanged, onClose, focusAfter }: CommandDialogOptions) {
  const { words, api } = useConsole();
  const { detail } = words;
  const { take, readChanged } = useTakeChange(coupon.id, onChanged);

  /** Closing is final, so it is guarded. Pausing and resuming are not: both can be undone, and a pause must not wait. */
  async function run(): Promise<string | undefined> {
    const result: Result<Coupon> = await api.command(
      coupon.id,
      command,
      command === 'close' ? coupon.etag : undefined,
    );
    if (result.ok || result.problem.code !== 'changed_meanwhile') return take(result, detail.done[command]);
    const changed = await readChanged();
    return changed.ok ? changed.value.text : problemText(words, changed.problem);
  }

  return (
    <Dialog
      title={detail[`${command}Title`]}
      text={detail[`${command}Text`]}
      submit={command === 'close' ? detail.closeSubmit : detail[command]}
      danger={command === 'close'}
      focusAfter={focusAfter}
      run={run}
      onClose={onClose}
    />
  );
}
