/** Shows the actions of a seller on a running coupon; each asks for confirmation. */
import type { Result } from '../api/client.js';
import type { Coupon, CouponState } from '../api/coupon.js';
import { element, fill } from '../dom.js';
import { QUANTITY_MAX, readTerms, showServerFaults, wholeNumber } from '../parts/coupon-rules.js';
import { openDialog } from '../parts/dialog.js';
import { field } from '../parts/field.js';
import { showTerms, termsFields } from '../parts/terms-fields.js';
import { problemText } from '../view.js';
import type { ViewContext } from '../view.js';

export interface CouponActions {
  readonly root: HTMLElement;
  /** Offers what makes sense in this state. */
  show(state: CouponState): void;
}

/** @param current the coupon as last received. @param onChanged is given the coupon as it is after a change. */
export function couponActions(
  context: ViewContext,
  current: () => Coupon,
  onChanged: (coupon: Coupon) => void,
): CouponActions {
  const { words, api } = context;
  const { detail } = words;
  const root = element('div', { class: 'actions' });
  let shown: CouponState | undefined;

  function take(result: Result<Coupon>, done: string): string | undefined {
    if (!result.ok) return problemText(words, result.problem);
    onChanged(result.value);
    context.notify(done);
    return undefined;
  }

  /** Reads the coupon that another tab has changed, shows it on the page, and describes it. */
  async function readChanged(): Promise<Result<{ readonly coupon: Coupon; readonly text: string }>> {
    const read = await api.coupon(current().id);
    if (!read.ok) return read;
    const coupon = read.value;
    onChanged(coupon);
    const { format } = context;
    const from = coupon.opensAtMs === undefined ? words.noLimitStart : format.short(coupon.opensAtMs);
    const to = coupon.closesAtMs === undefined ? words.noLimitEnd : format.short(coupon.closesAtMs);
    const quantity = format.whole(coupon.quantity);
    const text = detail.changedMeanwhile(coupon.name, quantity, `${from} – ${to}`, words.state[coupon.state]);
    return { ok: true, value: { coupon, text } };
  }

  /** Closing is final, so it is guarded. Pausing and resuming are not: both can be undone, and a pause must not wait. */
  async function runCommand(command: 'pause' | 'resume' | 'close'): Promise<string | undefined> {
    const { id, etag } = current();
    const result = await api.command(id, command, command === 'close' ? etag : undefined);
    if (result.ok || result.problem.code !== 'changed_meanwhile') return take(result, detail.done[command]);
    const changed = await readChanged();
    return changed.ok ? changed.value.text : problemText(words, changed.problem);
  }

  function confirm(command: 'pause' | 'resume' | 'close'): void {
    openDialog(context, {
      title: detail[`${command}Title`],
      text: detail[`${command}Text`],
      submit: detail[command],
      danger: command === 'close',
      focusAfter: () => root.querySelector('button'),
      run: () => runCommand(command),
    });
  }

  /** Sends no ETag: units are added to whatever the quantity is, so nothing is overwritten. */
  function topUp(): void {
    const more = field({
      label: detail.topUpBy,
      name: 'more',
      inputmode: 'numeric',
      required: true,
    });
    // One key for each amount of this dialog: submitting it again after a lost answer adds once.
    const keys = new Map<number, string>();
    const keyOf = (by: number): string => {
      const key = keys.get(by) ?? randomKey();
      keys.set(by, key);
      return key;
    };
    openDialog(context, {
      title: detail.topUpTitle,
      fields: [more.root],
      submit: detail.topUpSubmit,
      async run() {
        const { id, quantity: before } = current();
        const by = Number(more.value);
        if (!wholeNumber.test(more.value) || by < 1 || before + by > QUANTITY_MAX) {
          more.fault(detail.topUpRange);
          return '';
        }
        const topped = await api.topUp(id, by, keyOf(by));
        const quantity = topped.ok ? topped.value.quantity : before + by;
        return take(topped, detail.done.topUp(context.format.whole(quantity)));
      },
    });
  }

  let opening = false;

  /** Reads the coupon first: live updates carry neither its name nor its ETag. */
  async function openEdit(): Promise<void> {
    if (opening) return;
    opening = true;
    const read = await api.coupon(current().id);
    opening = false;
    // The seller went on meanwhile: to another page, or to another question.
    if (!root.isConnected || document.querySelector('dialog') !== null) return;
    if (read.ok) onChanged(read.value);
    edit(current());
  }

  /** @param loaded the coupon whose values the form shows. */
  function edit(loaded: Coupon): void {
    let { etag } = loaded;
    const fields = termsFields(words, loaded);

    /** What the seller typed stays: saving again replaces the values that the note shows. */
    async function changedNote(): Promise<string | HTMLElement> {
      const changed = await readChanged();
      if (!changed.ok) return problemText(words, changed.problem);
      const { coupon, text } = changed.value;
      etag = coupon.etag;
      const load = button(detail.loadCurrent, () => {
        showTerms(fields, coupon);
        note.remove();
        fields.name.input.focus();
      });
      const note = element('span', {}, `${text} ${detail.saveReplaces} `, load);
      return note;
    }

    openDialog(context, {
      title: detail.editTitle,
      fields: [fields.name.root, fields.quantity.root, fields.opensAt.root, fields.closesAt.root],
      submit: words.form.save,
      async run() {
        const terms = readTerms(fields, words);
        if (terms === undefined) return '';
        const result = await api.amend(loaded.id, terms, etag);
        if (!result.ok && result.problem.code === 'changed_meanwhile') return changedNote();
        if (!result.ok) showServerFaults(result.problem, { ...fields });
        return take(result, detail.done.edit);
      },
    });
  }

  const button = (text: string, action: () => void, kind = ''): HTMLElement =>
    element('button', { type: 'button', class: `button ${kind}`, on: { click: action } }, text);

  return {
    root,
    show(state) {
      if (state === shown) return;
      shown = state;
      fill(
        root,
        state === 'paused'
          ? button(detail.resume, () => confirm('resume'), 'button-primary')
          : state !== 'closed' && button(detail.pause, () => confirm('pause')),
        state !== 'closed' && button(detail.topUp, topUp, state === 'sold_out' ? 'button-primary' : ''),
        button(detail.edit, () => void openEdit()),
        state !== 'closed' && button(detail.close, () => confirm('close'), 'button-quiet-danger'),
      );
    },
  };
}

/** `crypto.randomUUID` is missing where the console is served over plain HTTP. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
