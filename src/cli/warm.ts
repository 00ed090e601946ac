/** Implements `seonchak warm`: puts coupons into the admission store before an event. */
import type { Command } from 'commander';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/config.js';
import type { CouponId } from '../engine/domain/coupon.js';
import type { CouponRecord } from '../engine/ports/coupon-catalogue.js';
import type { WarmResult } from '../engine/recovery/coupon-warmer.js';
import type { Stores } from '../server/stores.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withMatchingStores } from './command-context.js';
import { UnknownCouponError, UsageError } from './exit-codes.js';
import { couponIds, durationMs } from './option-values.js';
import { startProgress } from './progress.js';
import { forEachConcurrently } from './for-each-concurrently.js';

/** Catalogue rows per read. */
const PAGE_ROWS = 500;
/** Warmed at the same time: enough to hide the round trips, few enough to leave a store in use alone. */
const WARMS_CONCURRENT_MAX = 8;

interface WarmOptions {
  readonly all?: true;
  readonly openingWithin?: number;
  readonly json?: true;
}

/** Ids of coupons by what became of them. */
type WarmReport = Record<WarmResult, CouponId[]>;

export function addWarm(program: Command, context: CommandContext): void {
  program
    .command('warm')
    .summary('load coupons into Redis before they open')
    .description(
      'Load coupons from the database into Redis, so that the first request finds them there. ' +
        'A coupon that is already in Redis is not changed. Safe to repeat, also during the event. ' +
        'Registering a coupon warms it; use this command after Redis was emptied or replaced.',
    )
    .argument('[id...]', 'ids of the coupons', couponIds)
    .option('--all', 'every coupon that is not closed')
    .option(
      '--opening-within <duration>',
      'coupons that are open or open within this time, such as 90s, 15m, 1h, 7d',
      durationMs,
    )
    .option('--json', 'print JSON for programs')
    .addHelpText(
      'after',
      `
Examples:
  $ seonchak warm 42 43
  $ seonchak warm --opening-within 1h`,
    )
    .action(async (ids: readonly CouponId[] | [], options: WarmOptions) => {
      checkSelection(ids, options);
      const config = loadConfig(context.env);
      const report = await withMatchingStores(config, async (stores) => {
        const chosen = ids.length > 0 ? [...new Set(ids)] : await choose(stores, options);
        return warmAll(context, stores, chosen);
      });
      const unknown = report.unknown_coupon.length > 0;
      // On the embedded back end the only news is that a number is wrong.
      if (!unknown || options.json === true || config.backEnd === 'distributed')
        print(context, config, report, options);
      if (unknown) throw new UnknownCouponError(report.unknown_coupon);
    });
}

function checkSelection(ids: readonly CouponId[], options: WarmOptions): void {
  const ways = [ids.length > 0, options.all === true, options.openingWithin !== undefined];
  if (ways.filter(Boolean).length !== 1) {
    throw new UsageError(
      'Coupons have to be chosen in exactly one way. Give coupon ids, --all, or --opening-within <duration>.',
    );
  }
}

async function choose(stores: Stores, options: WarmOptions): Promise<CouponId[]> {
  const nowMs = Date.now();
  const latestOpeningMs =
    options.openingWithin === undefined ? Number.POSITIVE_INFINITY : nowMs + options.openingWithin;
  const chosen: CouponId[] = [];
  for (let after = 0; ;) {
    const records = await stores.catalogue.list({}, after, PAGE_ROWS);
    chosen.push(
      ...records
        .filter((record) => isWanted(record, nowMs, latestOpeningMs))
        .map((record) => record.couponId),
    );
    const last = records.at(-1);
    if (last === undefined || records.length < PAGE_ROWS) return chosen;
    after = last.couponId;
  }
}

function isWanted(record: CouponRecord, nowMs: number, latestOpeningMs: number): boolean {
  const over = record.closed || (record.closesAtMs !== undefined && record.closesAtMs <= nowMs);
  return !over && (record.opensAtMs === undefined || record.opensAtMs <= latestOpeningMs);
}

async function warmAll(
  context: CommandContext,
  stores: Stores,
  ids: readonly CouponId[],
): Promise<WarmReport> {
  const report: WarmReport = { warmed: [], present: [], unknown_coupon: [] };
  // On the embedded back end nothing is put anywhere, so nothing takes time.
  const progress =
    stores.distributed === undefined
      ? undefined
      : startProgress(context.notes, 'warming', 'coupons', ids.length);
  try {
    await forEachConcurrently(ids, WARMS_CONCURRENT_MAX, async (id) => {
      report[await stores.warmer.warm(id)].push(id);
      progress?.advance(1);
    });
  } finally {
    progress?.finish();
  }
  // They end in any order; a reader expects that of their numbers.
  for (const done of Object.values(report)) done.sort((one, other) => one - other);
  return report;
}

function print(context: CommandContext, config: Config, report: WarmReport, options: WarmOptions): void {
  const { warmed, present, unknown_coupon: unknown } = report;
  if (options.json) {
    printJson(context, { warmed, present, unknown });
    return;
  }
  printLine(
    context.output,
    config.backEnd === 'embedded'
      ? 'nothing to warm: the embedded server loads its coupons automatically'
      : `${warmed.length} warmed, ${present.length} already warm`,
  );
}
