/** Kills our processes while a shop's backend follows the issuances. */
import t from 'tap';
import { startSeonchak } from '../servers/seonchak.js';
import { fault } from './fault.js';
import { Follower } from './follower.js';
import { claimHeld, openWorld, sharedMariadb, startSite } from './world.js';

const mariadb = await sharedMariadb(t);

fault(46, 'a recorder dies after its claim while a follower reads: no row is missed', async (t) => {
  // The lease must outlast the first members on a busy machine: otherwise the successor records the dead one's claim first.
  const settings = { LEASE_MS: '12000' };
  const site = await startSite(t, mariadb, { loneRecorder: true, settings });
  const world = await openWorld(t, site);
  const origin = site.servers[0]?.origin ?? '';
  const follower = new Follower(origin, world.couponId, true);
  const naive = new Follower(origin, world.couponId, false);
  // A frozen database holds the recorder between claim and INSERT.
  await mariadb.kill('SIGSTOP');
  await world.burst(0, 60);
  await claimHeld(world);
  await world.recorder?.kill('SIGKILL');
  await mariadb.kill('SIGCONT');
  const successor = await startSeonchak({ ...site.settings, ROLES: 'recorder' });
  t.teardown(() => successor.stop());
  // Recorded long before the lease of the dead recorder ends.
  await world.burst(60);
  const { rows } = await world.evidence();
  await follower.finish();
  await naive.finish();
  const recorded = rows.map(({ issueNo, holder: memberId }) => ({ issueNo, memberId }));
  t.strictSame(
    follower.delivered.map(({ issueNo, memberId }) => ({ issueNo, memberId })),
    recorded,
    'every row once, in order of numbers',
  );
  t.ok(
    naive.delivered.length < recorded.length,
    `a cursor of the highest number lost ${recorded.length - naive.delivered.length} rows, so the fault took effect`,
  );
  await world.verdict(t);
});
