/** Tests the checks of webhooks: each planted bug must be found. */
import t from 'tap';
import { randomRelaying } from '../../engine/testing/contracts/webhook-random.js';
import type { Webhooks } from '../../engine/ports/webhooks.js';
import { searchUntilFound } from '../../engine/testing/search-until-found.js';
import { openEmbedded } from './open-embedded.js';

const ROUNDS = 60;

const stores = await openEmbedded({ dataDir: t.testdir(), as: 'server' });
t.teardown(() => stores.close());

const sound = stores.webhooks;

function planted(bug: Partial<Webhooks>): Webhooks {
  return new Proxy(sound, {
    get(target, name: keyof Webhooks) {
      const member: unknown = Reflect.get(bug, name) ?? Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

const bugs: Readonly<Record<string, Partial<Webhooks>>> = {
  'the end of a batch is stored after it was sent': {
    begin: (id, lessee) => sound.begin(id, lessee, undefined),
  },
  'the position moves before the batch is sent': {
    begin: (id, lessee, sendingTo) =>
      sendingTo === undefined ? sound.begin(id, lessee, sendingTo) : sound.advance(id, lessee, sendingTo),
  },
  'a failure counts as delivered': {
    async fail(id, lessee, delivery) {
      const { sendingTo } = (await sound.find(id, undefined)) ?? {};
      return sendingTo !== undefined && sound.advance(id, lessee, sendingTo, delivery);
    },
  },
};

t.test('without a bug nothing is found', async (t) => {
  t.same(await randomRelaying({ ...stores, webhooks: sound }, ROUNDS), []);
});

for (const [name, bug] of Object.entries(bugs)) {
  t.test(`${name}: found`, async (t) => {
    const found = await searchUntilFound(() => randomRelaying({ ...stores, webhooks: planted(bug) }, ROUNDS));
    t.not(found.length, 0);
  });
}
