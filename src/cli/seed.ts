/** Implements `seonchak seed`: fills the tables like those of a shop after years, for load tests. */
import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import { fillTables, SeedRefusedError } from '../seeding/fill-tables.js';
import { SeedPlan, type SeedSizes, sizesFault } from '../seeding/seed-plan.js';
import type { Stores } from '../server/stores.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { CommandFailedError, UsageError } from './exit-codes.js';
import { wholeNumber } from './option-values.js';
import { type Progress, startProgress } from './progress.js';

const MEMBERS_MAX = 10_000_000;
const COUPONS_MAX = 1_000_000;
const MEMBER_COUPONS_MAX = 1_000_000_000;

interface SeedOptions extends SeedSizes {
  readonly json?: true;
}

interface SeedReport {
  readonly inserted: SeedSizes;
  readonly seconds: number;
  readonly rowsPerSecond: number;
}

export function addSeed(program: Command, context: CommandContext): void {
  program
    .command('seed')
    .summary('fill the tables for a load test')
    .description(
      'Fill the tables with members, coupons of a past event, and issuances of these coupons to these members. ' +
        'A seeded member is an account without a password; the number of its row is the member id. Sign tokens for the members with ' +
        '`seonchak tokens --prefix ""`. After an interruption, the same command continues. Do not use it on a production database.',
    )
    .option('--members <accounts>', 'number of accounts', wholeNumber(0, MEMBERS_MAX), 0)
    .option('--coupons <coupons>', 'number of closed coupons', wholeNumber(0, COUPONS_MAX), 0)
    .option(
      '--member-coupons <issuances>',
      'number of issuances, spread evenly over the coupons',
      wholeNumber(0, MEMBER_COUPONS_MAX),
      0,
    )
    .option('--json', 'print JSON for programs')
    .addHelpText(
      'after',
      `
Examples:
  $ seonchak seed --members 1000 --coupons 100 --member-coupons 10000
  $ seonchak seed --members 1000000 --coupons 100000 --member-coupons 10000000`,
    )
    .action(async (options: SeedOptions) => {
      const { members, coupons, memberCoupons } = options;
      const sizes = { members, coupons, memberCoupons };
      const fault =
        members + coupons === 0
          ? 'Nothing is to be written. Give --members, --coupons or both.'
          : sizesFault(sizes);
      if (fault !== undefined) throw new UsageError(fault);
      const work = (stores: Stores) => seed(context, stores, sizes);
      const report = await withStores(loadConfig(context.env), work, { createMissing: true });
      print(context, sizes, report, options);
    });
}

async function seed(context: CommandContext, stores: Stores, sizes: SeedSizes): Promise<SeedReport> {
  await stores.migrate();
  const tables = stores.seedTables();
  let progress: Progress | undefined;
  const startedAtMs = performance.now();
  try {
    const inserted = await fillTables(tables, new SeedPlan(sizes), Date.now(), {
      onFound(found) {
        const missing = rowsOf(sizes) - rowsOf(found);
        if (missing > 0) progress = startProgress(context.notes, 'seeding', 'rows', missing);
      },
      onInserted: (rows) => progress?.advance(rows),
    });
    const seconds = (performance.now() - startedAtMs) / 1_000;
    return { inserted, seconds, rowsPerSecond: Math.round(rowsOf(inserted) / seconds) };
  } catch (fault) {
    throw fault instanceof SeedRefusedError ? new CommandFailedError(fault.message) : fault;
  } finally {
    progress?.finish();
    await tables.close();
  }
}

function rowsOf({ members, coupons, memberCoupons }: SeedSizes): number {
  return members + coupons + memberCoupons;
}

function print(context: CommandContext, sizes: SeedSizes, report: SeedReport, options: SeedOptions): void {
  if (options.json) {
    printJson(context, { ...sizes, ...report });
    return;
  }
  const [members, coupons, issuances, added, rate] = [
    sizes.members,
    sizes.coupons,
    sizes.memberCoupons,
    rowsOf(report.inserted),
    report.rowsPerSecond,
  ].map((count) => count.toLocaleString('en'));
  printLine(context.output, `${members} members, ${coupons} coupons, ${issuances} issuances in the tables`);
  const seconds = report.seconds.toFixed(1);
  printLine(context.output, `${added} rows added in ${seconds} s, ${rate} rows/s`);
}
