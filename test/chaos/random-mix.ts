/**
 * Injects random faults from a seed into one world after another during downloads and changes.
 *
 * Members request, retry and hang up, and a seller changes the coupon. Started by run.js, never by npm test. The seed
 * decides world, coupon, faults and their pauses; the processes decide everything else, so a seed repeats a plan and
 * not a history.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { isDefinite, type Member } from '../../src/demo/crowd.js';
import { Random } from '../../src/engine/testing/simulation/random.js';
import { type AdministeredMariadb, startAdministeredMariadb } from '../servers/administered-mariadb.js';
import { type RedisClusterServers, startRedisCluster } from '../servers/redis-cluster.js';
import { startRedis } from '../servers/redis.js';
import { mayMount, type SmallDisk, smallDisk } from '../servers/small-disk.js';
import { CONNECTIONS, type CouponUnderFault, LANES } from './coupon-under-fault.js';
import { openEmbeddedWorld, startEmbeddedWorld } from './embedded-world.js';
import { CLOSE, clocksJump, listChanges, ordersPay, sellerActs, tillsRedeem } from './random-acts.js';
import { LIST_KNOWN_MS } from './member-list.js';
import { LIMIT_SETTINGS } from './limited-crowd.js';
import { type DrawnCoupon, drawCoupon } from './random-coupon.js';
import { clusterFaults, embeddedFaults, type RandomFault, singleFaults } from './random-faults.js';
import type { Seller } from './seller.js';
import { openWorld, type Site, startSite, type World } from './world.js';
import { type WrongClock, wrongClock } from './wrong-clock.js';

const kinds = ['single', 'cluster', 'embedded'] as const;
const HANGS_UP_WITHIN_MS = 40;
const PAUSE_MOST_MS = 1_200;
const REMOVED_COME_WITHIN_MS = 6_000;
const FAULTS_LEAST = 2;
const FAULTS_MOST = 6;
const SETTLED_WITHIN_MS = 60_000;
/** Takes the append-only file of many rounds, rewritten. */
const REDIS_DISK_BYTES = 192 * 2 ** 20;
/** For each coupon: their write-ahead log is moved into the database at 80 MB. */
const EMBEDDED_DISK_BYTES = 16 * 2 ** 20;

/** Added to the seed of a round, it is that of the draws about the changes of lists. */
const LIST_SEEDS = 2_000_003;

/** The same for the draws about the clocks of the servers. */
const CLOCK_SEEDS = 4_000_037;
const CLOCKS_JUMP = 0.5;

/** Connections and lanes of one coupon. */
const LEAST = 4;

const seed = Number(process.env['CHAOS_SEED'] ?? 1);
const minutes = Number(process.env['CHAOS_MINUTES'] ?? 0);
const say = (line: string): void => console.error(line);

/** Coupons that are open at once, on the same servers and under the same faults. */
const couponsAtOnce = Number(process.env['CHAOS_COUPONS'] ?? 1);

interface Mixed {
  readonly coupons: readonly { readonly drawn: DrawnCoupon; readonly coupon: CouponUnderFault }[];
  readonly faults: readonly RandomFault[];
  /** Clocks of the servers; none where the only server has its store in the same process. */
  readonly clocks: readonly WrongClock[];
}

/** Each Redis has a database of its own: two of them beside one database would both give its units. */
const opened: {
  single?: {
    readonly site: Site;
    readonly clocks: readonly WrongClock[];
    readonly database: AdministeredMariadb;
    readonly disk: SmallDisk;
  };
  cluster?: {
    readonly site: Site;
    readonly clocks: readonly WrongClock[];
    readonly database: AdministeredMariadb;
    readonly nodes: RedisClusterServers;
  };
} = {};

async function open(
  t: Test,
  kind: (typeof kinds)[number],
  random: Random,
  roundSeed: number,
): Promise<Mixed> {
  const drawn = Array.from({ length: couponsAtOnce }, (_, place) => drawCoupon(random, roundSeed + place));
  // Together as many as the one coupon of a round has alone.
  const share = (whole: number): number => Math.max(LEAST, Math.floor(whole / couponsAtOnce));
  const load = { connections: share(CONNECTIONS), lanes: share(LANES) };
  const [first, ...others] = drawn.map((options) => ({ ...options, ...load }));
  const mixed = (
    coupons: readonly CouponUnderFault[],
    faults: readonly RandomFault[],
    clocks: readonly WrongClock[] = [],
  ): Mixed => ({
    coupons: coupons.map((coupon, place) => ({ coupon, drawn: drawn[place] as DrawnCoupon })),
    ...{ faults, clocks },
  });
  if (kind === 'embedded') {
    const disk = await smallDisk(t, EMBEDDED_DISK_BYTES * couponsAtOnce);
    const folder = join(disk.folder, 'data');
    await mkdir(folder);
    const coupon = await startEmbeddedWorld(t, folder, first, LIMIT_SETTINGS);
    const coupons = await Promise.all(
      others.map((options) => openEmbeddedWorld(t, coupon.server, folder, options)),
    );
    return mixed([coupon, ...coupons], embeddedFaults(coupon, disk));
  }
  const openOn = async (site: Site): Promise<[World, ...World[]]> => [
    await openWorld(t, site, first),
    ...(await Promise.all(others.map((options) => openWorld(t, site, options)))),
  ];
  if (kind === 'single') {
    opened.single ??= await startSingleSite();
    const { site, clocks, database, disk } = opened.single;
    const worlds = await openOn(site);
    return mixed(worlds, singleFaults(worlds, database.readOnly, disk), clocks);
  }
  opened.cluster ??= await startClusterSite();
  const { site, clocks, database, nodes } = opened.cluster;
  const worlds = await openOn(site);
  return mixed(worlds, clusterFaults(worlds, database.readOnly, nodes), clocks);
}

async function startClusterSite() {
  const database = await startAdministeredMariadb(whole);
  const nodes = await startRedisCluster({ masters: 3, replicas: 1, nodeTimeoutMs: 1_000 });
  whole.teardown(() => nodes.stop());
  const { clocks, ...servers } = serversWithClocks();
  const options = { cluster: nodes, ...servers, mysqlProxy: true };
  return { site: await startSite(whole, database.mariadb, options), clocks, database, nodes };
}

async function startSingleSite() {
  const database = await startAdministeredMariadb(whole);
  const disk = await smallDisk(whole, REDIS_DISK_BYTES);
  const redisServer = await startRedis({ within: disk.folder });
  whole.teardown(() => redisServer.stop());
  const { clocks, ...servers } = serversWithClocks();
  const options = { redisServer, ...servers, redisProxy: true, mysqlProxy: true };
  return { site: await startSite(whole, database.mariadb, options), clocks, database, disk };
}

function serversWithClocks() {
  const clocks = [wrongClock(whole), wrongClock(whole)];
  const serverSettings = clocks.map(({ settings }) => settings);
  return { clocks, servers: clocks.length, serverSettings, settings: LIMIT_SETTINGS };
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
  const { coupons, faults, clocks } = await open(t, kind, random, roundSeed);
  const clockRandom = new Random(roundSeed + CLOCK_SEEDS);
  for (const clock of clocks) clock.set(0);
  const jumping = clockRandom.chance(CLOCKS_JUMP) ? clocks : [];
  say(`seed ${roundSeed}: ${kind}${jumping.length === 0 ? '' : ', the clocks of its servers jump'}`);
  for (const { coupon, drawn } of coupons) {
    const units = drawn.perMember === undefined ? '' : `, ${drawn.perMember} units each`;
    const held = drawn.holdSeconds === undefined ? '' : ', held';
    say(
      `    coupon of ${coupon.quantity}, ${coupon.members.length} holders${units}${held}${drawn.recallAfterMs === undefined ? '' : ', recalled'}${limitIn(drawn)}`,
    );
  }
  const faultsOver = inject(faults, random);
  await Promise.all([
    faultsOver,
    clocksJump(jumping, faultsOver, clockRandom),
    ...coupons.map(({ coupon, drawn }) => unitsTaken(coupon, drawn, faultsOver, crowdRandom)),
    ...coupons.map(({ coupon }, place) =>
      listChanges(coupon, faultsOver, new Random(roundSeed + place + LIST_SEEDS)),
    ),
  ]);
  await Promise.all(coupons.map(({ coupon }) => answeredAtLast(t, coupon)));
  for (const { coupon } of coupons) await judged(t, coupon);
}

function limitIn({ limit }: DrawnCoupon): string {
  if (limit === undefined) return '';
  const { by, excluded, added, removed } = limit;
  const percent = (share: number | undefined, fate: string): string =>
    share === undefined ? '' : `, ${Math.round(100 * share)} % ${fate}`;
  return `, limited by ${by}: ${Math.round(100 * excluded)} % excluded${percent(added, 'added')}${percent(removed, 'removed')}`;
}

/** All that members, the seller and orders do, until the faults are over. */
async function unitsTaken(
  coupon: CouponUnderFault,
  { holdSeconds, recallAfterMs }: DrawnCoupon,
  faultsOver: Promise<void>,
  crowdRandom: Random,
): Promise<void> {
  const hangUp = (): number | undefined =>
    crowdRandom.chance(0.2) ? crowdRandom.between(0, HANGS_UP_WITHIN_MS) : undefined;
  await Promise.all([
    sellerActs(coupon, faultsOver, crowdRandom, recallAfterMs),
    ...(holdSeconds === undefined ? [] : [ordersPay(coupon, faultsOver, crowdRandom)]),
    ...(holdSeconds === undefined && recallAfterMs !== undefined
      ? [tillsRedeem(coupon, faultsOver, crowdRandom)]
      : []),
    ...inTheirTime(coupon, crowdRandom).map(async ({ members, afterMs }) => {
      await Promise.race([pause(afterMs), faultsOver]);
      await coupon.crowd.requestUntil(faultsOver, coupon.couponId, members, hangUp);
    }),
  ]);
}

/** Members who are removed from the list come one by one: some of them before that, and some after it. */
function inTheirTime({ members, fateOf }: CouponUnderFault, random: Random) {
  const isRemoved = ({ memberId }: Member): boolean => fateOf(memberId) === 'removed';
  return [
    { members: members.filter((member) => !isRemoved(member)), afterMs: 0 },
    ...members.filter(isRemoved).map((member) => ({
      ...{ members: [member], afterMs: random.between(0, REMOVED_COME_WITHIN_MS) },
    })),
  ];
}

async function answeredAtLast(t: Test, coupon: CouponUnderFault): Promise<void> {
  const { crowd } = coupon;
  await settled(t, coupon);
  if (coupon.list !== undefined) {
    await coupon.list.finish();
    await pause(LIST_KNOWN_MS);
  }
  const fromMs = performance.now();
  await coupon.burst();
  const last = new Map(
    crowd.requests
      .filter((request) => request.invokedMs > fromMs)
      .map((request) => [request.memberId, request]),
  );
  t.strictSame(
    [...last.values()].filter((request) => !isDefinite(request)),
    [],
    'in the end every member has an answer',
  );
  t.strictSame(
    [...last.values()].filter(
      ({ memberId, outcome }) => coupon.fateOf(memberId) === 'excluded' && outcome !== 'not_eligible',
    ),
    [],
    'in the end every member who was never eligible is answered so',
  );
  t.ok(
    isClosed(coupon.seller) || crowd.requests.some(({ outcome }) => outcome === 'issued'),
    'members who are eligible won',
  );
}

async function judged(t: Test, coupon: CouponUnderFault): Promise<void> {
  const { crowd, seller, recall } = coupon;
  const { violations, lost, wonByLateCommand } = await coupon.verdict(t);
  const unknown = crowd.requests.filter(({ outcome }) => outcome === 'lost' || outcome === 'outcome_unknown');
  say(
    `    ${crowd.requests.length} requests, ${unknown.length} unknown, ${seller.calls.length} acts of the seller${isClosed(seller) ? ', who closed it' : ''}, ` +
      (recall.calls.length === 0 ? '' : `recalled in ${recall.calls.length} requests, `) +
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

if (mayMount(t)) await rounds();
