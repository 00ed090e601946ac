/** Implements `seonchak webhook list`, `test`, `replay` and `enable`: webhooks of shops. */
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../config/config.js';
import { parseCouponId } from '../engine/domain/coupon.js';
import type { CouponId, MemberId } from '../engine/domain/coupon.js';
import { memberIdOf, subjectOf } from '../engine/domain/member-id.js';
import { testMessage } from '../engine/feed/test-message.js';
import type { Webhook } from '../engine/ports/webhooks.js';
import { systemClock } from '../server/system-time.js';
import { webhookAccess } from '../webhooks/webhook-access.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { CommandFailedError } from './exit-codes.js';
import { operatorHere } from './operator.js';
import { wholeNumber } from './option-values.js';
import { table } from './table.js';

const ID_MAX = 999_999_999_999_999;
const ISSUE_NO_MAX = 1_000_000_000;

interface ListOptions {
  readonly seller?: MemberId;
  readonly json?: true;
}

export function addWebhook(program: Command, context: CommandContext): void {
  const webhook = program
    .command('webhook')
    .summary('list, test, replay or enable webhooks of shops')
    .description(
      'Webhooks send the events of a seller to its shop. Servers with the role `relay` send them.',
    );
  webhook
    .command('list')
    .summary('list webhooks')
    .description('List webhooks with their state, and since when they fail.')
    .option('--seller <id>', 'only webhooks of this seller', sellerId)
    .option('--json', 'print JSON for programs')
    .action((options: ListOptions) => list(context, options));
  webhook
    .command('test')
    .summary('send a test message')
    .description(
      'Send a message with one event of the type webhook.test from this machine, and print the answer.',
    )
    .argument('<id>', 'number of the webhook', wholeNumber(1, ID_MAX))
    .action((id: number) => test(context, id));
  webhook
    .command('replay')
    .summary('deliver issuances once more')
    .description('Deliver the recorded issuances of a coupon again. New events are delivered as usual.')
    .argument('<id>', 'number of the webhook', wholeNumber(1, ID_MAX))
    .argument('<coupon>', 'id of the coupon', couponId)
    .option('--from <number>', 'the first number to deliver', wholeNumber(1, ISSUE_NO_MAX), 1)
    .action((id: number, coupon: CouponId, options: { readonly from: number }) =>
      replay(context, id, coupon, options.from),
    );
  webhook
    .command('enable')
    .summary('enable a disabled webhook')
    .description('Enable a webhook that failed for too long. Deliveries continue where they stopped.')
    .argument('<id>', 'number of the webhook', wholeNumber(1, ID_MAX))
    .action((id: number) => enable(context, id));
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const webhooks = await withStores(loadConfig(context.env), (stores) =>
    stores.webhooks.list(options.seller),
  );
  const shown = webhooks.map(({ id, sellerId, url, kinds, state, failingSinceMs, attempts }) => ({
    ...{ id, sellerId: subjectOf(sellerId), url, kinds, state, failures: attempts },
    failingSince: failingSinceMs === undefined ? null : new Date(failingSinceMs).toISOString(),
  }));
  if (options.json) printJson(context, { webhooks: shown });
  else if (shown.length === 0) printLine(context.notes, 'No webhooks.');
  else {
    const rows = shown.map((one) => [
      ...[String(one.id), one.sellerId, one.state, one.failingSince ?? '', String(one.failures)],
      one.url,
    ]);
    const headings = ['id', 'seller', 'state', 'failing since', 'failures', 'url'];
    for (const line of table(headings, rows)) printLine(context.output, line);
  }
}

async function test(context: CommandContext, id: number): Promise<void> {
  const config = loadConfig(context.env);
  const webhook = await withStores(config, async (stores) =>
    known(id, await stores.webhooks.find(id, undefined)),
  );
  const access = webhookAccess({ allowPrivate: config.webhookAllowPrivate });
  try {
    const { status, result } = await access.send(webhook, testMessage(systemClock));
    const answer = status === undefined ? result : `${result}, status ${status}`;
    if (result !== 'delivered')
      throw new CommandFailedError(
        `The test message did not arrive: ${answer}. Check the address and the log of the shop.`,
      );
    printLine(context.output, `the test message arrived: ${answer}`);
  } finally {
    await access.close();
  }
}

async function replay(
  context: CommandContext,
  id: number,
  couponId: CouponId,
  nextNo: number,
): Promise<void> {
  const lastNo = await withStores(loadConfig(context.env), async ({ webhooks, events }) => {
    const { sellerId } = known(id, await webhooks.find(id, undefined));
    const [coupon] = await events.followedOf(sellerId, [couponId]);
    if (coupon === undefined)
      throw new CommandFailedError(
        `The seller of webhook ${id} has no coupon ${couponId}. Give a coupon of that seller.`,
      );
    if (coupon.placedNo >= nextNo)
      await webhooks.addReplay(id, { couponId, nextNo, lastNo: coupon.placedNo });
    return coupon.placedNo;
  });
  printLine(
    context.output,
    lastNo < nextNo
      ? `no issuance of coupon ${couponId} from number ${nextNo} on has been sent yet`
      : `numbers ${nextNo} to ${lastNo} of coupon ${couponId} are delivered to webhook ${id} again`,
  );
}

async function enable(context: CommandContext, id: number): Promise<void> {
  const result = await withStores(loadConfig(context.env), (stores) =>
    stores.webhooks.enable(id, {
      ...{ atMs: Date.now(), actor: operatorHere(), action: 'webhook_enabled' },
      ...{ target: `webhook ${id}`, detail: {} },
    }),
  );
  if (result === 'unknown')
    throw new CommandFailedError(
      `Webhook ${id} does not exist. \`seonchak webhook list\` lists the webhooks.`,
    );
  printLine(context.output, `webhook ${id} is enabled`);
}

function known(id: number, webhook: Webhook | undefined): Webhook {
  if (webhook === undefined)
    throw new CommandFailedError(
      `Webhook ${id} does not exist. \`seonchak webhook list\` lists the webhooks.`,
    );
  return webhook;
}

function sellerId(text: string): MemberId {
  const id = memberIdOf(text);
  if (id === undefined) throw new InvalidArgumentError('Give the `sub` of the seller’s tokens.');
  return id;
}

function couponId(text: string): CouponId {
  const id = parseCouponId(text);
  if (id === undefined) throw new InvalidArgumentError('Give the id of a coupon.');
  return id;
}
