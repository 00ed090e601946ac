/** `seonchak status`: where every unit of a coupon is. */
import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import type { CouponId, CouponState } from '../engine/coupon.js';
import type { CouponView } from '../engine/coupon-registry.js';
import type { Stores } from '../stores.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { CommandFailedError } from './exit-codes.js';
import { couponId, wholeNumber } from './option-values.js';
import { table } from './table.js';

const PAGE_COUPONS = 200;
const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000_000;

interface StatusOptions {
  readonly limit: number;
  readonly json?: true;
}

interface CouponStatus {
  readonly id: CouponId;
  readonly name: string;
  readonly state: CouponState;
  readonly quantity: number;
  readonly issued: number;
  readonly remaining: number;
  readonly queued: number;
  readonly claimed: number;
  readonly recorded: number;
  readonly deadLettered: number;
}

export function addStatus(program: Command, context: CommandContext): void {
  program
    .command('status')
    .summary('show where the units of each coupon are')
    .description(
      'Show how many units remain, wait to be recorded, and stand in the database. At rest: quantity = remaining + queued + ' +
        'claimed + recorded + dead letters. While a crowd downloads the figures are read one after another and may differ by what happened in between.',
    )
    .argument('[id]', 'number of one coupon', couponId)
    .option('--limit <coupons>', 'how many coupons to list', wholeNumber(1, LIMIT_MAX), LIMIT_DEFAULT)
    .option('--json', 'print JSON for programs')
    .action(async (id: CouponId | undefined, options: StatusOptions) => {
      await withStores(loadConfig(context.env), async (stores) => {
        if (id !== undefined) await showOne(context, stores, id, options);
        else await showAll(context, stores, options);
      });
    });
}

async function showOne(
  context: CommandContext,
  stores: Stores,
  id: CouponId,
  options: StatusOptions,
): Promise<void> {
  const view = await stores.registry.find(id);
  const [status] = view === undefined ? [] : await statuses(stores, [view]);
  if (status === undefined) throw new CommandFailedError(`there is no coupon ${id}`);
  if (options.json) printJson(context, status);
  else print(context, [status]);
}

async function showAll(context: CommandContext, stores: Stores, options: StatusOptions): Promise<void> {
  const shown: CouponStatus[] = [];
  let next: number | undefined = 0;
  while (next !== undefined && shown.length < options.limit) {
    const page = await stores.registry.list({}, next, Math.min(PAGE_COUPONS, options.limit - shown.length));
    shown.push(...(await statuses(stores, page.coupons)));
    next = page.next;
  }
  if (options.json) {
    printJson(context, { coupons: shown, more: next !== undefined });
    return;
  }
  if (shown.length === 0) printLine(context.notes, 'There is no coupon yet.');
  else print(context, shown);
  if (next !== undefined) printLine(context.notes, `There are more; see them with --limit.`);
}

async function statuses(stores: Stores, views: readonly CouponView[]): Promise<CouponStatus[]> {
  if (views.length === 0) return [];
  const ids = views.map((view) => view.couponId);
  const [depths, counts] = await Promise.all([stores.queue?.depths(ids) ?? [], stores.ledger.counts(ids)]);
  return views.map((view, place) => ({
    id: view.couponId,
    name: view.name,
    state: view.state,
    quantity: view.quantity,
    issued: view.issued,
    remaining: view.remaining,
    queued: depths[place]?.queued ?? 0,
    claimed: depths[place]?.claimed ?? 0,
    recorded: counts[place]?.recorded ?? 0,
    deadLettered: counts[place]?.deadLettered ?? 0,
  }));
}

function print(context: CommandContext, shown: readonly CouponStatus[]): void {
  const lines = table(
    ['coupon', 'state', 'quantity', 'issued', 'remaining', 'queued', 'claimed', 'recorded', 'dead', 'name'],
    shown.map((one) => [
      String(one.id),
      one.state,
      one.quantity,
      one.issued,
      one.remaining,
      one.queued,
      one.claimed,
      one.recorded,
      one.deadLettered,
      one.name,
    ]),
  );
  for (const line of lines) printLine(context.output, line);
}
