/** Implements `seonchak hold confirm` and `release`: a running server ends the hold of one issuance. */
import type { Command } from 'commander';
import type { CouponId } from '../engine/domain/coupon.js';
import { parseOrderId } from '../engine/domain/redemption.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine } from './command-context.js';
import { UsageError } from './exit-codes.js';
import { couponId, wholeNumber } from './option-values.js';
import { KEY_SETTING, serverOf } from './server-call.js';

const ISSUE_NO_MAX = 999_999_999;

interface HoldOptions {
  readonly server?: string;
  readonly json?: true;
}

export function addHold(program: Command, context: CommandContext): void {
  const hold = program
    .command('hold')
    .summary('confirm or release the hold of an issuance')
    .description('Confirm a hold for an order, or release it before it runs out.');
  const action = (name: string, summary: string, does: string, example: string): Command =>
    hold
      .command(name)
      .summary(summary)
      .description(
        `Have a running server ${does} The server key comes from ${KEY_SETTING}; it needs the scope redeem.`,
      )
      .argument('<coupon>', 'id of the coupon', couponId)
      .argument('<number>', 'number of the issuance', wholeNumber(1, ISSUE_NO_MAX))
      .option('--server <url>', 'address of the server; without it that of HOST and PORT')
      .option('--json', 'print JSON for programs')
      .addHelpText('after', `\nExamples:\n  $ ${KEY_SETTING}=sck_… seonchak hold ${example}`);
  action(
    'confirm',
    'confirm the hold of an issuance for an order',
    'confirm the hold of one issuance for an order that is paid: its member keeps it. The same order may be repeated.',
    'confirm 42 17 A-1017',
  )
    .argument('<order>', 'id of the order')
    .action((coupon: CouponId, issueNo: number, order: string, options: HoldOptions) =>
      confirm(context, coupon, issueNo, order, options),
    );
  action(
    'release',
    'release the hold of an issuance',
    'release the hold of one issuance: its unit returns to stock immediately.',
    'release 42 17',
  ).action((coupon: CouponId, issueNo: number, options: HoldOptions) =>
    release(context, coupon, issueNo, options),
  );
}

async function confirm(
  context: CommandContext,
  couponId: CouponId,
  issueNo: number,
  order: string,
  options: HoldOptions,
): Promise<void> {
  const orderId = parseOrderId(order);
  if (orderId === undefined)
    throw new UsageError(
      `The argument ${order} is not an order id. Give 1 to 64 letters (A-Z), digits, dots, underscores, colons or hyphens.`,
    );
  const { call } = serverOf(context, options.server, 'redeem');
  const body = await call('POST', `/v1/coupons/${couponId}/issuances/${issueNo}/confirm`, { orderId });
  const confirmed = `number ${issueNo} of coupon ${couponId} is confirmed for order ${orderId}`;
  if (options.json) printJson(context, body);
  else printLine(context.output, confirmed);
}

async function release(
  context: CommandContext,
  couponId: CouponId,
  issueNo: number,
  options: HoldOptions,
): Promise<void> {
  const { call } = serverOf(context, options.server, 'redeem');
  const body = await call('DELETE', `/v1/coupons/${couponId}/issuances/${issueNo}/hold`);
  const released = `number ${issueNo} of coupon ${couponId} is released; ${String(body['remaining'])} units remain`;
  if (options.json) printJson(context, body);
  else printLine(context.output, released);
}
