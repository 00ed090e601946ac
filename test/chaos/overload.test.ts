/** Tests ten times the load that the server can decide, in an open loop, with random connection resets. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CrowdRequest } from '../../src/demo/crowd.js';
import { OpenLoop, type PhaseResult } from '../overload/phases.js';
import { PeakMemory } from '../overload/peak-memory.js';
import { fault } from './fault.js';
import { sharedMariadb, startWorld } from './world.js';

/**
 * The bottleneck is the way to Redis: a round trip of 2 × 15 ms and 16 members a batch make some 500 decisions a
 * second, whatever else the machine does. Ten times that costs a tenth of a core here and a third in the generator.
 * With a CPU as the bottleneck (two members a batch, embedded) other programs and the generator itself moved the figure
 * between 28 and 102 %.
 */
const WAY_TO_REDIS_MS = 15;
const SETTINGS = { BATCH_MAX: '16', MAILBOX_MAX: '300', MEMBER_RATE: '0' };
const MEMBERS = 20_000;
const QUANTITY = 10_000_000;
const TIMES = 10;
const RESET_SHARE = 0.1;
const MEMORY_MAX_BYTES = 700_000_000;

/** As the command it measures for longer and prints the figures. */
const asCommand = process.env['CHAOS_FAULT'] !== undefined;
const SECONDS = asCommand ? 10 : 3;
/** The peak is the best of these crowds. */
const LANES = asCommand ? [32, 64, 128, 256] : [64];

fault(34, 'ten times the load with resets: refused with 503, promises kept, recovered', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-overload-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [requestFile, tokenFile] = [join(folder, 'presses'), join(folder, 'tokens')];
  const world = await startWorld(t, await sharedMariadb(t), {
    ...{ quantity: QUANTITY, members: MEMBERS },
    redisProxy: true,
    settings: SETTINGS,
  });
  const { servers, couponId, members, crowd } = world;
  const [server] = servers;
  if (server === undefined) throw new Error('no server');
  await writeFile(tokenFile, members.map(({ token }) => token).join('\n'));
  const load = new OpenLoop(server.port, couponId, requestFile, tokenFile);
  t.teardown(() => load.stop());
  const memory = new PeakMemory(server.pid());
  t.teardown(() => memory.stop());

  world.redisProxy.behave({ delayMs: WAY_TO_REDIS_MS });
  await load.run({ lanes: 64, seconds: 2, resetShare: 0 });
  const before: PhaseResult[] = [];
  for (const lanes of LANES) before.push(await load.run({ lanes, seconds: SECONDS, resetShare: 0 }));
  const peak = Math.max(...before.map(({ good, seconds }) => good / seconds));
  const during = await load.run({ rate: TIMES * peak, seconds: SECONDS, resetShare: RESET_SHARE });
  const after = await load.run({ rate: Math.max(50, peak / 10), seconds: SECONDS, resetShare: 0 });
  await load.finish();
  world.redisProxy.behave({});

  t.ok((during.outcomes['busy'] ?? 0) > 0, 'what was too much was refused');
  t.ok((during.outcomes['lost'] ?? 0) > 0, 'connections were reset');
  t.ok(during.good > 0, 'and members went on winning meanwhile');
  for (const phase of [...before, during, after]) t.equal(phase.unanswered, 0, 'no member waits for ever');
  t.ok(after.good > 0, 'the server recovers');
  t.equal(after.outcomes['lost'] ?? 0, 0);
  t.ok(memory.peakBytes < MEMORY_MAX_BYTES, `${memory.peakBytes} bytes at the most`);

  for (const line of (await readFile(requestFile, 'utf8')).trim().split('\n')) {
    crowd.requests.push(onOurClock(JSON.parse(line) as CrowdRequest));
  }
  await world.verdict(t);

  if (!asCommand) return;
  const goodput = during.good / during.seconds;
  const sent = Object.values(during.outcomes).reduce((sum, count) => sum + count, 0) / during.seconds;
  for (const [place, { good, seconds }] of before.entries())
    console.error(`${LANES[place] ?? 0} members at once: ${(good / seconds).toFixed(0)}/s definite`);
  console.error(
    `asked for ${(TIMES * peak).toFixed(0)}/s, sent ${sent.toFixed(0)}/s, not sent ${during.unsent}`,
  );
  console.error(
    `under it ${goodput.toFixed(0)}/s definite, ${((100 * goodput) / peak).toFixed(0)} % of the peak`,
  );
  console.error(`answers ${JSON.stringify(during.outcomes)}`);
  console.error(`memory at the most ${(memory.peakBytes / 1e6).toFixed(0)} MB`);
  console.error(
    `the last press of the load was answered ${during.settledForMs.toFixed(0)} ms after its end; the last answer that was not ` +
      `definite came ${after.indefiniteForMs.toFixed(0)} ms after that`,
  );
});

/** The generator counts from the Unix epoch, this process from its own start. */
function onOurClock(request: CrowdRequest): CrowdRequest {
  const { answeredMs } = request;
  return {
    ...request,
    invokedMs: request.invokedMs - performance.timeOrigin,
    answeredMs: answeredMs === undefined ? undefined : answeredMs - performance.timeOrigin,
  };
}
