/** Implements `seonchak status`: counts the units of coupons by stage. */
import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import type { CouponId } from '../engine/domain/coupon.js';
import type { CouponPage } from '../engine/sellers/coupon-registry.js';
import { couponStatuses } from '../engine/sellers/coupon-status.js';
import type { CouponStatus } from '../engine/sellers/coupon-status.js';
import type { Stores } from '../server/stores.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withMatchingStores } from './command-context.js';
import { UnknownCouponError, UsageError } from './exit-codes.js';
import { couponId, durationMs, durationOption, wholeNumber } from './option-values.js';
import { statusTable } from './status-table.js';
import type { StatusReport } from './status-table.js';
import { watchStatus } from './watch-status.js';

const PAGE_COUPONS = 200;
const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000_000;
const WATCH_EVERY = '1s';
/** A timer of more than 24 days would not wait at all. */
const WATCH_EVERY_MAX_MS = 86_400_000;

interface StatusOptions {
  readonly limit: number;
  readonly watch?: true;
  readonly every: number;
  readonly json?: true;
}

export function addStatus(program: Command, context: CommandContext): void {
  program
    .command('status')
    .summary('show where the units of each coupon are')
    .description(
      'Show how many units remain, wait to be recorded, and are in the database. While no download is in progress, quantity = remaining + queued + ' +
        'claimed + recorded + dead letters. The figures are read one after another, so during downloads the sum may differ.',
    )
    .argument('[id]', 'id of one coupon', couponId)
    .option('--limit <coupons>', 'number of coupons to list', wholeNumber(1, LIMIT_MAX), LIMIT_DEFAULT)
    .option('--watch', 'refresh until Ctrl-C')
    .addOption(durationOption('--every <duration>', 'with --watch: interval, such as 5s', WATCH_EVERY))
    .option('--json', 'print JSON for programs; with --watch one document per line')
    .addHelpText(
      'after',
      `
Examples:
  $ seonchak status 42 --watch
  $ seonchak status --watch --every 5s --json | jq .coupons[].remaining`,
    )
    .action(async (id: CouponId | undefined, options: StatusOptions) => {
      if (options.watch !== true && options.every !== durationMs(WATCH_EVERY))
        throw new UsageError('The option --every needs --watch as well.');
      if (options.every > WATCH_EVERY_MAX_MS)
        throw new UsageError('The option --every takes up to 1d. Give a shorter time.');
      await withMatchingStores(loadConfig(context.env), async (stores) => {
        const read = () => (id === undefined ? readAll(stores, options.limit) : readOne(stores, id));
        if (options.watch === true) {
          await watchStatus(context, read, { everyMs: options.every, json: options.json === true });
        } else {
          print(context, await read(), id !== undefined, options);
        }
      });
    });
}

/** @throws CommandFailedError when there is none with this number. */
async function readOne(stores: Stores, id: CouponId): Promise<StatusReport> {
  const view = await stores.registry.find(id);
  if (view === undefined) throw new UnknownCouponError([id]);
  return { coupons: await couponStatuses(stores, [view]), more: false };
}

async function readAll(stores: Stores, limit: number): Promise<StatusReport> {
  const coupons: CouponStatus[] = [];
  let page: CouponPage | undefined;
  do {
    const rows = Math.min(PAGE_COUPONS, limit - coupons.length);
    page = await stores.registry.list({}, page?.next, rows);
    coupons.push(...(await couponStatuses(stores, page.coupons)));
  } while (page.next !== undefined && coupons.length < limit);
  return { coupons, more: page.next !== undefined };
}

function print(context: CommandContext, read: StatusReport, one: boolean, options: StatusOptions): void {
  if (options.json) {
    printJson(context, one ? read.coupons[0] : read);
    return;
  }
  if (read.coupons.length === 0) printLine(context.notes, 'No coupons yet.');
  else for (const line of statusTable(read)) printLine(context.output, line);
  if (read.more) printLine(context.notes, 'More coupons exist; raise --limit to list them.');
}
