/** Ten times the load that the server can decide, in an open loop, while connections are reset at random. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenLoop } from '../overload/phases.js';
import { PeakMemory } from '../overload/peak-memory.js';
import { startEmbeddedWorld } from './embedded-world.js';
import { fault } from './fault.js';
import type { Press } from './press.js';

/** Few a batch, so that deciding is the narrow place and ten times as much is what one generator can send. */
const SETTINGS = { BATCH_MAX: '2', MAILBOX_MAX: '500', MEMBER_RATE: '0' };
const MEMBERS = 20_000;
const QUANTITY = 10_000_000;
const TIMES = 10;
const RATE_MAX = 25_000;
const RESET_SHARE = 0.1;
const MEMORY_MAX_BYTES = 700_000_000;

/** As the command it measures for longer and tells the figures. */
const asCommand = process.env['CHAOS_FAULT'] !== undefined;
const SECONDS = asCommand ? 10 : 3;

fault(34, 'ten times the load with resets: refused with 503, promises kept, recovered', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-overload-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [dataDir, pressFile, tokenFile] = ['data', 'presses', 'tokens'].map((name) => join(folder, name));
  if (dataDir === undefined || pressFile === undefined || tokenFile === undefined)
    throw new Error('no folder');
  const world = await startEmbeddedWorld(t, dataDir, { quantity: QUANTITY, members: MEMBERS }, SETTINGS);
  const { server, couponId, members, crowd } = world;
  await writeFile(tokenFile, members.map(({ token }) => token).join('\n'));
  const load = new OpenLoop(server.port, couponId, pressFile, tokenFile);
  t.teardown(() => load.stop());
  const memory = new PeakMemory(server.pid());
  t.teardown(() => memory.stop());

  await load.run({ lanes: 64, seconds: 2, resetShare: 0 });
  const before = await load.run({ lanes: 64, seconds: SECONDS, resetShare: 0 });
  const capacity = before.good / before.seconds;
  const rate = Math.min(RATE_MAX, TIMES * capacity);
  const during = await load.run({ rate, seconds: SECONDS, resetShare: RESET_SHARE });
  const after = await load.run({ rate: Math.max(50, capacity / 10), seconds: SECONDS, resetShare: 0 });
  await load.finish();

  t.ok((during.outcomes['busy'] ?? 0) > 0, 'what was too much was refused');
  t.ok((during.outcomes['lost'] ?? 0) > 0, 'connections were reset');
  t.ok(during.good > 0, 'and members went on winning meanwhile');
  for (const phase of [before, during, after]) t.equal(phase.unanswered, 0, 'nobody waits for ever');
  t.ok(after.good > 0, 'the server recovers');
  t.equal(after.outcomes['lost'] ?? 0, 0);
  t.ok(memory.peakBytes < MEMORY_MAX_BYTES, `${memory.peakBytes} bytes at the most`);

  for (const line of (await readFile(pressFile, 'utf8')).trim().split('\n')) {
    crowd.presses.push(onOurClock(JSON.parse(line) as Press));
  }
  await world.verdict(t);

  if (!asCommand) return;
  const goodput = during.good / during.seconds;
  console.error(`capacity ${capacity.toFixed(0)}/s; offered ${rate.toFixed(0)}/s`);
  console.error(
    `under it ${goodput.toFixed(0)}/s definite, ${((100 * goodput) / capacity).toFixed(0)} % of capacity`,
  );
  console.error(`answers ${JSON.stringify(during.outcomes)}, not sent ${during.unsent}`);
  console.error(`memory at the most ${(memory.peakBytes / 1e6).toFixed(0)} MB`);
  console.error(
    `last answer that was not definite ${after.indefiniteForMs.toFixed(0)} ms after the load ended`,
  );
});

/** The generator counts from the Unix epoch, this process from its own start. */
function onOurClock(press: Press): Press {
  const { answeredMs } = press;
  return {
    ...press,
    invokedMs: press.invokedMs - performance.timeOrigin,
    answeredMs: answeredMs === undefined ? undefined : answeredMs - performance.timeOrigin,
  };
}
