/**
 * Runs honest members and hostile clients against one server: seconds in `npm test`, any time with `npm run soak`.
 *
 * Each round registers a coupon, gives it to a crowd and checks every promise. At the end memory and handles must be
 * level.
 */
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { openCoupon } from '../chaos/coupon-under-fault.js';
import { evidenceIn } from '../chaos/embedded-world.js';
import { signToken } from '../clients/tokens.js';
import { residentBytes } from '../overload/peak-memory.js';
import { startSeonchak } from '../servers/seonchak.js';
import { crowdOf } from '../system/burst.js';
import { HostileClients } from './hostile-clients.js';

const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 0.1);
const QUANTITY = 100;
const MEMBERS = 200;
const LONGER_THAN_IT_LASTS = `${Math.ceil(MINUTES) + 60}m`;
/** Beyond what the first third of the rounds needed at most. */
const MEMORY_SLACK_BYTES = 60_000_000;
const HANDLES_SLACK = 20;
const COOLDOWN_MS = 15_000;

t.test('promises are kept while hostile clients are at work, and nothing grows', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-soak-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const server = await startSeonchak({ DATA_DIR: folder });
  t.teardown(() => server.stop());
  const handles = (): number => readdirSync(`/proc/${server.pid()}/fd`).length;
  const handlesBefore = handles();

  const hostile = new HostileClients(server.port);
  t.teardown(() => hostile.stop());
  const bot = { memberId: 'bot', token: await signToken('bot', 'member', LONGER_THAN_IT_LASTS) };
  // The same in every round: new tokens would fill the cache of verified ones, which takes 160 MB until it is full, and hide what grows without end.
  const crowd = await crowdOf(MEMBERS, LONGER_THAN_IT_LASTS);
  hostile.start(bot.token);
  const memory: number[] = [];
  let requests = 0;
  const startedAtMs = performance.now();
  const untilMs = startedAtMs + MINUTES * 60_000;
  let saidMinutes = 0;
  do {
    const coupon = await openCoupon(t, [server.origin], (couponId) => evidenceIn(folder, couponId), {
      ...{ quantity: QUANTITY, crowd },
    });
    // Holds one, and is known to hold it, before the others of its kind begin.
    await coupon.crowd.request(coupon.couponId, [bot], { lanes: 1, patienceMs: COOLDOWN_MS });
    hostile.couponId = coupon.couponId;
    await coupon.burst();
    await coupon.verdict(t);
    requests += coupon.crowd.requests.length;
    coupon.close();
    memory.push(residentBytes(server.pid()));
    const minutes = Math.floor((performance.now() - startedAtMs) / 60_000);
    if (minutes > saidMinutes) {
      saidMinutes = minutes;
      const megabytes = Math.round((memory.at(-1) ?? 0) / 1e6);
      console.error(
        `${minutes} of ${MINUTES} min: ${memory.length} rounds, ${requests} honest presses, ${megabytes} MB`,
      );
    }
  } while (performance.now() < untilMs);
  await hostile.stop();

  t.ok(server.isAlive());
  const third = Math.ceil(memory.length / 3);
  const [first, last] = [Math.max(...memory.slice(0, third)), Math.max(...memory.slice(-third))];
  t.ok(
    last < first + MEMORY_SLACK_BYTES,
    `memory: at most ${first} bytes in the first third, ${last} in the last`,
  );
  const patienceMs = performance.now() + COOLDOWN_MS;
  while (handles() > handlesBefore + HANDLES_SLACK && performance.now() < patienceMs) await pause(200);
  t.ok(handles() <= handlesBefore + HANDLES_SLACK, `handles: ${handlesBefore} before, ${handles()} after`);

  if (process.env['SOAK_MINUTES'] === undefined) return;
  console.error(`${memory.length} rounds, ${requests} presses of honest members`);
  console.error(`hostile: ${JSON.stringify(hostile.deeds)}`);
  console.error(
    `memory at most ${(first / 1e6).toFixed(0)} MB in the first third, ${(last / 1e6).toFixed(0)} MB in the last`,
  );
  console.error(`handles ${handlesBefore} before, ${handles()} after`);
});
