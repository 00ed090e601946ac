/** Tests recorder threads that end in the middle of a task, repeatedly. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { fault } from './fault.js';
import { claimHeld, openWorld, sharedMariadb, startSite } from './world.js';

const POLL_MS = 5;

const mariadb = await sharedMariadb(t);

interface ThreadEnder {
  /** Environment of the process whose threads are to end. */
  readonly settings: Readonly<Record<string, string>>;
  /** Every worker thread that runs now calls `process.exit`, which ends the thread and not the process. */
  strike(): Promise<void>;
}

/**
 * A module that runs before ours in every thread, and ends its thread on a message: our own code has no switch for
 * this.
 */
async function threadEnder(t: Test): Promise<ThreadEnder> {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-strike-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = join(folder, 'strikes');
  let strikes = 0;
  const order = (): Promise<void> => writeFile(file, String(strikes));
  await order();
  const code = `
    import { readFileSync } from 'node:fs';
    import { isMainThread } from 'node:worker_threads';
    const read = () => readFileSync(${JSON.stringify(file)}, 'utf8');
    if (!isMainThread) {
      const before = read();
      setInterval(() => { if (read() !== '' && read() !== before) process.exit(1); }, ${POLL_MS}).unref();
    }`;
  return {
    settings: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` },
    async strike() {
      strikes += 1;
      await order();
    },
  };
}

fault(5, 'threads of the recorder end while they start: what waits for them is recorded', async (t) => {
  const ender = await threadEnder(t);
  const site = await startSite(t, mariadb, { loneRecorder: true, recorderSettings: ender.settings });
  const world = await openWorld(t, site);
  const burst = world.burst();
  await world.crowd.winners(50);
  // A thread takes some 100 ms to start, and the first that ends while it does is not replaced by the pool.
  for (let strikes = 0; strikes < 40; strikes++) {
    await ender.strike();
    await pause(25);
  }
  await burst;
  await world.verdict(t);
  t.ok(world.recorder?.isAlive(), 'the process went on');
});

fault(5, 'threads of the recorder end in their tasks: others take over, and nothing is lost', async (t) => {
  const ender = await threadEnder(t);
  const site = await startSite(t, mariadb, { loneRecorder: true, recorderSettings: ender.settings });
  const world = await openWorld(t, site);
  const pid = world.recorder?.pid();
  const endedThreads = (): number => world.recorder?.log().match(/A recorder thread ended/g)?.length ?? 0;
  // A frozen database holds the task between its claim and its INSERT.
  await mariadb.kill('SIGSTOP');
  const burst = world.burst();
  await claimHeld(world);
  await ender.strike();
  while (endedThreads() === 0) await pause(POLL_MS);
  await mariadb.kill('SIGCONT');
  for (const winners of [100, 200, 300]) {
    await world.crowd.winners(winners);
    await ender.strike();
  }
  await burst;
  await world.verdict(t);
  t.ok(world.recorder?.isAlive(), 'the process went on');
  t.equal(world.recorder?.pid(), pid);
});
