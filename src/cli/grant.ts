/** Implements `seonchak grant`: a running server issues a coupon to the members of a file. */
import type { Command } from 'commander';
import { chunksOf } from '../engine/domain/chunks.js';
import type { CouponId } from '../engine/domain/coupon.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine } from './command-context.js';
import { CommandFailedError, ServerRefusedError, UsageError } from './exit-codes.js';
import { readInputFile, requireNoFaults } from './input-file.js';
import { memberLines } from './member-lines.js';
import { couponId } from './option-values.js';
import { startProgress } from './progress.js';
import { addressOf, bodyOf, KEY_SETTING, keyOf, unreachable } from './server-call.js';

const REQUEST_MEMBERS_MAX = 1_000;
/** Members answered `busy` are asked for again this often before the command ends with some of them open. */
const ROUNDS_MAX = 10;

interface GrantOptions {
  readonly file: string;
  readonly server?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

export function addGrant(program: Command, context: CommandContext): void {
  program
    .command('grant')
    .summary('issue a coupon to the members of a file')
    .description(
      `Have a running server issue the coupon to each member in the first column of a CSV file, ${REQUEST_MEMBERS_MAX} per request, in the order of the file. ` +
        `The server key comes from ${KEY_SETTING}; it needs the scope issue. After an interruption, run the same command again: members who hold the coupon keep it.`,
    )
    .argument('<coupon>', 'id of the coupon', couponId)
    .requiredOption('--file <path>', 'CSV file; a first line member_id is skipped')
    .option('--server <url>', 'address of the server; without it that of HOST and PORT')
    .option('--dry-run', 'only read the file, and count its members')
    .option('--json', 'print JSON for programs')
    .addHelpText('after', `\nExamples:\n  $ ${KEY_SETTING}=sck_… seonchak grant 42 --file members.csv`)
    .action((coupon: CouponId, options: GrantOptions) => grant(context, coupon, options));
}

async function grant(context: CommandContext, couponId: CouponId, options: GrantOptions): Promise<void> {
  const members = readMembers(options.file);
  if (options.dryRun) {
    if (options.json) printJson(context, { couponId, members: members.length });
    else
      printLine(
        context.output,
        `${members.length} members, ${Math.ceil(members.length / REQUEST_MEMBERS_MAX)} requests`,
      );
    return;
  }
  const key = keyOf(context.env, 'issue');
  const address = `${addressOf(context.env, options.server)}/v1/coupons/${couponId}/grants`;
  const counts = new Map<string, number>();
  const progress = startProgress(context.notes, 'granting', 'members', members.length);
  let open: readonly string[] = members;
  try {
    for (let round = 0; round < ROUNDS_MAX && open.length > 0; round += 1) {
      const again: string[] = [];
      for (const some of chunksOf(open, REQUEST_MEMBERS_MAX)) {
        for (const { memberId, outcome } of await ask(address, key, some)) {
          if (UNDECIDED.has(outcome)) again.push(memberId);
          else {
            counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
            progress.advance(1);
          }
        }
      }
      open = again;
    }
  } finally {
    // A bar that is not ended keeps the process alive.
    progress.finish();
  }
  const outcomes = Object.fromEntries(counts);
  if (options.json) printJson(context, { couponId, outcomes, undecided: open.length });
  else for (const [outcome, count] of counts) printLine(context.output, `${outcome} ${count}`);
  if (open.length > 0)
    throw new CommandFailedError(
      `${open.length} members have no definite answer. Run the same command again.`,
    );
}

const UNDECIDED: ReadonlySet<string> = new Set(['busy', 'not_ready', 'outcome_unknown']);

interface Granted {
  readonly memberId: string;
  readonly outcome: string;
}

async function ask(address: string, key: string, memberIds: readonly string[]): Promise<readonly Granted[]> {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ memberIds }),
  }).catch((fault: unknown) => {
    throw unreachable(address, fault);
  });
  const body = (await bodyOf(answer)) as { readonly results?: readonly Granted[] };
  if (answer.status === 503) return memberIds.map((memberId) => ({ memberId, outcome: 'busy' }));
  if (body.results === undefined) throw new ServerRefusedError(body, answer.status);
  return body.results;
}

/** Each member once, in the order of the file. */
function readMembers(path: string): string[] {
  const lines = memberLines(readInputFile(path));
  requireNoFaults(
    path,
    lines.filter(({ isWellFormed }) => !isWellFormed).map(({ line }) => line),
  );
  const members = lines.map(({ member }) => member);
  if (members.length === 0)
    throw new UsageError(`The file ${path} has no member ids. Write one in each line.`);
  return [...new Set(members)];
}
