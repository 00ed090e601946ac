/** Runs one round of one variant: load, CPU before and after, rows, promises. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Generators, mergedOutcomes } from '../load/generators.js';
import { Latencies } from '../load/latencies.js';
import type { LoadReport } from '../load/load-report.js';
import { startWatchers, type Watched } from '../load/watchers.js';
import { remindersOf, winsOf } from '../load/answer-log.js';
import { type SystemRecords, parts, type System } from '../systems/system.js';
import type { Variant } from '../variants.js';
import { LagProbe, lagsOf, type Reading } from './lag-probe.js';
import { returnToStock } from './held-units.js';
import type { Loads, PreparedLoad } from './loads.js';
import { usageOf } from './process-usage.js';
import { brokenPromises, type Row, type UnitCounts } from './promise-checks.js';
import type { MeasuredPart, RoundResult } from './round-result.js';

const IDLE_POLL_MS = 10;
/** Rows that are not there by then are missing. */
const IDLE_WITHIN_MS = 120_000;
const FILL_SECONDS_MAX = 300;
/** After the last row of an idle round: the first moments after a burst are not idle. */
const IDLE_SETTLE_MS = 2_000;
const IDLE_MEASURED_MS = 10_000;
/** One reading of a thousand coupons every 5 ms would be a load of its own. */
const MANY_COUPONS_READ_EVERY_MS = 50;
/** Five, and one more for what a delay on the way pushes together. */
const UPDATES_PER_SECOND_MAX = 6;

export interface RoundContext {
  readonly generators: Generators;
  readonly loads: Loads;
  readonly connections: number;
  readonly seconds: number;
}

export async function runRound(
  variant: Variant,
  system: System,
  context: RoundContext,
): Promise<RoundResult> {
  // A drain takes as long as it takes to fill the queue.
  const takesItsTime = variant.load === 'drain' || variant.load === 'idle';
  const seconds = takesItsTime ? FILL_SECONDS_MAX : (variant.seconds ?? context.seconds);
  const connections = variant.connections ?? context.connections;
  const load = await context.loads.load(variant, system, seconds);
  const { records } = system;
  const probe = startProbe(records, load, variant);
  if (variant.load === 'drain') await records?.recorder?.freeze();
  const endWatching =
    variant.watchers === undefined
      ? undefined
      : await startWatchers({
          host: system.host,
          couponIds: load.plan.couponIds,
          watchers: variant.watchers,
        });
  const before = parts.map((part) => usageOf(system.processes[part]));
  const returned = load.endedHolds === undefined ? undefined : returnToStock(system, load.endedHolds);
  const reports = await context.generators.request({ ...load.plan, host: system.host, connections, seconds });
  const wins = reports.reduce((sum, report) => sum + report.answers.wins.length / 5, 0);
  const thawedMs = performance.now();
  if (variant.load === 'drain') await records?.recorder?.thaw();
  await untilRecorded(records, load, wins);
  const holdsBackMs = await returned;
  const drainSeconds = (performance.now() - thawedMs) / 1_000;
  const after = parts.map((part) => usageOf(system.processes[part]));
  const idleCorePercent = variant.load === 'idle' ? await idleCorePercentOf(system) : undefined;
  const readings = await probe?.stop();
  const watched = await endWatching?.();
  const examined = await examine(records, load, reports, readings);

  const requests = answersOf(reports);
  const generatorCpuUs = reports.reduce((sum, report) => sum + report.cpuUs, 0);
  const cpu = parts.map((part, place) => [
    part,
    ((after[place]?.cpuUs ?? 0) - (before[place]?.cpuUs ?? 0)) / requests,
  ]);
  const resident = parts.map((part, place) => [part, after[place]?.residentBytes ?? 0]);
  const generatorBytes = reports.reduce((sum, report) => sum + report.residentBytes, 0);
  return {
    requests,
    seconds: elapsedSeconds(reports),
    outcomes: mergedOutcomes(reports),
    errors: reports.reduce((sum, report) => sum + report.errors, 0),
    cpuUsPerRequest: Object.fromEntries([...cpu, ['generator', generatorCpuUs / requests]]) as PerPart,
    residentBytes: Object.fromEntries([...resident, ['generator', generatorBytes]]) as PerPart,
    drainedPerSecond: variant.load === 'drain' ? wins / drainSeconds : undefined,
    idleCorePercent,
    holdsBackMs,
    ...examined,
    brokenPromises: [...examined.brokenPromises, ...tooManyUpdates(watched)],
  };
}

/** Promised to watchers, and to those who must not be slowed by them (docs/adr/0030). */
function tooManyUpdates(watched: Watched | undefined): string[] {
  if (watched === undefined || watched.mostPerSecond <= UPDATES_PER_SECOND_MAX) return [];
  return [`live: a coupon had ${watched.mostPerSecond} updates within a second`];
}

/** What all processes and stores use together once the last row is recorded. */
async function idleCorePercentOf({ processes }: System): Promise<number> {
  const used = (): number => parts.reduce((sum, part) => sum + usageOf(processes[part]).cpuUs, 0);
  await pause(IDLE_SETTLE_MS);
  const [before, sinceMs] = [used(), performance.now()];
  await pause(IDLE_MEASURED_MS);
  return ((used() - before) / 1_000 / (performance.now() - sinceMs)) * 100;
}

type PerPart = Record<MeasuredPart, number>;

function startProbe(
  records: SystemRecords | undefined,
  load: PreparedLoad,
  variant: Variant,
): LagProbe | undefined {
  const highest = records?.highest;
  const { couponIds } = load.plan;
  if (highest === undefined || !['admission', 'model', 'many-coupons'].includes(variant.load))
    return undefined;
  return new LagProbe(
    () => highest(couponIds),
    variant.load === 'many-coupons' ? MANY_COUPONS_READ_EVERY_MS : undefined,
  );
}

/** The database is asked, not the server: its own answer would cost the CPU that is being measured. */
async function untilRecorded(
  records: SystemRecords | undefined,
  load: PreparedLoad,
  wins: number,
): Promise<void> {
  if (records?.highest === undefined || wins === 0) return;
  const untilMs = performance.now() + IDLE_WITHIN_MS;
  while (performance.now() < untilMs) {
    const highest = await records.highest(load.plan.couponIds);
    if ([...highest.values()].reduce((sum, number) => sum + number, 0) >= wins) return;
    await pause(IDLE_POLL_MS);
  }
}

async function examine(
  records: SystemRecords | undefined,
  { plan, quantity }: PreparedLoad,
  reports: readonly LoadReport[],
  readings: readonly Reading[] | undefined,
): Promise<Pick<RoundResult, 'lags' | 'redisBytesPerWinner' | 'brokenPromises'>> {
  if (records === undefined || quantity === undefined) {
    return { lags: undefined, redisBytesPerWinner: undefined, brokenPromises: [] };
  }
  const wins = byCoupon(reports.flatMap((report) => winsOf(report.answers)));
  const reminders = byCoupon(reports.flatMap((report) => remindersOf(report.answers)));
  const soldOutAnswered = reports.some((report) => report.outcomes.has('sold_out'));
  const contradictions = reports.reduce((sum, report) => sum + report.answers.contradictions, 0);
  const broken = contradictions > 0 ? [`I3: ${contradictions} members received two different numbers`] : [];
  const lags = readings === undefined ? undefined : Latencies.empty();
  let fullest = { couponId: 0, winners: 0 };
  for (const couponId of plan.couponIds) {
    if (!wins.has(couponId) && plan.couponIds.length > 1) continue;
    const { whereabouts, rows } = await whenIdle(records, couponId);
    if (readings !== undefined) lags?.add(lagsOf(couponId, rows, readings));
    if (rows.length > fullest.winners) fullest = { couponId, winners: rows.length };
    broken.push(
      ...brokenPromises({
        couponId,
        quantity,
        rows,
        wins: wins.get(couponId) ?? [],
        reminders: reminders.get(couponId) ?? [],
        whereabouts,
        soldOutAnswered,
      }),
    );
  }
  const bytes = fullest.winners === 0 ? undefined : await records.redisBytes?.(fullest.couponId);
  return {
    lags,
    redisBytesPerWinner: bytes === undefined ? undefined : bytes / fullest.winners,
    brokenPromises: broken,
  };
}

function byCoupon<Item extends { readonly couponId: number }>(items: readonly Item[]): Map<number, Item[]> {
  const groups = new Map<number, Item[]>();
  for (const one of items) {
    const group = groups.get(one.couponId);
    if (group === undefined) groups.set(one.couponId, [one]);
    else group.push(one);
  }
  return groups;
}

/**
 * Waits until nothing is on its way any more and the rows were read while nothing moved; what still moves after that is for the
 * checks to complain about.
 */
async function whenIdle(
  records: SystemRecords,
  couponId: number,
): Promise<{ readonly whereabouts: UnitCounts; readonly rows: Row[] }> {
  const untilMs = performance.now() + IDLE_WITHIN_MS;
  for (;;) {
    const whereabouts = await records.whereabouts(couponId);
    const rows = await records.rows(couponId);
    const { quantity, remaining, queued, claimed, recorded, deadLettered } = whereabouts;
    const settled = queued === 0 && claimed === 0 && remaining + recorded + deadLettered === quantity;
    if ((settled && recorded === rows.length) || performance.now() > untilMs) return { whereabouts, rows };
    await pause(IDLE_POLL_MS);
  }
}

function answersOf(reports: readonly LoadReport[]): number {
  let answers = 0;
  for (const { outcomes } of reports) {
    for (const { latencies } of outcomes.values()) answers += Latencies.decode(latencies).size;
  }
  return answers;
}

function elapsedSeconds(reports: readonly LoadReport[]): number {
  const startedUs = Math.min(...reports.map((report) => report.startedUs));
  const endedUs = Math.max(...reports.map((report) => report.endedUs));
  return (endedUs - startedUs) / 1_000_000;
}
