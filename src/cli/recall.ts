/** Implements `seonchak recall`: a running server takes back every unused issuance of a coupon. */
import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { CouponId } from '../engine/domain/coupon.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine } from './command-context.js';
import { CommandFailedError, UsageError } from './exit-codes.js';
import { couponId } from './option-values.js';
import { startProgress } from './progress.js';
import { KEY_SETTING, serverOf, type ServerBody } from './server-call.js';

/** Rows that are still to come take milliseconds; a recorder that is down takes longer than anyone waits. */
const ROUNDS_MAX = 60;
const ROUND_MS = 1_000;

interface RecallOptions {
  readonly server?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly json?: true;
}

export function addRecall(program: Command, context: CommandContext): void {
  program
    .command('recall')
    .summary('take back every unused issuance of a coupon')
    .description(
      'Have a running server take back every issuance of a paused or closed coupon that is neither used nor confirmed, 1,000 per request. ' +
        'Members lose the coupon and the units return to stock, which cannot be undone. ' +
        `After an interruption, run the same command again. The server key comes from ${KEY_SETTING}; it needs the scope manage.`,
    )
    .argument('<coupon>', 'id of the coupon', couponId)
    .option('--dry-run', 'only count what would be taken back')
    .option('--yes', 'skip the confirmation')
    .option('--server <url>', 'address of the server; without it that of HOST and PORT')
    .option('--json', 'print JSON for programs; needs --yes or --dry-run')
    .addHelpText('after', `\nExamples:\n  $ ${KEY_SETTING}=sck_… seonchak recall 42 --dry-run`)
    .action((coupon: CouponId, options: RecallOptions) => recall(context, coupon, options));
}

async function recall(context: CommandContext, couponId: CouponId, options: RecallOptions): Promise<void> {
  if (options.json && !options.yes && !options.dryRun)
    throw new UsageError('The option --json needs --yes or --dry-run as well.');
  const { call } = serverOf(context, options.server, 'manage');
  const ask = (body: object): Promise<ServerBody> => call('POST', `/v1/coupons/${couponId}/recall`, body);
  const found = await ask({ dryRun: true });
  const unused = Number(found['unused']);
  const unrecorded = Number(found['unrecorded']);
  if (options.dryRun) {
    if (options.json) printJson(context, { couponId, unused, unrecorded });
    else printLine(context.output, `${unused} unused issuances, ${unrecorded} not recorded yet`);
    return;
  }
  if (!options.yes) await confirm(context, couponId, unused + unrecorded);
  const recalled = await recallAll(context, ask, unused + unrecorded);
  if (options.json) printJson(context, { couponId, recalled });
  else printLine(context.output, `${recalled} issuances of coupon ${couponId} are taken back`);
}

/** The number has to be typed: a yes is given too easily to what cannot be undone. */
async function confirm(context: CommandContext, couponId: CouponId, count: number): Promise<void> {
  if (!context.input.isTTY)
    throw new UsageError('Standard input is not a terminal, so nothing was confirmed. Add --yes to confirm.');
  const terminal = createInterface({ input: context.input, output: context.notes });
  const question = `${count} members lose coupon ${couponId}. This cannot be undone. Type ${couponId} to continue: `;
  const answer = await terminal.question(question).finally(() => terminal.close());
  if (answer.trim() !== String(couponId))
    throw new CommandFailedError(
      'Nothing was taken back, because another text was typed. Repeat the command to try again.',
    );
}

async function recallAll(
  context: CommandContext,
  ask: (body: object) => Promise<ServerBody>,
  expected: number,
): Promise<number> {
  const progress = startProgress(context.notes, 'recalling', 'issuances', expected);
  let recalled = 0;
  try {
    for (let round = 1; ; round += 1) {
      let answer: ServerBody;
      let after = 0;
      do {
        answer = await ask({ after });
        const count = Number(answer['recalled']);
        recalled += count;
        progress.advance(count);
        after = Number(answer['next'] ?? 0);
      } while (after > 0);
      const unrecorded = Number(answer['unrecorded']);
      if (unrecorded === 0) return recalled;
      if (round === ROUNDS_MAX)
        throw new CommandFailedError(
          `${recalled} issuances are taken back, and ${unrecorded} are not recorded yet. Run the same command again.`,
        );
      await pause(ROUND_MS);
    }
  } finally {
    // A bar that is not ended keeps the process alive.
    progress.finish();
  }
}
