/** Lists the holders of a coupon by number, with revocation and export. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Coupon, Issuance } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useLoaded } from '../hooks.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { problemText } from '../problem-text.js';
import { CancelUseDialog, RevokeDialog } from './issuance-dialogs.js';
import type { LiveUse } from './issuance-dialogs.js';

const PAGE_ROWS = 20;

interface IssuanceTableOptions {
  readonly coupon: Coupon;
  readonly onChanged: () => void;
}

export function IssuanceTable({ coupon, onChanged }: IssuanceTableOptions) {
  const { words, api } = useConsole();
  const [after, setAfter] = useState(0);
  const [revoking, setRevoking] = useState<Issuance>();
  const [cancelling, setCancelling] = useState<LiveUse>();
  const root = useRef<HTMLElement>(null);
  const { result, reload } = useLoaded(() => api.issuances(coupon.id, after, PAGE_ROWS), [coupon.id]);
  const turned = useRef(false);
  useEffect(() => {
    if (turned.current) void reload();
    turned.current = true;
  }, [after]);

  const items = result?.ok === true ? result.value.items : [];
  const next = result?.ok === true ? Number(result.value.next ?? 0) : 0;
  // While the page shown is not full there may be more by now.
  useEffect(() => {
    if (result !== undefined && items.length < PAGE_ROWS) void reload();
  }, [coupon.issued]);

  const dialog = {
    couponId: coupon.id,
    focusAfter: () => root.current?.querySelector<HTMLElement>('tbody button'),
    onDone: async () => {
      await reload();
      onChanged();
    },
  };
  return (
    <section class="panel" ref={root}>
      <div class="panel-head">
        <h2>{words.detail.issuances}</h2>
        <div class="panel-actions">
          <button type="button" class="button button-small" onClick={() => void reload()}>
            {words.detail.refresh}
          </button>
          <ExportButton couponId={coupon.id} />
        </div>
      </div>
      {result === undefined ? (
        <Loading />
      ) : !result.ok ? (
        <Failed problem={result.problem} retry={() => void reload()} />
      ) : items.length === 0 && after === 0 ? (
        <Empty title={words.detail.issuancesEmpty} text={words.detail.issuancesEmptyText} />
      ) : (
        <Rows items={items} onRevoke={setRevoking} onCancel={setCancelling} couponId={coupon.id} />
      )}
      {(after !== 0 || next !== 0) && <Turn items={items} next={next} after={after} onTurn={setAfter} />}
      {revoking !== undefined && (
        <RevokeDialog {...dialog} issuance={revoking} onClose={() => setRevoking(undefined)} />
      )}
      {cancelling !== undefined && (
        <CancelUseDialog {...dialog} use={cancelling} onClose={() => setCancelling(undefined)} />
      )}
    </section>
  );
}

interface TurnOptions {
  readonly items: readonly Issuance[];
  readonly after: number;
  /** 0 on the last page. */
  readonly next: number;
  readonly onTurn: (after: number) => void;
}

function Turn({ items, after, next, onTurn }: TurnOptions) {
  const { words, format } = useConsole();
  const root = useRef<HTMLDivElement>(null);
  const focused = useRef(false);
  // A button that cannot be used any more loses the keyboard: the other one takes it.
  useLayoutEffect(() => {
    if (!focused.current || root.current?.querySelector(':focus:not(:disabled)') !== null) return;
    root.current.querySelector<HTMLElement>('button:not(:disabled)')?.focus();
  }, [after, next]);
  const [first] = items;
  const last = items.at(-1);
  const button = (text: string, to: number, disabled: boolean) => (
    <button
      type="button"
      class="button button-small"
      disabled={disabled}
      onClick={(event) => {
        focused.current = document.activeElement === event.currentTarget;
        onTurn(to);
      }}
    >
      {text}
    </button>
  );
  return (
    <div class="table-foot" ref={root}>
      {button(words.detail.first, 0, after === 0)}
      {first !== undefined && last !== undefined && (
        <span class="quiet">
          {words.detail.rows(format.whole(first.issueNo), format.whole(last.issueNo))}
        </span>
      )}
      {button(words.detail.next, next, next === 0)}
    </div>
  );
}

interface RowsOptions {
  readonly couponId: number;
  readonly items: readonly Issuance[];
  readonly onRevoke: (issuance: Issuance) => void;
  readonly onCancel: (use: LiveUse) => void;
}

function Rows({ items, ...actions }: RowsOptions) {
  const { detail } = useConsole().words;
  return (
    <div class="table-place">
      <table class="table table-issuances">
        <caption class="visually-hidden">{detail.issuances}</caption>
        <thead>
          <tr>
            <th scope="col" class="cell-number">
              {detail.number}
            </th>
            <th scope="col">{detail.member}</th>
            <th scope="col">{detail.issuedAt}</th>
            <th scope="col">{detail.usedAt}</th>
            <th scope="col">
              <span class="visually-hidden">{detail.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((issuance) => (
            <Row key={issuance.issueNo} issuance={issuance} {...actions} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowOptions extends Omit<RowsOptions, 'items'> {
  readonly issuance: Issuance;
}

function Row({ couponId, issuance, onRevoke, onCancel }: RowOptions) {
  const { words, api, format, notify } = useConsole();
  const { detail } = words;
  const { issueNo, issuedAtMs, usedAtMs } = issuance;
  const number = format.whole(issueNo);

  /** The order is read when it is wanted: the list does not carry orders. */
  async function askToCancel(): Promise<void> {
    const history = await api.redemptions(couponId, issueNo);
    if (!history.ok) {
      notify(problemText(words, history.problem), 'bad');
      return;
    }
    const live = history.value.find(({ cancelledAtMs }) => cancelledAtMs === undefined);
    if (live === undefined) notify(detail.cancelUseNone, 'bad');
    else onCancel({ issuance, orderId: live.orderId });
  }

  const used = usedAtMs !== undefined;
  return (
    <tr data-issue-no={issueNo}>
      <td class="cell-number">{number}</td>
      <td class="cell-code">{issuance.memberId}</td>
      <td class="cell-time" data-label={detail.issuedAt}>
        {format.moment(issuedAtMs)}
      </td>
      <td class="cell-time" data-label={detail.usedAt}>
        {used ? format.moment(usedAtMs) : words.none}
      </td>
      <td class="cell-action">
        <button
          type="button"
          class="button button-small button-quiet-danger"
          aria-label={used ? detail.cancelUseOne(number) : detail.revokeOne(number)}
          onClick={() => (used ? void askToCancel() : onRevoke(issuance))}
        >
          {used ? detail.cancelUse : detail.revoke}
        </button>
      </td>
    </tr>
  );
}

function ExportButton({ couponId }: { readonly couponId: number }) {
  const { words, api, notify } = useConsole();
  const [busy, setBusy] = useState(false);

  async function exportAll(): Promise<void> {
    if (busy) return;
    setBusy(true);
    const result = await api.exportCsv(couponId);
    setBusy(false);
    if (result.ok) saveAs(result.value, `coupon-${couponId}-issuances.csv`);
    else notify(problemText(words, result.problem), 'bad');
  }

  return (
    <button type="button" class="button button-small" aria-busy={busy} onClick={() => void exportAll()}>
      {busy ? words.detail.exporting : words.detail.export}
    </button>
  );
}

function saveAs(content: Blob, fileName: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  // The browser reads it after this turn.
  window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
