/**
 * Injects random faults from a seed into one world after another during downloads and changes.
 *
 * Members press, retry and hang up, and a seller changes the coupon. Started by run.js, never by npm test. The seed
 * decides world, coupon, faults and their pauses; the processes decide everything else, so a seed repeats a plan and
 * not a history.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { isDefinite } from '../../src/demo/crowd.js';
import { Random } from '../../src/engine/testing/simulation/random.js';
import { type AdministeredMariadb, startAdministeredMariadb } from '../servers/administered-mariadb.js';
import type { MariadbServer } from '../servers/mariadb.js';
import { type RedisClusterServers, startRedisCluster } from '../servers/redis-cluster.js';
import { startRedis } from '../servers/redis.js';
import { mayMount, type SmallDisk, smallDisk } from '../servers/small-disk.js';
import type { CouponUnderFault } from './coupon-under-fault.js';
import { startEmbeddedWorld } from './embedded-world.js';
import { drawCoupon } from './random-coupon.js';
import { clusterFaults, embeddedFaults, type RandomFault, singleFaults } from './random-faults.js';
import type { Seller } from './seller.js';
import { openWorld, type Site, startSite } from './world.js';

const kinds = ['single', 'cluster', 'embedded'] as const;
const HANGS_UP_WITHIN_MS = 40;
const PAUSE_MOST_MS = 1_200;
const FAULTS_LEAST = 2;
const FAULTS_MOST = 6;
/** From which a seller revokes. */
const RECENT_PRESSES = 500;
const SETTLED_WITHIN_MS = 60_000;
/** Probability, each time that the seller acts. */
const CLOSES = 0.04;
/** Takes the append-only file of many rounds, rewritten. */
const REDIS_DISK_BYTES = 192 * 2 ** 20;
const EMBEDDED_DISK_BYTES = 16 * 2 ** 20;

const seed = Number(process.env['CHAOS_SEED'] ?? 1);
const minutes = Number(process.env['CHAOS_MINUTES'] ?? 0);
const say = (line: string): void => console.error(line);

interface Mixed {
  readonly holdSeconds?: number;
  readonly perMember?: number;
  readonly coupon: CouponUnderFault;
  readonly faults: readonly RandomFault[];
}

const opened: {
  database?: AdministeredMariadb;
  single?: { readonly site: Site; readonly disk: SmallDisk };
  cluster?: { readonly site: Site; readonly nodes: RedisClusterServers };
} = {};

async function open(
  t: Test,
  kind: (typeof kinds)[number],
  random: Random,
  roundSeed: number,
): Promise<Mixed> {
  const options = drawCoupon(random, roundSeed);
  if (kind === 'embedded') {
    const disk = await smallDisk(t, EMBEDDED_DISK_BYTES);
    const folder = join(disk.folder, 'data');
    await mkdir(folder);
    const coupon = await startEmbeddedWorld(t, folder, options);
    return { ...options, coupon, faults: embeddedFaults(coupon, disk) };
  }
  opened.database ??= await startAdministeredMariadb(whole);
  const { mariadb, readOnly } = opened.database;
  if (kind === 'single') {
    opened.single ??= await startSingleSite(mariadb);
    const { site, disk } = opened.single;
    const coupon = await openWorld(t, site, options);
    return { ...options, coupon, faults: singleFaults(coupon, readOnly, disk) };
  }
  if (opened.cluster === undefined) {
    const nodes = await startRedisCluster({ masters: 3, replicas: 1, nodeTimeoutMs: 1_000 });
    whole.teardown(() => nodes.stop());
    const site = await startSite(whole, mariadb, { cluster: nodes, servers: 2, mysqlProxy: true });
    opened.cluster = { site, nodes };
  }
  const coupon = await openWorld(t, opened.cluster.site, options);
  return { ...options, coupon, faults: clusterFaults(coupon, readOnly, opened.cluster.nodes) };
}

async function startSingleSite(
  mariadb: MariadbServer,
): Promise<{ readonly site: Site; readonly disk: SmallDisk }> {
  const disk = await smallDisk(whole, REDIS_DISK_BYTES);
  const redisServer = await startRedis({ within: disk.folder });
  whole.teardown(() => redisServer.stop());
  const options = { redisServer, servers: 2, redisProxy: true, mysqlProxy: true };
  return { site: await startSite(whole, mariadb, options), disk };
}

const CLOSE = { kind: 'amend', change: { closed: true } } as const;

/** Now and then the seller does something, until `until` resolves. */
async function sellerActs(
  { seller, crowd, couponId, quantity }: CouponUnderFault,
  until: Promise<void>,
  random: Random,
) {
  const state = { ended: false };
  const end = (): void => {
    state.ended = true;
  };
  until.then(end, end);
  let latest = quantity;
  let topUps = 0;
  while (!state.ended) {
    await pause(random.between(100, PAUSE_MOST_MS));
    if (random.chance(CLOSES)) await seller.act(CLOSE);
    const act = random.between(0, 6);
    const winner = crowd.presses.at(-random.between(1, RECENT_PRESSES))?.issueNo;
    if (act === 0) await seller.act({ kind: 'amend', change: { quantity: (latest += 10) } });
    else if (act === 1 && winner !== undefined) await seller.act({ kind: 'revoke', issueNo: winner });
    else if (act === 2) await seller.act({ kind: 'amend', change: { paused: true } });
    else if (act >= 5) {
      // Now and then the previous one is sent again: it must count once.
      if (topUps === 0 || random.chance(0.7)) topUps += 1;
      await seller.act({ kind: 'top_up', by: 3, key: `${couponId}-${topUps}` });
    } else await seller.act({ kind: 'amend', change: { paused: false } });
  }
}

/** Orders pay for what was issued lately, or release it, until `until` resolves. */
async function ordersPay({ orders, crowd }: CouponUnderFault, until: Promise<void>, random: Random) {
  const state = { ended: false };
  const end = (): void => {
    state.ended = true;
  };
  until.then(end, end);
  while (!state.ended) {
    await pause(random.between(20, 200));
    const issueNo = crowd.presses.at(-random.between(1, RECENT_PRESSES))?.issueNo;
    if (issueNo === undefined) continue;
    if (random.chance(0.2)) await orders.release(issueNo);
    else await orders.confirm(issueNo, random.pick(['A', 'A', 'B']), 1_000);
  }
}

async function inject(faults: readonly RandomFault[], random: Random): Promise<void> {
  const count = random.between(FAULTS_LEAST, FAULTS_MOST);
  for (let times = 0; times < count; times += 1) {
    await pause(random.between(50, PAUSE_MOST_MS));
    const [name, act] = random.pick(faults);
    say(`    ${name}`);
    await act(random);
  }
}

const isClosed = ({ calls }: Seller): boolean => calls.some(({ act }) => act === CLOSE);

/** A coupon that its seller closed stays so; it is closed for certain then, and every other one is open in the end. */
async function settled(t: Test, { seller }: CouponUnderFault): Promise<void> {
  const last = isClosed(seller) ? CLOSE : ({ kind: 'amend', change: { paused: false } } as const);
  t.equal(await seller.insist(last, SETTLED_WITHIN_MS), 'done', 'the last act of the seller');
}

async function round(t: Test, roundSeed: number): Promise<void> {
  const random = new Random(roundSeed);
  // The crowd and the seller draw from another: they take turns in an order that no seed decides.
  const crowdRandom = new Random(roundSeed + 1);
  const kind = random.pick(kinds);
  const { coupon, faults, holdSeconds, perMember } = await open(t, kind, random, roundSeed);
  const { crowd, couponId, members } = coupon;
  const units = perMember === undefined ? '' : `, ${perMember} units each`;
  const held = holdSeconds === undefined ? '' : ', held';
  say(`seed ${roundSeed}: ${kind}, ${coupon.quantity} coupons, ${members.length} holders${units}${held}`);
  const faultsOver = inject(faults, random);
  const hangUp = (): number | undefined =>
    crowdRandom.chance(0.2) ? crowdRandom.between(0, HANGS_UP_WITHIN_MS) : undefined;
  await Promise.all([
    faultsOver,
    sellerActs(coupon, faultsOver, crowdRandom),
    ...(holdSeconds === undefined ? [] : [ordersPay(coupon, faultsOver, crowdRandom)]),
    crowd.pressUntil(faultsOver, couponId, members, hangUp),
  ]);
  await settled(t, coupon);
  const fromMs = performance.now();
  await coupon.burst();
  const last = new Map(
    crowd.presses.filter((press) => press.invokedMs > fromMs).map((press) => [press.memberId, press]),
  );
  t.strictSame(
    [...last.values()].filter((press) => !isDefinite(press)),
    [],
    'in the end every member has an answer',
  );
  const { violations, lost, wonByLateCommand } = await coupon.verdict(t);
  const unknown = crowd.presses.filter(({ outcome }) => outcome === 'lost' || outcome === 'outcome_unknown');
  say(
    `    ${crowd.presses.length} presses, ${unknown.length} unknown, ${coupon.seller.calls.length} acts of the seller${isClosed(coupon.seller) ? ', who closed it' : ''}, ` +
      `${lost} lost, ${wonByLateCommand} by a late command: ${violations.length === 0 ? 'every promise kept' : 'VIOLATED'}`,
  );
  for (const violation of violations.slice(0, 10)) say(`    ${violation}`);
}

const whole = t;

async function rounds(): Promise<void> {
  const untilMs = performance.now() + minutes * 60_000;
  let failed = 0;
  let made = 0;
  do {
    const roundSeed = seed + made;
    made += 1;
    const kept = await t.test(`seed ${roundSeed}`, (t) => round(t, roundSeed));
    if (kept !== null && !kept.ok) failed += 1;
  } while (performance.now() < untilMs);
  say(`${made} rounds, ${failed} failed`);
}

if (mayMount(t, import.meta.url)) await rounds();
