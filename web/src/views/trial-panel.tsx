/** Tries the rule of a coupon with a member. */
import { useState } from 'preact/hooks';
import type { Coupon } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { Field, showFaults, useField } from '../parts/field.js';
import { problemText } from '../problem-text.js';

interface Answer {
  readonly kind: 'good' | 'bad';
  readonly text: string;
}

export function TrialPanel({ coupon }: { readonly coupon: Coupon }) {
  const { words, api } = useConsole();
  const { rules } = words;
  const member = useField();
  const [claims, setClaims] = useState<Readonly<Record<string, string>>>({});
  const [answer, setAnswer] = useState<Answer>();
  const [busy, setBusy] = useState(false);
  const names = Object.keys(coupon.eligibility?.claims ?? {});

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    setAnswer(undefined);
    if (busy) return;
    if (member.value === '') {
      showFaults(new Map([[member, rules.memberRequired]]));
      return;
    }
    setBusy(true);
    const given = names.flatMap((name) => {
      const typed = claims[name]?.trim() ?? '';
      return typed === '' ? [] : [[name, typed] as const];
    });
    const result = await api.tryMember(coupon.id, member.value, Object.fromEntries(given));
    setBusy(false);
    if (!result.ok) setAnswer({ kind: 'bad', text: problemText(words, result.problem) });
    else if (result.value === undefined) setAnswer({ kind: 'good', text: rules.eligible(member.value) });
    else {
      const reason = rules.refusedBy[result.value];
      setAnswer({ kind: 'bad', text: rules.refused(member.value, reason) });
    }
  }

  return (
    <section class="panel">
      <h2>{rules.trial}</h2>
      <p class="quiet">{rules.trialText}</p>
      <form class="line-form" noValidate onSubmit={(event) => void onSubmit(event)}>
        <Field state={member} label={rules.member} name="member" spellcheck={false} />
        {names.map((name) => (
          <div class="field" key={name}>
            <label for={`trial-${name}`}>{name}</label>
            <input
              id={`trial-${name}`}
              autocomplete="off"
              spellcheck={false}
              maxLength={64}
              value={claims[name] ?? ''}
              onInput={(event) => setClaims({ ...claims, [name]: event.currentTarget.value })}
            />
          </div>
        ))}
        <button type="submit" class="button" aria-busy={busy}>
          {rules.try}
        </button>
      </form>
      <p class="verdict" data-kind={answer?.kind} role="status">
        {answer?.text}
      </p>
    </section>
  );
}
