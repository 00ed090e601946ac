/** `seonchak hold release`: asks a running server to release the hold of one issuance, with a server key. */
import type { Command } from 'commander';
import type { CouponId } from '../engine/domain/coupon.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine } from './command-context.js';
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
    .summary('release the hold of an issuance')
    .description('Release a hold before it runs out.');
  hold
    .command('release')
    .summary('release the hold of an issuance')
    .description(
      `Ask a running server to release the hold of one issuance: its unit returns to stock at once. The server key comes from ${KEY_SETTING}; it needs the scope redeem.`,
    )
    .argument('<coupon>', 'number of the coupon', couponId)
    .argument('<number>', 'number of the issuance', wholeNumber(1, ISSUE_NO_MAX))
    .option('--server <url>', 'address of the server; without it that of HOST and PORT')
    .option('--json', 'print JSON for programs')
    .addHelpText('after', `\nExamples:\n  $ ${KEY_SETTING}=sck_… seonchak hold release 42 17`)
    .action((coupon: CouponId, issueNo: number, options: HoldOptions) =>
      release(context, coupon, issueNo, options),
    );
}

async function release(
  context: CommandContext,
  couponId: CouponId,
  issueNo: number,
  options: HoldOptions,
): Promise<void> {
  const { call } = serverOf(context, options.server, 'redeem');
  const body = await call('DELETE', `/v1/coupons/${couponId}/issuances/${issueNo}/hold`);
  if (options.json) printJson(context, body);
  else
    printLine(
      context.output,
      `number ${issueNo} of coupon ${couponId} is released; ${String(body['remaining'])} units remain`,
    );
}
