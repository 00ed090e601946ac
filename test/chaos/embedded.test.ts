/** Tests the embedded server killed during its commits. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedWorld } from './embedded-world.js';
import { fault } from './fault.js';

fault(
  35,
  'the embedded server is killed again and again: every 201 is in the table, without a gap',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'seonchak-data-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const world = await startEmbeddedWorld(t, folder);
    const burst = world.burst();
    for (const winners of [60, 160, 280]) {
      await world.crowd.winners(winners);
      await world.server.kill('SIGKILL');
      await world.server.restart();
    }
    await burst;
    await world.verdict(t);
  },
);
