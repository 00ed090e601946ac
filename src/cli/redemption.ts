/** Implements `seonchak redemption list` and `cancel`: the orders of one issuance. */
import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import type { CouponId } from '../engine/domain/coupon.js';
import { parseOrderId } from '../engine/domain/redemption.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { CommandFailedError, UsageError } from './exit-codes.js';
import { operatorHere } from './operator.js';
import { couponId, wholeNumber } from './option-values.js';
import { table } from './table.js';

const HISTORY_MAX = 100;
const ISSUE_NO_MAX = 999_999_999;

interface JsonOption {
  readonly json?: true;
}

export function addRedemption(program: Command, context: CommandContext): void {
  const redemption = program
    .command('redemption')
    .summary('list or cancel the orders that redeemed an issuance')
    .description('Show which orders redeemed an issuance, and cancel one.');
  redemption
    .command('list')
    .summary('list the orders of an issuance')
    .description(`List the latest ${HISTORY_MAX} orders that redeemed an issuance, cancelled ones included.`)
    .argument('<coupon>', 'id of the coupon', couponId)
    .argument('<number>', 'number of the issuance', wholeNumber(1, ISSUE_NO_MAX))
    .option('--json', 'print JSON for programs')
    .addHelpText('after', '\nExamples:\n  $ seonchak redemption list 42 17')
    .action((coupon: CouponId, issueNo: number, options: JsonOption) =>
      list(context, coupon, issueNo, options),
    );
  redemption
    .command('cancel')
    .summary('cancel the redemption of an order')
    .description(
      'Cancel the redemption of an order. The coupon can be used again, or stays used where its rule is `void`. The id of the order cannot redeem again.',
    )
    .argument('<coupon>', 'id of the coupon', couponId)
    .argument('<number>', 'number of the issuance', wholeNumber(1, ISSUE_NO_MAX))
    .argument('<order>', 'id of the order')
    .option('--json', 'print JSON for programs')
    .addHelpText('after', '\nExamples:\n  $ seonchak redemption cancel 42 17 A-1017')
    .action((coupon: CouponId, issueNo: number, order: string, options: JsonOption) =>
      cancel(context, coupon, issueNo, order, options),
    );
}

async function list(
  context: CommandContext,
  couponId: CouponId,
  issueNo: number,
  options: JsonOption,
): Promise<void> {
  const entries = await withStores(loadConfig(context.env), (stores) =>
    stores.redemptions.history({ couponId, issueNo }, HISTORY_MAX),
  );
  if (entries === 'absent') throw notFound(couponId, issueNo);
  const redemptions = entries.map(({ orderId, redeemedAtMs, cancelledAtMs, by }) => ({
    orderId,
    redeemedAt: new Date(redeemedAtMs).toISOString(),
    cancelledAt: cancelledAtMs === undefined ? null : new Date(cancelledAtMs).toISOString(),
    by,
  }));
  if (options.json) printJson(context, { couponId, issueNo, redemptions });
  else if (redemptions.length === 0) printLine(context.notes, 'No order has redeemed this issuance.');
  else {
    const rows = redemptions.map(({ orderId, redeemedAt, cancelledAt, by }) => [
      ...[orderId, redeemedAt, cancelledAt ?? '', `${by.kind} ${by.id}`],
    ]);
    for (const line of table(['order', 'redeemed at', 'cancelled at', 'by'], rows)) {
      printLine(context.output, line);
    }
  }
}

async function cancel(
  context: CommandContext,
  couponId: CouponId,
  issueNo: number,
  order: string,
  options: JsonOption,
): Promise<void> {
  const orderId = parseOrderId(order);
  if (orderId === undefined)
    throw new UsageError(
      `The argument ${order} is not an order id. Give 1 to 64 letters (A-Z), digits, dots, underscores, colons or hyphens.`,
    );
  const result = await withStores(loadConfig(context.env), (stores) =>
    stores.redemptions.cancel({ couponId, issueNo }, orderId, operatorHere()),
  );
  if (result.status === 'absent') throw notFound(couponId, issueNo);
  if (result.status !== 'cancelled') {
    throw new CommandFailedError(
      `Order ${orderId} did not redeem number ${issueNo} of coupon ${couponId}. \`seonchak redemption list\` lists its orders.`,
    );
  }
  const { state } = result.redemption;
  if (options.json) printJson(context, { couponId, issueNo, orderId, state });
  else printLine(context.output, `order ${orderId} is cancelled; number ${issueNo} is ${state} now`);
}

function notFound(couponId: CouponId, issueNo: number): CommandFailedError {
  return new CommandFailedError(
    `Coupon ${couponId} has no recorded issuance with number ${issueNo}. Correct the numbers, or wait until recorders have written its row.`,
  );
}
