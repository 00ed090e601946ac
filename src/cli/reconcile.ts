/** Implements `seonchak reconcile`: compares admitted issuances with recorded rows and repairs differences. */
import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import type { CouponRecord } from '../engine/ports/coupon-catalogue.js';
import type { CouponId } from '../engine/domain/coupon.js';
import { checkCoupon, repairAndReport, reportForPrograms } from '../server/check-coupon.js';
import type { CouponReport } from '../server/check-coupon.js';
import type { Stores } from '../server/stores.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withMatchingStores } from './command-context.js';
import { CommandFailedError, UnknownCouponError, UsageError } from './exit-codes.js';
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

const TOOK_OVER =
  'Redis was last used with another copy, or a later state, of this database. From now on it belongs to this database.';

interface ReconcileOptions {
  readonly all?: true;
  readonly repair?: true;
  readonly json?: true;
}

export function addReconcile(program: Command, context: CommandContext): void {
  program
    .command('reconcile')
    .summary('compare admitted issuances with recorded rows')
    .description(
      'Compare admitted issuances with recorded rows, by member and by number. Exit with code 1 if they differ. ' +
        'With --repair, queue missing issuances again, finish incomplete revokes, and rebuild a coupon whose data Redis ' +
        'lost. Comparing and repairing are safe during downloads and can be repeated.',
    )
    .argument('[id...]', 'ids of the coupons', couponIds)
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
        throw new UsageError('Coupons have to be chosen in exactly one way. Give coupon ids or --all.');
      }
      const repairs = options.repair === true;
      const reconcile = async (stores: Stores, tookOver: boolean): Promise<number> => {
        if (tookOver) printLine(context.notes, TOOK_OVER);
        if (repairs) await setAsideLostCoupons(context, stores, options);
        const records = ids.length > 0 ? await chosen(stores, [...new Set(ids)]) : await everyRecord(stores);
        const reports = await reconcileAll(context, stores, records, { repairs, storeIsLater: tookOver });
        print(context, reports, options);
        return reports.filter((report) => !report.clean).length;
      };
      const takesOver = repairs && options.all === true;
      const differing = await withMatchingStores(loadConfig(context.env), reconcile, takesOver);
      if (differing > 0)
        throw new CommandFailedError(
          `Differences found in ${differing} of the coupons. They are listed above. ${repairs ? 'Run the command again without --repair to see what is left.' : 'Run the command again with --repair.'}`,
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
      `it is kept under coupon:${couponId}:*:set-aside:*`,
  );
  await auditLog.append({
    atMs: Date.now(),
    actor: operatorHere(),
    action: 'coupon_set_aside',
    target: `coupon ${couponId}`,
    detail: {},
  });
}

async function chosen(stores: Stores, ids: readonly CouponId[]): Promise<CouponRecord[]> {
  const found = await stores.catalogue.find(ids);
  const unknown = ids.filter((_, place) => found[place] === undefined);
  if (unknown.length > 0) throw new UnknownCouponError(unknown);
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
  { repairs, storeIsLater }: { readonly repairs: boolean; readonly storeIsLater: boolean },
): Promise<CouponReport[]> {
  const counts = await stores.ledger.counts(records.map((record) => record.couponId));
  const recorded = counts.reduce((sum, count) => sum + count.recorded, 0);
  // Each row is counted once, and once more as a winner.
  const sides = stores.distributed === undefined ? 1 : 2;
  const progress = startProgress(context.notes, 'comparing', 'issuances', recorded * sides);
  const reports: CouponReport[] = [];
  try {
    await forEachConcurrently(records, repairs ? REPAIRS_CONCURRENT_MAX : 1, async (record, place) => {
      const hooks = {
        storeIsLater,
        onProgress: (rows: number) => progress.advance(rows),
        onSetAside: () => reportSetAside(context, stores.auditLog, record.couponId),
      };
      reports[place] = repairs
        ? await repairAndReport(stores, record, operatorHere(), hooks)
        : await checkCoupon(stores, record, hooks);
    });
  } finally {
    progress.finish();
  }
  return reports;
}

function print(context: CommandContext, reports: readonly CouponReport[], options: ReconcileOptions): void {
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
