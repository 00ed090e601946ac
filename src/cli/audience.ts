/** Implements `seonchak audience load` and `show`: the list of members that a coupon is limited to. */
import type { Command } from 'commander';
import { AUDIENCE_CHANGE_MAX, AUDIENCE_MAX } from '../accounts/audiences.js';
import { loadConfig } from '../config/config.js';
import { chunksOf } from '../engine/domain/chunks.js';
import type { CouponId, MemberId } from '../engine/domain/coupon.js';
import { memberIdOf } from '../engine/domain/member-id.js';
import type { AuditEntry } from '../engine/ports/audit-log.js';
import type { Stores } from '../server/stores.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { CommandFailedError, UnknownCouponError, UsageError } from './exit-codes.js';
import { operatorHere } from './operator.js';
import { readInputFile, requireNoFaults } from './input-file.js';
import { memberLines } from './member-lines.js';
import { couponId } from './option-values.js';
import { startProgress } from './progress.js';
import type { Progress } from './progress.js';

interface LoadOptions {
  readonly file: string;
  readonly replace?: true;
  readonly json?: true;
}

export function addAudience(program: Command, context: CommandContext): void {
  const audience = program
    .command('audience')
    .summary('load or show the list of members of a coupon')
    .description('The list of members that a coupon with the rule "audience" is limited to.');
  audience
    .command('load')
    .summary('load members from a file into the list')
    .description(
      'Add the members in the first column of a CSV file to the list of a coupon. Members on the list already stay. ' +
        'With --replace, members who are not in the file are removed after the others are added. After an interruption, run the same command again.',
    )
    .argument('<coupon>', 'id of the coupon', couponId)
    .requiredOption('--file <path>', 'CSV file; a first line member_id is skipped')
    .option('--replace', 'remove members who are not in the file')
    .option('--json', 'print JSON for programs')
    .addHelpText('after', '\nExamples:\n  $ seonchak audience load 42 --file members.csv --replace')
    .action((coupon: CouponId, options: LoadOptions) => load(context, coupon, options));
  audience
    .command('show')
    .summary('show how many members the list of a coupon has')
    .description('Show how many members the list of a coupon has, and whether one is on the list.')
    .argument('<coupon>', 'id of the coupon', couponId)
    .option('--member <id>', 'whether this member is on the list')
    .option('--json', 'print JSON for programs')
    .addHelpText('after', '\nExamples:\n  $ seonchak audience show 42 --member 7')
    .action((coupon: CouponId, options: { readonly member?: string; readonly json?: true }) =>
      show(context, coupon, options),
    );
}

async function load(context: CommandContext, couponId: CouponId, options: LoadOptions): Promise<void> {
  const members = readMembers(options.file);
  const result = await withStores(loadConfig(context.env), async (stores) => {
    await requireCoupon(stores, couponId);
    const progress = startProgress(context.notes, 'loading', 'members', members.length);
    try {
      return await loadInto(stores, couponId, members, options.replace === true, progress);
    } finally {
      // A bar that is not ended keeps the process alive.
      progress.finish();
    }
  });
  if (options.json) printJson(context, { couponId, ...result });
  else {
    const { added, removed, members: listed } = result;
    printLine(context.output, `coupon ${couponId}: ${listed} members, ${added} added, ${removed} removed`);
  }
}

async function loadInto(
  stores: Pick<Stores, 'audiences'>,
  couponId: CouponId,
  members: readonly MemberId[],
  replaces: boolean,
  progress: Progress,
) {
  const { audiences } = stores;
  const [before] = await audiences.audiences([couponId]);
  let added = 0;
  for (const add of chunksOf(members, AUDIENCE_CHANGE_MAX)) {
    const update = { add, remove: [], ...(replaces ? { touches: true } : {}) };
    // While a list is replaced it has the members of both.
    const reply = await audiences.change(
      couponId,
      update,
      replaces ? 2 * AUDIENCE_MAX : AUDIENCE_MAX,
      (done) => audit(couponId, { added: done.added, removed: 0, members: done.audience.members }),
    );
    if (reply.status === 'full') {
      throw new CommandFailedError(
        `The list has ${reply.audience.members} members, and ${AUDIENCE_MAX} is the limit. The members added so far stay on the list; --replace removes those who are not in the file.`,
      );
    }
    added += reply.added;
    progress.advance(add.length);
  }
  let removed = 0;
  while (replaces) {
    const some = await audiences.removeUntouched(
      couponId,
      before?.revision ?? 0,
      AUDIENCE_CHANGE_MAX,
      (done) => audit(couponId, { added: 0, removed: done.removed, members: done.audience.members }),
    );
    removed += some.removed;
    if (some.removed === 0) break;
  }
  const [after] = await audiences.audiences([couponId]);
  const listed = after?.members ?? 0;
  return { members: listed, added, removed };
}

function audit(couponId: CouponId, detail: Readonly<Record<string, unknown>>): AuditEntry {
  const entry = { atMs: Date.now(), actor: operatorHere(), action: 'audience_changed' } as const;
  return { ...entry, target: `coupon ${couponId}`, detail };
}

async function show(
  context: CommandContext,
  couponId: CouponId,
  options: { readonly member?: string; readonly json?: true },
): Promise<void> {
  const { member } = options;
  const memberId = member === undefined ? undefined : memberIdOf(member);
  if (member !== undefined && memberId === undefined)
    throw new UsageError(
      `The option --member has ${member}, which is not a member id. Give the \`sub\` of the member’s tokens.`,
    );
  const { audience, listed } = await withStores(loadConfig(context.env), async (stores) => {
    await requireCoupon(stores, couponId);
    const [audience] = await stores.audiences.audiences([couponId]);
    const listed = memberId && (await stores.audiences.isListed(couponId, memberId));
    return { audience, listed };
  });
  const members = audience?.members ?? 0;
  if (options.json)
    printJson(context, { couponId, members, ...(member === undefined ? {} : { member, listed }) });
  else {
    printLine(context.output, `coupon ${couponId}: ${members} members`);
    if (member !== undefined) printLine(context.output, `${member} is ${listed ? '' : 'not '}on the list`);
  }
}

async function requireCoupon(stores: Pick<Stores, 'catalogue'>, couponId: CouponId): Promise<void> {
  const [coupon] = await stores.catalogue.find([couponId]);
  if (coupon === undefined) throw new UnknownCouponError([couponId]);
}

/** Each member once. With one line at fault nothing is loaded. */
function readMembers(path: string): MemberId[] {
  const text = readInputFile(path);
  const members = new Set<MemberId>();
  const faults: number[] = [];
  for (const { line, member, isWellFormed } of memberLines(text)) {
    const memberId = isWellFormed ? memberIdOf(member) : undefined;
    if (memberId === undefined) faults.push(line);
    else members.add(memberId);
  }
  requireNoFaults(path, faults);
  if (members.size === 0) throw new UsageError(`The file ${path} has no member ids. Write one in each line.`);
  if (members.size > AUDIENCE_MAX) {
    throw new UsageError(
      `The file ${path} names ${members.size} members, and ${AUDIENCE_MAX} is the limit. Load fewer.`,
    );
  }
  return [...members];
}
