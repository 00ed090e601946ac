/** Compares the admitted issuances of one coupon with its rows for an administrator, and repairs on request. */
import { useState } from 'preact/hooks';
import type { Comparison, Finding } from '../../api/admin.js';
import type { Problem } from '../../api/problem.js';
import type { Coupon } from '../../api/coupon.js';
import { useConsole } from '../../context.js';
import { useLoaded } from '../../hooks.js';
import { AdminPage } from '../../parts/admin-page.js';
import { StateBadge } from '../../parts/badge.js';
import { Dialog } from '../../parts/dialog.js';
import { Failed, Loading } from '../../parts/states.js';
import { problemText } from '../../problem-text.js';
import { eventAddress } from '../../route.js';
import { CommandDialog } from '../coupon-actions.js';
import type { Command } from '../coupon-actions.js';

/** Numbers named for one finding. */
const EXAMPLES_MAX = 10;

export function ComparisonPage({ couponId }: { readonly couponId: number }) {
  const { words, api } = useConsole();
  const { result, reload } = useLoaded(() => api.coupon(couponId), []);
  const coupon = result?.ok === true ? result.value : undefined;
  const title = coupon?.name ?? words.admin.comparison.title;
  return (
    <AdminPage title={title} lead={words.admin.comparison.lead} under="#/admin/coupons">
      {result === undefined && <Loading />}
      {result?.ok === false && <Failed problem={result.problem} retry={() => void reload()} />}
      {coupon !== undefined && <CouponPanels coupon={coupon} onChanged={() => void reload()} />}
    </AdminPage>
  );
}

function CouponPanels({ coupon, onChanged }: { readonly coupon: Coupon; readonly onChanged: () => void }) {
  const { words, format } = useConsole();
  const { detail } = words;
  const { id, state, remaining, quantity, sellerId } = coupon;
  const [asked, ask] = useState<Command>();
  return (
    <div class="stack">
      <section class="panel">
        <div class="panel-head">
          <div>
            <p class="figure-line">
              <StateBadge state={state} />{' '}
              {words.remainingOf(format.whole(remaining), format.whole(quantity))}
            </p>
            <p class="quiet">
              {words.account.seller} <span class="cell-code">{sellerId}</span>
            </p>
            <p class="quiet">{format.window(coupon)}</p>
          </div>
          <div class="panel-actions">
            <a class="button" href={eventAddress(id)}>
              {detail.eventPage}
            </a>
            {state !== 'closed' && (
              // One button in both states: the keyboard stays on it.
              <button
                type="button"
                class="button"
                onClick={() => ask(state === 'paused' ? 'resume' : 'pause')}
              >
                {state === 'paused' ? detail.resume : detail.pause}
              </button>
            )}
            {state !== 'closed' && (
              <button type="button" class="button button-quiet-danger" onClick={() => ask('close')}>
                {detail.close}
              </button>
            )}
          </div>
        </div>
      </section>
      <Reconcile couponId={id} />
      {asked !== undefined && (
        <CommandDialog
          command={asked}
          coupon={coupon}
          onChanged={onChanged}
          onClose={() => ask(undefined)}
          focusAfter={() => document.querySelector<HTMLElement>('.panel-actions .button')}
        />
      )}
    </div>
  );
}

function Reconcile({ couponId }: { readonly couponId: number }) {
  const { words, admin, format, notify } = useConsole();
  const { comparison } = words.admin;
  const [compared, setCompared] = useState<number>();
  const [found, setFound] = useState<Comparison>();
  const [problem, setProblem] = useState<Problem>();
  const [asking, setAsking] = useState(false);
  const running = compared !== undefined;

  async function compare(repairs: boolean): Promise<Problem | undefined> {
    setCompared(0);
    setProblem(undefined);
    const result = await admin.compare(couponId, repairs, setCompared);
    setCompared(undefined);
    if (!result.ok) return result.problem;
    setFound(result.value);
    return undefined;
  }

  return (
    <section class="panel stack" aria-busy={running}>
      <div class="panel-head">
        <h2>{comparison.heading}</h2>
        <div class="panel-actions">
          <button
            type="button"
            class="button button-primary"
            aria-busy={running}
            onClick={() => {
              if (!running) void compare(false).then(setProblem);
            }}
          >
            {found === undefined ? comparison.compare : comparison.again}
          </button>
          {found?.clean === false && found.repair === undefined && (
            <button type="button" class="button" onClick={() => setAsking(true)}>
              {comparison.repair}
            </button>
          )}
        </div>
      </div>
      <div role="status">
        {running && <p class="quiet">{comparison.comparing(format.whole(compared))}</p>}
        {!running && problem !== undefined && <p class="hint-box hint-bad">{problemText(words, problem)}</p>}
        {!running && found === undefined && problem === undefined && <p class="quiet">{comparison.before}</p>}
        {!running && found !== undefined && <Findings found={found} />}
      </div>
      {asking && (
        <Dialog
          title={comparison.repairTitle}
          text={comparison.repairText}
          submit={comparison.repair}
          onClose={() => setAsking(false)}
          run={async () => {
            const fault = await compare(true);
            if (fault !== undefined) return problemText(words, fault);
            notify(comparison.repaired);
            return undefined;
          }}
        />
      )}
    </section>
  );
}

function Findings({ found }: { readonly found: Comparison }) {
  const { words, format } = useConsole();
  const { comparison } = words.admin;
  const { clean, admitted, recorded, findings, repair } = found;
  const figures = comparison.figures(format.whole(admitted), format.whole(recorded));
  if (clean) {
    return (
      <p class="verdict-line" data-good="true">
        <strong>{comparison.clean}</strong> {figures}
      </p>
    );
  }
  const done =
    repair === undefined
      ? []
      : [
          ...(repair.requeued > 0 ? [comparison.done.requeued(format.whole(repair.requeued))] : []),
          ...(repair.revokesFinished > 0
            ? [comparison.done.revokes(format.whole(repair.revokesFinished))]
            : []),
          ...(repair.rebuilt ? [comparison.done.rebuilt] : []),
          ...(repair.termsSaved ? [comparison.done.terms] : []),
        ];
  return (
    <>
      <p class="verdict-line" data-good="false">
        <strong>{repair === undefined ? comparison.differs : comparison.beforeRepair}</strong> {figures}
      </p>
      <ul class="findings">
        {findings.map((finding) => (
          <FindingItem key={finding.kind} finding={finding} />
        ))}
      </ul>
      {repair !== undefined && (
        <p class="hint-box">
          {done.length === 0 ? comparison.done.nothing : `${done.join(' ')} ${comparison.done.check}`}
        </p>
      )}
    </>
  );
}

function FindingItem({ finding: { kind, count, examples } }: { readonly finding: Finding }) {
  const { words, format } = useConsole();
  const { comparison } = words.admin;
  const [title, help] = comparison.findings[kind] ?? [kind, ''];
  const shown = examples
    .slice(0, EXAMPLES_MAX)
    .map(({ issueNo, memberId }) => comparison.example(format.whole(issueNo), memberId));
  return (
    <li>
      <h3>
        {title} <span class="badge">{format.whole(count)}</span>
      </h3>
      <p class="quiet">{help}</p>
      {shown.length > 0 && (
        <p class="figure-line">
          {shown.join(', ')}
          {count > shown.length && ', …'}
        </p>
      )}
    </li>
  );
}
