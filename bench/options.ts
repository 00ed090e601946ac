/** Reads the command line of the bench. */
import { Command, InvalidArgumentError } from 'commander';
import { type ScenarioName, scenarioNames } from './scenarios.js';

export interface BenchOptions {
  readonly scenario: readonly ScenarioName[];
  readonly only?: readonly string[];
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  readonly generators: number;
  readonly members: number;
  readonly full: boolean;
  readonly against?: string;
  readonly json?: string;
  readonly html?: string;
  readonly markdown?: string;
  readonly cpuProfiles?: string;
}

const SECONDS_MAX = 600;
const ROUNDS_MAX = 99;
const CONNECTIONS_MAX = 20_000;
const GENERATORS_MAX = 16;
/** Answered numbers are packed with 24 bits for the member (load/answer-log.ts). */
const MEMBERS_MAX = 10_000_000;
const QUICK_MEMBERS = 20_000;
/** The number of access tokens in the load test of the reference service. */
const FULL_MEMBERS = 100_000;

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

function scenarioList(text: string): ScenarioName[] {
  return text.split(',').map((part) => {
    const name = scenarioNames.find((candidate) => candidate === part.trim());
    if (name === undefined) throw new InvalidArgumentError(`one or more of ${scenarioNames.join(', ')}`);
    return name;
  });
}

/** Ends the process with code 2 on wrong usage. */
export function readOptions(argv: readonly string[]): BenchOptions {
  const program = new Command('bench')
    .description(
      'Measures Seonchak against a bare handler, one script call per request and one lock per download, on servers of its own.',
    )
    .option('--scenario <names>', scenarioNames.join(', '), scenarioList, ['quick'])
    .option(
      '--only <variants>',
      'of these scenarios, by their names in the table, with ; between them',
      (text) => text.split(';'),
    )
    .option('--seconds <seconds>', 'of load for each variant and round', wholeNumber(1, SECONDS_MAX), 2)
    .option(
      '--rounds <rounds>',
      'variants take turns this often; medians are reported',
      wholeNumber(1, ROUNDS_MAX),
      3,
    )
    .option(
      '--connections <connections>',
      'kept open by the generators together',
      wholeNumber(1, CONNECTIONS_MAX),
      320,
    )
    .option('--generators <processes>', 'processes that make the load', wholeNumber(1, GENERATORS_MAX), 2)
    .option(
      '--members <members>',
      'who make requests, each with a token (20,000; with --full 100,000)',
      wholeNumber(1_000, MEMBERS_MAX),
    )
    .option(
      '--full',
      'sizes of the reference service: 100,000 tokens, a queue of 1,000,000, seeded tables',
      false,
    )
    .option(
      '--against <checkout>',
      'measure our variants of another checkout too, which has been built, on stores of its own',
    )
    .option('--json <file>', 'write every figure there')
    .option('--html <file>', 'write the report with charts there')
    .option('--markdown <file>', 'write the tables of docs/performance.md there')
    .option('--cpu-profiles <folder>', 'write CPU profiles of the API processes there');
  program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const given = program
    .parse(argv, { from: 'user' })
    .opts<Omit<BenchOptions, 'members'> & { members?: number }>();
  return { ...given, members: given.members ?? (given.full ? FULL_MEMBERS : QUICK_MEMBERS) };
}
