/** Shows an administrator whether this process, its stores and the recorders work. */
import type { ComponentChildren } from 'preact';
import type { Health, StoreHealth } from '../../api/admin.js';
import { useConsole } from '../../context.js';
import { useInterval, useLoaded } from '../../hooks.js';
import { AdminPage } from '../../parts/admin-page.js';
import { Failed, Loading } from '../../parts/states.js';

const REFRESH_MS = 3_000;

export function HealthPage() {
  const { health } = useConsole().words.admin;
  return (
    <AdminPage title={health.title} lead={health.lead}>
      <HealthPanels />
    </AdminPage>
  );
}

function HealthPanels() {
  const { words, admin } = useConsole();
  const { health } = words.admin;
  const { result, reload } = useLoaded(() => admin.health(), []);
  useInterval(() => void reload(), REFRESH_MS);
  if (result === undefined) return <Loading />;
  if (!result.ok) return <Failed problem={result.problem} retry={() => void reload()} />;
  const { ready, reasons, warnings, stores, backEnd, durability } = result.value;
  return (
    <>
      <div class="health" role="status">
        <Verdict title={health.process} good={ready} state={ready ? health.ready : health.notReady}>
          {[...reasons, ...warnings].map((text) => (
            <Reason key={text} text={text} />
          ))}
          {reasons.length + warnings.length === 0 && (
            <p>
              {health.backEnds[backEnd] ?? backEnd} · {health.durabilities[durability] ?? durability}
            </p>
          )}
        </Verdict>
        {stores.map((store) => (
          <Store key={store.name} store={store} />
        ))}
        <Recorders of={result.value} />
      </div>
    </>
  );
}

/** What a server reports is in English, and stays so where this language has no sentence for it. */
function Reason({ text }: { readonly text: string }) {
  const known = useConsole().words.admin.health.reason(text);
  return known === undefined ? <p lang="en">{text}</p> : <p>{known}</p>;
}

function Store({ store: { name, ok, ms, fault } }: { readonly store: StoreHealth }) {
  const { words, format } = useConsole();
  const { health } = words.admin;
  return (
    <Verdict title={health.stores[name] ?? name} good={ok} state={ok ? health.answers : health.silent}>
      {ok ? <p>{health.inTime(format.whole(ms))}</p> : <Reason text={fault} />}
      {!ok && <p>{health.storeHelp}</p>}
    </Verdict>
  );
}

function Recorders({ of: { backEnd, recording } }: { readonly of: Health }) {
  const { words, format } = useConsole();
  const { health } = words.admin;
  if (backEnd === 'embedded') {
    return (
      <Verdict title={health.recorders} good state={health.notNeeded}>
        <p>{health.embeddedText}</p>
      </Verdict>
    );
  }
  if (recording === undefined) {
    return (
      <Verdict title={health.recorders} good={false} state={health.unreadable}>
        <p>{health.unreadableText}</p>
      </Verdict>
    );
  }
  const { waiting, coupons, oldestMs } = recording;
  const late = oldestMs > LATE_MS;
  const state = waiting === 0 ? health.nothingWaits : health.waiting(format.whole(waiting));
  return (
    <Verdict title={health.recorders} good={!late} state={state}>
      {waiting > 0 && <p>{health.oldest(format.duration(oldestMs), format.whole(coupons))}</p>}
      {late && <p>{health.lateHelp}</p>}
    </Verdict>
  );
}

/** A recorder that is lost leaves its lease for half a minute; beyond that nothing records. */
const LATE_MS = 60_000;

interface VerdictOptions {
  readonly title: string;
  readonly good: boolean;
  readonly state: string;
  readonly children: ComponentChildren;
}

function Verdict({ title, good, state, children }: VerdictOptions) {
  return (
    <section class="panel health-card" data-good={String(good)}>
      <h2>{title}</h2>
      <p class="health-state">{state}</p>
      <div class="quiet">{children}</div>
    </section>
  );
}
