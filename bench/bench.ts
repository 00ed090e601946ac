/**
 * Runs `npm run bench`: starts everything, measures, checks, reports.
 *
 * Exit code 0: done and every promise held. 1: a promise was broken or something failed. 2: wrong usage.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Generators } from './load/generators.js';
import { Loads } from './measure/loads.js';
import { describeMachine } from './measure/machine.js';
import type { RoundResult } from './measure/round-result.js';
import { runRound } from './measure/run-round.js';
import { summarise } from './measure/variant-result.js';
import { type BenchOptions, readOptions } from './options.js';
import { Progress } from './progress.js';
import type { BenchReport } from './report/bench-report.js';
import { goalRows } from './report/goals.js';
import { htmlReport } from './report/html.js';
import { markdownReport } from './report/markdown.js';
import { count } from './report/numbers.js';
import { terminalReport } from './report/terminal.js';
import { variantsOf } from './scenarios.js';
import { fillTables } from './systems/full-size-database.js';
import { seonchakFile, serverOf } from './systems/node-process.js';
import { withTokenFiles } from './systems/token-files.js';
import { Stores } from './systems/stores.js';
import type { System } from './systems/system.js';
import { startSystem, type SystemName, type Variant } from './variants.js';

/** Not counted: compiles the code and opens the pools. In one second the paths of batches are not hot yet. */
const WARM_UP_SECONDS = 2;

const QUICK_DRAIN_ROWS = 100_000;
const FULL_DRAIN_ROWS = 1_000_000;

/** Ours, and where another checkout is measured beside it, its own. */
interface BenchStores {
  readonly ours: Stores;
  readonly others: Stores | undefined;
}

async function measure(
  options: BenchOptions,
  { ours, others }: BenchStores,
  generators: Generators,
): Promise<BenchReport> {
  const startedAt = new Date().toISOString();
  const machine = await describeMachine();
  const variants = variantsOf(options.scenario, others !== undefined).filter(
    ({ id }) => options.only?.includes(id.replace(' (against)', '')) ?? true,
  );
  const progress = new Progress(variants.length * (options.rounds + 1));
  progress.print(`starting servers for ${variants.length} variants`);
  const systems = new Map<string, System>();
  for (const { system, against } of variants) {
    const stores = against ? others : ours;
    const key = systemKey(system, against);
    if (stores === undefined || systems.has(key)) continue;
    systems.set(key, await startSystem(system, stores, against ? undefined : options.cpuProfiles));
  }
  if (options.full) await fillTables(ours, (text) => progress.print(text));
  const loads = options.full
    ? await withTokenFiles(options.members, (folder) =>
        Loads.prepare(generators, options.members, FULL_DRAIN_ROWS, folder),
      )
    : await Loads.prepare(generators, options.members, QUICK_DRAIN_ROWS);
  for (const [name, system] of systems) {
    if (name.startsWith('lock') || !wantsKnownCrowd(name, variants)) continue;
    progress.print(`${name}: known to every process`);
    await loads.introduce(system);
  }
  const context = { generators, loads, connections: options.connections, seconds: options.seconds };
  const rounds = new Map<Variant, RoundResult[]>(variants.map((variant) => [variant, []]));
  for (let round = 0; round <= options.rounds; round += 1) {
    // The variant that comes first has the longer tail and nine tenths of the throughput, whatever it is.
    for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
      const system = systems.get(systemKey(variant.system, variant.against));
      if (system === undefined) continue;
      const isWarmUp = round === 0;
      progress.begin(`${isWarmUp ? 'warm-up' : `round ${round} of ${options.rounds}`}: ${variant.id}`);
      const result = isWarmUp
        ? await runRound({ ...variant, seconds: WARM_UP_SECONDS }, system, context)
        : await runRound(variant, system, context);
      progress.end(`${count(result.requests / result.seconds)} req/s`);
      if (!isWarmUp || result.brokenPromises.length > 0) rounds.get(variant)?.push(result);
    }
  }
  for (const system of systems.values()) await system.stop();
  const results = [...rounds].map(([variant, taken]) => summarise(variant, taken));
  return {
    startedAt,
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim(),
    options,
    machine,
    goals: goalRows(results),
    results,
    brokenPromises: results.flatMap((result) =>
      result.brokenPromises.map((sentence) => `${result.variant.id}: ${sentence}`),
    ),
  };
}

/**
 * In the reference service's own test the servers saw the tokens of the crowd for the first time. And a lock takes so long compared
 * with a token that a pass to make them known would only take time.
 */
function wantsKnownCrowd(key: string, variants: readonly Variant[]): boolean {
  return variants.some(({ system, against, load }) => systemKey(system, against) === key && load !== 'model');
}

function systemKey(system: SystemName, against: true | undefined): string {
  return against ? `${system} against` : system;
}

function write(file: string | undefined, content: string): void {
  if (file === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  process.stdout.write(`wrote ${file}\n`);
}

const options = readOptions(process.argv.slice(2));
const stores: BenchStores = {
  ours: new Stores(options.full, seonchakFile),
  others:
    options.against === undefined ? undefined : new Stores(options.full, serverOf(resolve(options.against))),
};
const generators = await Generators.start(options.generators);
try {
  const report = await measure(options, stores, generators);
  process.stdout.write(`\n${terminalReport(report)}\n`);
  write(options.json, `${JSON.stringify(report, null, 2)}\n`);
  write(options.html, htmlReport(report));
  write(options.markdown, markdownReport(report));
  process.exitCode = report.brokenPromises.length === 0 ? 0 : 1;
} finally {
  generators.stop();
  await stores.ours.stop();
  await stores.others?.stop();
}
