/** Kills our processes and the database while a shop polls the feed, receives webhooks and redeems. */
import t from 'tap';
import { Tills } from './tills.js';
import { startSeonchak } from '../servers/seonchak.js';
import { EventFollower } from './event-follower.js';
import { fault } from './fault.js';
import { tablesOfFeed } from './feed-tables.js';
import { WebhookReceiver } from './webhook-receiver.js';
import { claimHeld, openWorld, sharedMariadb, startSite } from './world.js';

const mariadb = await sharedMariadb(t);

fault(
  50,
  'recorders, relays, the API and the database die: no event is missing, out of order, or changed',
  async (t) => {
    const site = await startSite(t, mariadb, {
      loneRecorder: true,
      settings: { WEBHOOK_ALLOW_PRIVATE: '1' },
    });
    const victim = await startSeonchak({ ...site.settings, ROLES: 'relay' });
    t.teardown(() => victim.stop());
    const world = await openWorld(t, site, { members: 160 });
    const [api] = site.servers;
    const receiver = await WebhookReceiver.open(t, api?.origin ?? '');
    const follower = new EventFollower(api?.origin ?? '', world.couponId);
    const tills = new Tills(api?.origin ?? '', world.couponId);

    await world.burst(0, 40);
    // The first relay has the lease of the webhook by then.
    await receiver.messages(1);
    const heir = await startSeonchak({ ...site.settings, ROLES: 'relay' });
    t.teardown(() => heir.stop());
    tills.start(40);
    // A frozen database holds the recorder between claim and INSERT.
    await mariadb.kill('SIGSTOP');
    await world.burst(40, 80);
    await claimHeld(world);
    await world.recorder?.kill('SIGKILL');
    await mariadb.kill('SIGCONT');
    const successor = await startSeonchak({ ...site.settings, ROLES: 'recorder' });
    t.teardown(() => successor.stop());
    const burst = world.burst(80);
    // The relay dies while its request waits for the answer.
    await receiver.holdNext();
    await victim.kill('SIGKILL');
    await mariadb.kill('SIGKILL');
    await mariadb.restart();
    await api?.kill('SIGKILL');
    await api?.restart();
    await burst;
    await tills.finish();
    const { rows } = await world.evidence();
    t.equal(rows.length, 160, 'everything was recorded');

    const truth = await tablesOfFeed(mariadb.url, world.couponId);
    await follower.until(truth.length);
    t.same([...follower.lines].sort(), truth, 'the follower has each event once');
    t.same(follower.outOfOrder(), []);
    await receiver.until(truth.length);
    t.same(
      [...receiver.lines()].sort(),
      truth,
      'the receiver has each event once, repeats under their ids left out',
    );
    t.same(receiver.findings(), [], 'in order, and repeats have the same bytes');
    t.ok(receiver.repeats > 0, 'a message came again, so the fault was met');
    t.same(tills.findings(), [], 'every answer to a till fits one order of what happened');
    t.ok(tills.answered > 20, `${tills.answered} answers to tills`);
    await world.verdict(t);
  },
);
