/** Lists the holders of a coupon, the latest number first, as they come; finds one by member or number. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ApiClient } from '../api/client.js';
import type { Result } from '../api/calls.js';
import type { Coupon, Issuance, Page } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useInterval, useLoaded, useDebounced } from '../hooks.js';
import { readWhole } from '../parts/coupon-rules.js';
import { HolderCells, RowAction } from '../parts/row-cells.js';
import { Search } from '../parts/search.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { problemText } from '../problem-text.js';
import { ExportButton } from './export-button.js';
import { CancelUseDialog, RevokeDialog } from './issuance-dialogs.js';
import type { LiveUse } from './issuance-dialogs.js';
import { RevokeManyDialog } from './revoke-many.js';

const PAGE_ROWS = 20;
const FOLLOW_MS = 1_000;
/** The row of an issuance is recorded a little later than the issuance is decided. */
const ROUNDS_AFTER_NEWS = 3;
const TYPED_MS = 250;

interface IssuanceTableOptions {
  readonly coupon: Coupon;
  /** Rows that the coupon has; absent while that is not known. */
  readonly recorded: number | undefined;
  readonly onChanged: () => void;
}

export function IssuanceTable({ coupon, recorded, onChanged }: IssuanceTableOptions) {
  const { words, api } = useConsole();
  const [after, setAfter] = useState(0);
  const [typed, setTyped] = useState('');
  const sought = useDebounced(typed.trim(), TYPED_MS);
  const [revoking, setRevoking] = useState<Issuance>();
  const [cancelling, setCancelling] = useState<LiveUse>();
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [revokingMany, setRevokingMany] = useState(false);
  const root = useRef<HTMLElement>(null);
  const { result, reload } = useLoaded(
    () =>
      sought === ''
        ? api.issuances(coupon.id, { after, limit: PAGE_ROWS, sort: '-issueNo' })
        : found(api, coupon.id, sought),
    [coupon.id, sought],
  );
  const turned = useRef(false);
  useEffect(() => {
    if (turned.current) void reload();
    turned.current = true;
  }, [after]);
  // What is not in sight is not revoked by mistake.
  useEffect(() => setSelected(new Set()), [after, sought]);
  useFollow(`${coupon.issued} ${recorded ?? 0}`, after === 0, reload);

  const items = result?.ok === true ? result.value.items : [];
  const next = result?.ok === true ? Number(result.value.next ?? 0) : 0;
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
          <Search
            label={words.detail.search}
            value={typed}
            onInput={(text) => {
              setTyped(text);
              setAfter(0);
            }}
          />
          <ExportButton couponId={coupon.id} />
        </div>
      </div>
      {selected.size > 0 && (
        <Selection
          count={selected.size}
          onClear={() => setSelected(new Set())}
          onRevoke={() => setRevokingMany(true)}
        />
      )}
      {result === undefined ? (
        <Loading />
      ) : !result.ok ? (
        <Failed problem={result.problem} retry={() => void reload()} />
      ) : items.length > 0 ? (
        <Rows
          items={items}
          selected={selected}
          onSelect={setSelected}
          onRevoke={setRevoking}
          onCancel={setCancelling}
          couponId={coupon.id}
        />
      ) : sought === '' ? (
        <Empty
          title={coupon.issued > 0 ? words.detail.issuancesWait : words.detail.issuancesEmpty}
          text={words.detail.issuancesEmptyText}
        />
      ) : (
        <Empty title={words.detail.notFound} text={words.detail.notFoundText} />
      )}
      {(after !== 0 || next !== 0) && <Turn items={items} next={next} after={after} onTurn={setAfter} />}
      {revoking !== undefined && (
        <RevokeDialog {...dialog} issuance={revoking} onClose={() => setRevoking(undefined)} />
      )}
      {revokingMany && (
        <RevokeManyDialog
          couponId={coupon.id}
          numbers={[...selected].sort((one, other) => one - other)}
          focusAfter={dialog.focusAfter}
          onDone={(revoked) => {
            setSelected((before) => new Set([...before].filter((number) => !revoked.includes(number))));
            void dialog.onDone();
          }}
          onClose={() => setRevokingMany(false)}
        />
      )}
      {cancelling !== undefined && (
        <CancelUseDialog {...dialog} use={cancelling} onClose={() => setCancelling(undefined)} />
      )}
    </section>
  );
}

/**
 * Reads the first page again when there is news, at most once a second.
 *
 * @param figures differ when more was issued, or when recorders that were late have caught up.
 */
function useFollow(figures: string, isFirstPage: boolean, reload: () => Promise<void>): void {
  const rounds = useRef(0);
  const seen = useRef(figures);
  if (seen.current !== figures) {
    seen.current = figures;
    rounds.current = ROUNDS_AFTER_NEWS;
  }
  useInterval(() => {
    if (rounds.current === 0 || !isFirstPage) return;
    rounds.current--;
    void reload();
  }, FOLLOW_MS);
}

/** What was typed may be a member, a number, or both: ids of members may be numbers. */
async function found(api: ApiClient, couponId: number, text: string): Promise<Result<Page<Issuance>>> {
  const number = readWhole(text);
  const [byMember, byNumber] = await Promise.all([
    api.issuances(couponId, { after: 0, limit: 1, memberId: text }),
    number === undefined ? undefined : api.issuances(couponId, { after: number - 1, limit: 1 }),
  ]);
  if (!byMember.ok) return byMember;
  if (byNumber?.ok === false) return byNumber;
  const items = [...(byNumber?.value.items ?? []).filter(({ issueNo }) => issueNo === number)];
  for (const issuance of byMember.value.items) {
    if (!items.some(({ issueNo }) => issueNo === issuance.issueNo)) items.push(issuance);
  }
  return { ok: true, value: { items, next: undefined } };
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

interface SelectionOptions {
  readonly count: number;
  readonly onClear: () => void;
  readonly onRevoke: () => void;
}

function Selection({ count, onClear, onRevoke }: SelectionOptions) {
  const { words, format } = useConsole();
  const { sales } = words;
  return (
    <div class="selection">
      <strong role="status">{sales.selected(format.whole(count))}</strong>
      <button type="button" class="button button-small" onClick={onClear}>
        {sales.clear}
      </button>
      <button type="button" class="button button-small button-danger" onClick={onRevoke}>
        {sales.revokeMany(format.whole(count))}
      </button>
    </div>
  );
}

interface RowsOptions {
  readonly couponId: number;
  readonly items: readonly Issuance[];
  /** By number. */
  readonly selected: ReadonlySet<number>;
  readonly onSelect: (selected: ReadonlySet<number>) => void;
  readonly onRevoke: (issuance: Issuance) => void;
  readonly onCancel: (use: LiveUse) => void;
}

function Rows({ items, selected, onSelect, ...actions }: RowsOptions) {
  const { detail, sales } = useConsole().words;
  // A used coupon cannot be revoked.
  const open = items.filter(({ usedAtMs }) => usedAtMs === undefined).map(({ issueNo }) => issueNo);
  const all = open.length > 0 && open.every((number) => selected.has(number));
  const toggle = (number: number): void => {
    const changed = new Set(selected);
    if (!changed.delete(number)) changed.add(number);
    onSelect(changed);
  };
  return (
    <div class="table-place">
      <table class="table table-issuances">
        <caption class="visually-hidden">{detail.issuances}</caption>
        <thead>
          <tr>
            <th scope="col" class="cell-check">
              <input
                type="checkbox"
                aria-label={sales.selectAll}
                checked={all}
                disabled={open.length === 0}
                onChange={() => onSelect(new Set(all ? [] : open))}
              />
            </th>
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
            <Row
              key={issuance.issueNo}
              issuance={issuance}
              isSelected={selected.has(issuance.issueNo)}
              onToggle={() => toggle(issuance.issueNo)}
              {...actions}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowOptions extends Omit<RowsOptions, 'items' | 'selected' | 'onSelect'> {
  readonly isSelected: boolean;
  readonly onToggle: () => void;
  readonly issuance: Issuance;
}

function Row({ couponId, issuance, isSelected, onToggle, onRevoke, onCancel }: RowOptions) {
  const { words, api, format, notify } = useConsole();
  const { detail } = words;
  const { issueNo, issuedAtMs, usedAtMs } = issuance;
  const number = format.whole(issueNo);
  const used = usedAtMs !== undefined;

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

  return (
    <tr data-issue-no={issueNo}>
      <td class="cell-check">
        <input
          type="checkbox"
          aria-label={words.sales.selectOne(number)}
          checked={isSelected}
          disabled={used}
          onChange={onToggle}
        />
      </td>
      <HolderCells {...issuance} />
      <td class="cell-time" data-label={detail.issuedAt}>
        {format.happened(issuedAtMs)}
      </td>
      <td class="cell-time" data-label={detail.usedAt} data-empty={String(!used)}>
        {used ? format.happened(usedAtMs) : words.none}
      </td>
      <td class="cell-action">
        <RowAction
          text={used ? detail.cancelUse : detail.revoke}
          spoken={used ? detail.cancelUseOne(number) : detail.revokeOne(number)}
          onClick={() => (used ? void askToCancel() : onRevoke(issuance))}
        />
      </td>
    </tr>
  );
}
