/** Shows the list of members of a coupon: its size, an upload, a search, and its removal. */
import { useState } from 'preact/hooks';
import type { Coupon } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useGrowingList } from '../hooks.js';
import { Dialog } from '../parts/dialog.js';
import { Field, showFaults, useField } from '../parts/field.js';
import { GrowingListEnd } from '../parts/growing-list-end.js';
import { problemText } from '../problem-text.js';
import { AudienceUpload } from './audience-upload.js';

const PAGE_MEMBERS = 100;

interface AudiencePanelOptions {
  readonly coupon: Coupon;
  /** `undefined` until they are counted. */
  readonly members: number | undefined;
  readonly onChanged: () => Promise<void>;
}

export function AudiencePanel({ coupon, members, onChanged }: AudiencePanelOptions) {
  const { words, format } = useConsole();
  const { rules } = words;
  const [shown, setShown] = useState(false);
  const [clearing, setClearing] = useState(false);
  const isAsked = coupon.eligibility?.audience === true;
  return (
    <section class="panel audience">
      <div class="panel-head">
        <h2>{rules.list}</h2>
        {members !== undefined && <p class="audience-count">{rules.count(format.whole(members))}</p>}
      </div>
      {!isAsked && <p class="quiet">{rules.listOff}</p>}
      {isAsked && members === 0 && <p class="hint-box hint-bad">{rules.listEmpty}</p>}
      <AudienceUpload couponId={coupon.id} onChanged={onChanged} />
      {members !== undefined && members > 0 && (
        <>
          <FindMember couponId={coupon.id} />
          <details class="deliveries" onToggle={(event) => setShown(event.currentTarget.open)}>
            <summary>{rules.showMembers}</summary>
            {shown && <Members key={members} couponId={coupon.id} />}
          </details>
          <div>
            <button
              type="button"
              class="button button-small button-quiet-danger"
              onClick={() => setClearing(true)}
            >
              {rules.clear}
            </button>
          </div>
        </>
      )}
      {clearing && (
        <ClearDialog
          couponId={coupon.id}
          members={members ?? 0}
          onChanged={onChanged}
          onClose={() => setClearing(false)}
        />
      )}
    </section>
  );
}

function FindMember({ couponId }: { readonly couponId: number }) {
  const { words, api } = useConsole();
  const { rules } = words;
  const member = useField();
  const [answer, setAnswer] = useState<{ readonly kind: 'good' | 'bad'; readonly text: string }>();

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    setAnswer(undefined);
    const { value } = member;
    if (value === '') {
      showFaults(new Map([[member, rules.memberRequired]]));
      return;
    }
    const result = await api.audience(couponId, value);
    if (!result.ok) setAnswer({ kind: 'bad', text: problemText(words, result.problem) });
    else if (result.value.listed) setAnswer({ kind: 'good', text: rules.isListed(value) });
    else setAnswer({ kind: 'bad', text: rules.notListed(value) });
  }

  return (
    <form class="line-form" noValidate onSubmit={(event) => void onSubmit(event)}>
      <Field state={member} label={rules.find} name="find" spellcheck={false} />
      <button type="submit" class="button">
        {rules.findMember}
      </button>
      <p class="verdict" data-kind={answer?.kind} role="status">
        {answer?.text}
      </p>
    </form>
  );
}

function Members({ couponId }: { readonly couponId: number }) {
  const { api } = useConsole();
  const list = useGrowingList(
    (after) => api.audienceMembers(couponId, after === 0 ? '' : String(after), PAGE_MEMBERS),
    [couponId],
  );
  return (
    <>
      <ul class="audience-members" ref={list.listRef}>
        {list.items.map((member) => (
          <li key={member}>{member}</li>
        ))}
      </ul>
      <GrowingListEnd list={list}>{null}</GrowingListEnd>
    </>
  );
}

interface ClearDialogOptions {
  readonly couponId: number;
  readonly members: number;
  readonly onChanged: () => Promise<void>;
  readonly onClose: () => void;
}

function ClearDialog({ couponId, members, onChanged, onClose }: ClearDialogOptions) {
  const { words, api, format, notify } = useConsole();
  const { rules } = words;
  const [left, setLeft] = useState<number>();

  async function run(): Promise<string | undefined> {
    for (;;) {
      const result = await api.clearAudience(couponId);
      if (!result.ok) return problemText(words, result.problem);
      if (result.value.members === 0) break;
      setLeft(result.value.members);
    }
    notify(rules.cleared);
    await onChanged();
    return undefined;
  }

  return (
    <Dialog
      title={rules.clearTitle(format.whole(members))}
      text={rules.clearText}
      submit={rules.clear}
      danger
      run={run}
      onClose={onClose}
    >
      {left !== undefined && <p role="status">{rules.clearing(format.whole(left))}</p>}
    </Dialog>
  );
}
