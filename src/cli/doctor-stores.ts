/** Checks the stores: versions, clocks, memory, durability, backlog, and the coupons that open soon. */
import { statfs } from 'node:fs/promises';
import type { Config } from '../config/config.js';
import { SWEEP_BATCH_MAX, SWEEP_COUPONS_MAX } from '../engine/domain/limits.js';
import { chunksOf } from '../engine/domain/chunks.js';
import type { CouponRecord } from '../engine/ports/coupon-catalogue.js';
import { couponStatuses } from '../engine/sellers/coupon-status.js';
import type { CouponStatus } from '../engine/sellers/coupon-status.js';
import type { StoreCondition } from '../persist/store-condition.js';
import type { Stores } from '../server/stores.js';
import type { Finding } from './doctor-finding.js';

/** Openings are judged by the clock of the store; members see the one of their device. */
const CLOCK_AHEAD_MAX_MS = 1_000;
/** The recorders keep a backlog below a second. */
const BACKLOG_AGE_MAX_MS = 10_000;
/** Share of Redis's memory limit. Each winner takes some 130 bytes until its row is written. */
const MEMORY_SHARE_MAX = 0.8;
const DISK_FREE_BYTES_MIN = 1_024 ** 3;
const PAGE_ROWS = 500;

export async function storeFindings(
  stores: Stores,
  config: Config,
  openingWithinMs: number,
): Promise<Finding[]> {
  const pending = await stores.pendingMigrations();
  // Nothing below can be read from tables of an earlier version.
  if (pending.length > 0) return [tablesBehind(pending)];
  // Before the others: a Redis of another installation would be examined for nothing.
  await stores.inspectBelonging();
  const conditions = await stores.inspect();
  return [
    ...conditions.flatMap(conditionFindings),
    { state: 'ok', check: 'migrations', text: 'the database tables are up to date' },
    ...(config.backEnd === 'embedded' ? [await disk(config.dataDir)] : []),
    { state: 'ok', check: 'durability', text: `level ${stores.durability()}` },
    ...failures('stores', stores.notReadyReasons()),
    ...warnings('stores', [...stores.startWarnings, ...stores.warnings()]),
    ...(await backlog(stores)),
    ...(await coupons(stores, openingWithinMs)),
  ];
}

function tablesBehind(pending: readonly string[]): Finding {
  const first = `the database tables are of an earlier version, ${pending[0] ?? ''} is the first migration they lack`;
  return { state: 'failed', check: 'migrations', text: `${first}; run seonchak migrate, or start a server` };
}

/** What each store judges by its clock; SQLite has that of the machine. */
const JUDGED = {
  redis: 'coupons open and close',
  database: 'issuances expire and are used',
} as const;

function conditionFindings({
  name,
  kind,
  version,
  clockAheadMs,
  usedBytes,
  limitBytes,
}: StoreCondition): Finding[] {
  const findings: Finding[] = [{ state: 'ok', check: name, text: `version ${version}` }];
  const apart = `${Math.abs(clockAheadMs).toLocaleString('en')} ms ${clockAheadMs < 0 ? 'behind' : 'ahead of'} this machine`;
  findings.push(
    Math.abs(clockAheadMs) <= CLOCK_AHEAD_MAX_MS
      ? { state: 'ok', check: `${name} clock`, text: apart }
      : {
          state: 'warning',
          check: `${name} clock`,
          text: `${apart}; synchronise both (NTP): ${JUDGED[kind]} by the clock of this store`,
        },
  );
  if (usedBytes !== undefined && limitBytes !== undefined && usedBytes > limitBytes * MEMORY_SHARE_MAX) {
    const share = `${Math.round((100 * usedBytes) / limitBytes)} % of maxmemory in use`;
    findings.push({
      state: 'failed',
      check: `${name} memory`,
      text: `${share}; nothing is issued while Redis is full, raise maxmemory`,
    });
  }
  return findings;
}

async function disk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const text = `${((bavail * bsize) / 1_024 ** 3).toFixed(1)} GB free in ${folder}`;
  return bavail * bsize >= DISK_FREE_BYTES_MIN
    ? { state: 'ok', check: 'disk', text }
    : { state: 'warning', check: 'disk', text: `${text}; nothing is issued while the disk is full` };
}

/** Whether recorders keep up shows in the age of what waits for them. */
async function backlog({ distributed }: Stores): Promise<Finding[]> {
  if (distributed === undefined) return [];
  const { queue, bell } = distributed;
  const ids = (await bell.pendingMarks(SWEEP_COUPONS_MAX)).map(({ couponId }) => couponId);
  const agesMs: number[] = [];
  for (const some of chunksOf(ids, SWEEP_BATCH_MAX))
    for (const ageMs of await queue.oldestAgesMs(some)) if (ageMs !== undefined) agesMs.push(ageMs);
  const oldestMs = Math.max(...agesMs);
  if (agesMs.length === 0) return [{ state: 'ok', check: 'recorders', text: 'every issuance has its row' }];
  if (oldestMs <= BACKLOG_AGE_MAX_MS)
    return [
      {
        ...{ state: 'ok', check: 'recorders' },
        text: `the oldest issuance without a row has waited for ${Math.round(oldestMs).toLocaleString('en')} ms`,
      },
    ];
  const seconds = Math.round(oldestMs / 1_000).toLocaleString('en');
  return [
    {
      ...{ state: 'failed', check: 'recorders' },
      text: `an issuance has waited for its row for ${seconds} s; start a process with the role recorder, and read its log`,
    },
  ];
}

/** Those that are open or open soon have to be in the store, and none may have issuances that contradict a row. */
async function coupons(stores: Stores, openingWithinMs: number): Promise<Finding[]> {
  const latestOpeningMs = Date.now() + openingWithinMs;
  const cold: number[] = [];
  const dead: number[] = [];
  let checked = 0;
  for (let after = 0; ;) {
    const records = await stores.catalogue.list({}, after, PAGE_ROWS);
    const due = records.filter((record) => isDue(record, latestOpeningMs));
    checked += due.length;
    for (const { id, state, deadLettered } of await statuses(stores, due)) {
      if (state === 'not_ready') cold.push(id);
      if (deadLettered > 0) dead.push(id);
    }
    const last = records.at(-1);
    if (last === undefined || records.length < PAGE_ROWS) break;
    after = last.couponId;
  }
  const findings: Finding[] = [];
  if (cold.length > 0)
    findings.push({
      state: 'warning',
      check: 'coupons',
      text: `${some(cold)} not in Redis; run seonchak warm --all`,
    });
  if (dead.length > 0)
    findings.push({
      state: 'failed',
      check: 'coupons',
      text: `${some(dead)} with issuances in dead_letter; run seonchak reconcile <id>`,
    });
  if (findings.length === 0)
    findings.push({ state: 'ok', check: 'coupons', text: `${checked} open or opening soon, all ready` });
  return findings;
}

async function statuses(stores: Stores, records: readonly CouponRecord[]): Promise<CouponStatus[]> {
  const views = await Promise.all(records.map(({ couponId }) => stores.registry.find(couponId)));
  return couponStatuses(
    stores,
    views.filter((view) => view !== undefined),
  );
}

function isDue({ closed, opensAtMs, closesAtMs }: CouponRecord, latestOpeningMs: number): boolean {
  const over = closed || (closesAtMs !== undefined && closesAtMs <= Date.now());
  return !over && (opensAtMs === undefined || opensAtMs <= latestOpeningMs);
}

const EXAMPLES_MAX = 10;

function some(ids: readonly number[]): string {
  const more = ids.length > EXAMPLES_MAX ? ', …' : '';
  return `${ids.length === 1 ? 'coupon' : 'coupons'} ${ids.slice(0, EXAMPLES_MAX).join(', ')}${more}`;
}

function failures(check: string, texts: readonly string[]): Finding[] {
  return texts.map((text) => ({ state: 'failed', check, text }));
}

function warnings(check: string, texts: readonly string[]): Finding[] {
  return texts.map((text) => ({ state: 'warning', check, text }));
}
