/** Implements `seonchak reconcile`: compares admitted issuances with recorded rows and repairs differences. */
import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import type { CouponRecord } from '../engine/ports/coupon-catalogue.js';
import type { CouponId } from '../engine/domain/coupon.js';
import { reconcileCoupon } from '../engine/reconcile/compare-coupon.js';
import { holderFields, parseHolder } from '../engine/domain/holder.js';
import type { CouponReconciliation, Findings } from '../engine/reconcile/comparison.js';
import { isClean } from '../engine/reconcile/comparison.js';
import type { CouponRepair } from '../engine/reconcile/repair-coupon.js';
import { UnrecordedIssuances, repairCoupon } from '../engine/reconcile/repair-coupon.js';
import type { Stores } from '../server/stores.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withMatchingStores } from './command-context.js';
import { CommandFailedError, UsageError } from './exit-codes.js';
import { couponIds } from './option-values.js';
import { operatorHere } from './operator.js';
import { startProgress } from './progress.js';
import { findingLines, repairLine } from './reconcile-lines.js';
import { forEachConcurrently } from './for-each-concurrently.js';

/** Catalogue rows per read. */
const PAGE_ROWS = 500;
/**
 * Coupons repaired concurrently: a rebuild mostly waits until the claims from before the loss have ended (`LEASE_MS`).
 */
const REPAIRS_CONCURRENT_MAX = 32;

interface ReconcileOptions {
  readonly all?: true;
  readonly repair?: true;
  readonly json?: true;
}

/** One coupon as reported; `repair` only where something was to be repaired. */
export type ReconcileReport = CouponReconciliation & {
  readonly clean: boolean;
  readonly repair?: CouponRepair;
};

export function addReconcile(program: Command, context: CommandContext): void {
  program
    .command('reconcile')
    .summary('compare admitted issuances with recorded rows')
    .description(
      'Compare admitted issuances with recorded rows, by member and by number. Exit with code 1 if they differ. ' +
        'With --repair, queue missing issuances again, finish incomplete revokes, and rebuild a coupon whose data Redis ' +
        'lost. Both are safe during downloads, and safe to repeat.',
    )
    .argument('[id...]', 'numbers of the coupons', couponIds)
    .option('--all', 'every coupon')
    .option('--repair', 'repair what needs no manual decision, and report the repairs')
    .option('--json', 'print JSON for programs')
    .addHelpText(
      'after',
      `
Examples:
  $ seonchak reconcile 42
  $ seonchak reconcile --all --repair --json`,
    )
    .action(async (ids: readonly CouponId[] | [], options: ReconcileOptions) => {
      if (ids.length > 0 === (options.all === true)) {
        throw new UsageError('give coupon numbers or --all');
      }
      const differing = await withMatchingStores(loadConfig(context.env), async (stores) => {
        if (options.repair) await setAsideLostCoupons(context, stores, options);
        const records = ids.length > 0 ? await chosen(stores, [...new Set(ids)]) : await everyRecord(stores);
        const reports = await reconcileAll(context, stores, records, options.repair === true);
        print(context, reports, options);
        return reports.filter((report) => !report.clean).length;
      });
      if (differing > 0)
        throw new CommandFailedError(
          `differences found in ${differing} of the coupons; they are listed above`,
        );
    });
}

/** Coupons that the database has lost have no record to repair; what Redis holds of them must not be taken for the next ones. */
async function setAsideLostCoupons(
  context: CommandContext,
  { distributed, auditLog }: Stores,
  { all }: ReconcileOptions,
): Promise<void> {
  const lost = all === undefined ? [] : ((await distributed?.belonging.acceptLoss()) ?? []);
  for (const couponId of lost) await reportSetAside(context, auditLog, couponId);
}

async function reportSetAside(
  context: CommandContext,
  auditLog: Stores['auditLog'],
  couponId: CouponId,
): Promise<void> {
  printLine(
    context.notes,
    `coupon ${couponId}: Redis held another coupon of this id, which the database has lost; ` +
      `it is kept under coupon:{${couponId}}:set-aside:…`,
  );
  await auditLog.append({
    atMs: Date.now(),
    actor: operatorHere(),
    action: 'coupon_set_aside',
    target: `coupon ${couponId}`,
    detail: {},
  });
}

/** The catalogue's coupon has had its id given again: what another one left in Redis under it makes room. */
async function setAsideEarlier(context: CommandContext, stores: Stores, record: CouponRecord): Promise<void> {
  const { couponId, birth } = record;
  const epoch = (await stores.distributed?.belonging.setAside(couponId, birth)) ?? 0;
  if (epoch === 0) return;
  // What was claimed or is remembered of the other coupon is refused by its epoch.
  await stores.catalogue.nextEpoch(couponId, epoch);
  await reportSetAside(context, stores.auditLog, couponId);
}

async function chosen(stores: Stores, ids: readonly CouponId[]): Promise<CouponRecord[]> {
  const found = await stores.catalogue.find(ids);
  const unknown = ids.filter((_, place) => found[place] === undefined);
  if (unknown.length > 0) throw new CommandFailedError(`unknown coupon ${unknown.join(', ')}`);
  return found.filter((record) => record !== undefined);
}

async function everyRecord(stores: Stores): Promise<CouponRecord[]> {
  const records: CouponRecord[] = [];
  for (let after = 0; ;) {
    const page = await stores.catalogue.list({}, after, PAGE_ROWS);
    records.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return records;
    after = last.couponId;
  }
}

async function reconcileAll(
  context: CommandContext,
  stores: Stores,
  records: readonly CouponRecord[],
  repair: boolean,
): Promise<ReconcileReport[]> {
  const counts = await stores.ledger.counts(records.map((record) => record.couponId));
  const recorded = counts.reduce((sum, count) => sum + count.recorded, 0);
  // Each row is counted once, and once more as a winner.
  const sides = stores.distributed === undefined ? 1 : 2;
  const progress = startProgress(context.notes, 'comparing', 'issuances', recorded * sides);
  const reports: ReconcileReport[] = [];
  try {
    await forEachConcurrently(records, repair ? REPAIRS_CONCURRENT_MAX : 1, async (record, place) => {
      if (repair) await setAsideEarlier(context, stores, record);
      reports[place] = await reconcileOne(stores, record, repair, (rows) => progress.advance(rows));
    });
  } finally {
    progress.finish();
  }
  return reports;
}

async function reconcileOne(
  stores: Stores,
  record: CouponRecord,
  repair: boolean,
  onProgress: (issuances: number) => void,
): Promise<ReconcileReport> {
  const { distributed } = stores;
  // After a restart of Redis a coupon without requests is not in service yet; one request is enough.
  if (distributed !== undefined && record.epoch > 0) {
    await (repair ? stores.warmer.warm(record.couponId) : stores.warmer.prepare(record.couponId));
  }
  const { admission, ledger, audit } = stores;
  const ports = {
    ...{ admission, ledger, audit, nowMs: () => Date.now() },
    ...(distributed === undefined ? {} : { distributed }),
  };
  if (!repair || distributed === undefined) {
    const found = await reconcileCoupon(ports, record, { onProgress });
    return { ...found, clean: isClean(found) };
  }
  const unrecorded = new UnrecordedIssuances(distributed, record);
  const found = await reconcileCoupon(ports, record, {
    onProgress,
    onUnrecorded: (issuances) => unrecorded.requeue(issuances),
  });
  if (isClean(found)) return { ...found, clean: true };
  const done = await repairCoupon({ ...stores, ...distributed }, record, found, unrecorded.requeued);
  await stores.auditLog.append({
    atMs: Date.now(),
    actor: operatorHere(),
    action: 'coupon_repaired',
    target: `coupon ${record.couponId}`,
    detail: repairForPrograms(done),
  });
  return { ...found, clean: false, repair: done };
}

function print(
  context: CommandContext,
  reports: readonly ReconcileReport[],
  options: ReconcileOptions,
): void {
  if (options.json) {
    printJson(context, {
      clean: reports.every((report) => report.clean),
      coupons: reports.map(reportForPrograms),
    });
    return;
  }
  for (const report of reports.filter((one) => !one.clean)) {
    for (const line of findingLines(report)) printLine(context.output, line);
    if (report.repair !== undefined) printLine(context.output, repairLine(report.couponId, report.repair));
  }
  const clean = reports.filter((report) => report.clean).length;
  printLine(context.output, `${clean} of ${reports.length} coupons are consistent`);
}

/** Programs outside rely on these names of the findings; inside they have plainer ones (docs/glossary.md). */
function reportForPrograms(report: ReconcileReport): Record<string, unknown> {
  const { unrecorded, orphanedRows, duplicateNumbers, unfinishedRevocations, ...others } = report;
  const { storeBehindLedger, catalogueBehindStore, repair, deadLetters, ...unchanged } = others;
  return {
    ...unchanged,
    ...(repair === undefined ? {} : { repair: repairForPrograms(repair) }),
    missing: withSubjects(unrecorded),
    strays: withSubjects(orphanedRows),
    doubled: duplicateNumbers,
    halfRevoked: withSubjects(unfinishedRevocations),
    deadLetters: withSubjects(deadLetters),
    numbersBehind: storeBehindLedger,
    catalogueBehind: catalogueBehindStore,
  };
}

function repairForPrograms({ markedPending, ...done }: CouponRepair): Record<string, unknown> {
  return { ...done, announced: markedPending };
}

function withSubjects<Item extends { readonly holder: string }>({ count, first }: Findings<Item>) {
  return {
    count,
    first: first.map(({ holder, ...item }) => {
      const parsed = parseHolder(holder);
      return { ...item, ...(parsed === undefined ? { memberId: holder } : holderFields(parsed)) };
    }),
  };
}
