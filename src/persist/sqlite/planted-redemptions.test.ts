/** Tests the checks of redemptions: each planted bug must be found. */
import t from 'tap';
import { parseOrderId } from '../../engine/domain/redemption.js';
import type { RedemptionLedger } from '../../engine/ports/redemption-ledger.js';
import { member } from '../../engine/testing/contracts/ids.js';
import { randomMeetings } from '../../engine/testing/contracts/redemption-meetings.js';
import { searchUntilFound } from '../../engine/testing/search-until-found.js';
import { openEmbedded } from './open-embedded.js';

const ISSUANCES = 60;

const stores = await openEmbedded({ dataDir: t.testdir(), as: 'server' });
t.teardown(() => stores.close());

const sound = stores.redemptions;
const HOLDER = member('m1');

function planted(bug: Partial<RedemptionLedger>): RedemptionLedger {
  return {
    redeem: (...args) => sound.redeem(...args),
    cancel: (...args) => sound.cancel(...args),
    history: (...args) => sound.history(...args),
    find: (...args) => sound.find(...args),
    wallet: (...args) => sound.wallet(...args),
    ...bug,
  };
}

const bugs: Readonly<Record<string, Partial<RedemptionLedger>>> = {
  'the id of a cancelled order redeems again': {
    async redeem(issuance, orderId, actor) {
      const result = await sound.redeem(issuance, orderId, actor);
      const again = parseOrderId(`${orderId}-again`);
      if (result.status !== 'redemption_cancelled' || again === undefined) return result;
      return sound.redeem(issuance, again, actor);
    },
  },
  'a repeated cancel clears whatever order uses the coupon': {
    async cancel(issuance, orderId, actor) {
      const result = await sound.cancel(issuance, orderId, actor);
      const history = await sound.history(issuance, 100);
      if (result.status !== 'cancelled' || history === 'absent') return result;
      const live = history.find(({ cancelledAtMs }) => cancelledAtMs === undefined);
      if (live !== undefined) await sound.cancel(issuance, live.orderId, actor);
      return result;
    },
  },
  'a use is judged before the row is locked': {
    async redeem(issuance, orderId, actor) {
      const before = await sound.history(issuance, 100);
      const result = await sound.redeem(issuance, orderId, actor);
      const wasFree = before !== 'absent' && before.every(({ cancelledAtMs }) => cancelledAtMs !== undefined);
      if (result.status !== 'already_used' || !wasFree) return result;
      const redemption = {
        issueNo: 1,
        holder: HOLDER,
        ...issuance,
        orderId,
        redeemedAtMs: 1,
        expiresAtMs: undefined,
      };
      return { status: 'redeemed', redemption };
    },
  },
  'a repeat is refused': {
    async redeem(issuance, orderId, actor) {
      const result = await sound.redeem(issuance, orderId, actor);
      return result.status === 'repeated' ? { status: 'already_used' } : result;
    },
  },
};

t.test('without a bug nothing is found', async (t) => {
  t.same(await randomMeetings({ ...stores, others: sound }, 'restore', ISSUANCES), []);
});

for (const [name, bug] of Object.entries(bugs)) {
  t.test(`${name}: found`, async (t) => {
    const redemptions = planted(bug);
    const found = await searchUntilFound(() =>
      randomMeetings({ ...stores, redemptions, others: redemptions }, 'restore', ISSUANCES),
    );
    t.not(found.length, 0);
  });
}
