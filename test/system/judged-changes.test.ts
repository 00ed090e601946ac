/**
 * Races changes that need a paused coupon against its resumption, on every back end, over two processes where it has processes.
 *
 * The revisions in the entity tags show which of the two was made first.
 */
import t, { type Test } from 'tap';
import { type HttpAnswer, HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { startSeonchak } from '../servers/seonchak.js';
import { backEndNames, startBackEnd } from './back-ends.js';
import { registerCoupon } from './burst.js';

const ROUNDS = 8;

const seller = await signToken('900001', 'seller');
const member = await signToken('7', 'member');

const revisionOf = ({ headers }: HttpAnswer): number => Number(/\d+/.exec(String(headers['etag']))?.[0]);

/** One of two processes each for the change and the resumption. */
interface Site {
  readonly changing: HttpClient;
  readonly resuming: HttpClient;
}

async function startSite(t: Test, name: (typeof backEndNames)[number]): Promise<Site> {
  const backEnd = await startBackEnd(name);
  t.teardown(() => backEnd.stop());
  const settings = { ...backEnd.settings, MEMBER_CLAIMS: 'grade' };
  const servers = [await startSeonchak(settings)];
  if (name !== 'embedded') servers.push(await startSeonchak(settings));
  for (const server of servers) t.teardown(() => server.stop());
  const [one, other = one] = servers.map(({ origin }) => new HttpClient(origin, 4));
  if (one === undefined || other === undefined) throw new Error('no server');
  t.teardown(() => [one, other].forEach((client) => client.close()));
  return { changing: one, resuming: other };
}

for (const name of backEndNames) {
  t.test(`${name}: what needs a paused coupon is never made after it was resumed`, async (t) => {
    const { changing, resuming } = await startSite(t, name);
    const raced = async (registered: object, body: object, round: number) => {
      const path = `/v1/coupons/${await registerCoupon(changing, 5, undefined, { ...registered })}`;
      const post = (client: HttpClient, what: string, token = seller) =>
        client.call(`${path}/${what}`, { method: 'POST', token });
      await post(changing, 'pause');
      const patching = changing.call(path, { method: 'PATCH', token: seller, body });
      // From before the change is judged to after it is made.
      await new Promise((resolve) => setTimeout(resolve, round % 10));
      const [change, resumed] = await Promise.all([patching, post(resuming, 'resume')]);
      t.equal(resumed.status, 200);
      // The answer to the change shows the coupon as it is by then, so with the resumption if that came next.
      if (change.status === 200) t.ok(revisionOf(change) <= revisionOf(resumed), 'made while it was paused');
      else t.match(change, { status: 409, body: { code: 'pause_first' } });
      return { change, issued: await post(resuming, 'download', member) };
    };
    const made = { widened: 0, shortened: 0, discounted: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      const rule = { eligibility: { claims: { grade: ['gold'] } } };
      const widening = await raced(rule, { eligibility: null }, round);
      if (widening.change.status === 200) made.widened += 1;
      const shortening = await raced({ validity: { hours: 9 } }, { validity: { hours: 1 } }, round);
      if (shortening.change.status === 200) made.shortened += 1;
      t.equal(shortening.issued.status, 201);
      const discount = { type: 'amount', value: 5_000, currency: 'KRW' };
      const discounting = await raced({ discount }, { discount: { ...discount, value: 1_000 } }, round);
      if (discounting.change.status === 200) made.discounted += 1;
      t.equal(discounting.issued.status, 201);
    }
    t.comment(JSON.stringify(made));
  });
}

for (const name of backEndNames) {
  t.test(`${name}: a discount is changed until a member holds the coupon, and never after`, async (t) => {
    const { changing, resuming } = await startSite(t, name);
    const path = `/v1/coupons/${await registerCoupon(changing, 5, undefined, {})}`;
    const change = (discount: object | null, more: object = {}) =>
      changing.call(path, { method: 'PATCH', token: seller, body: { discount, ...more } });
    const post = (client: HttpClient, what: string, token = seller) =>
      client.call(`${path}/${what}`, { method: 'POST', token });
    const dollars = { type: 'amount', value: 500, currency: 'USD' };

    t.match(await change(dollars), { status: 409, body: { code: 'pause_first', detail: /discount/ } });
    await post(resuming, 'pause');
    t.match(await change(dollars), { status: 200, body: { discount: dollars } });
    t.match(await change({ type: 'percent', value: 12.5 }, { quantity: 9 }), {
      ...{ status: 200, body: { quantity: 9, discount: { type: 'percent', value: 12.5 } } },
    });
    t.match(await change(null), { status: 200, body: { discount: null } });
    t.match(await change({ type: 'amount', value: 500 }), { body: { discount: { currency: 'KRW' } } });
    t.match(await change({ type: 'percent', value: 0 }), { status: 400, body: { code: 'invalid_input' } });
    t.match(await change(dollars, { opensAt: null }), { status: 200 }, 'it is paused still');
    await post(resuming, 'resume');
    t.equal((await post(resuming, 'download', member)).status, 201);
    await post(resuming, 'pause');

    const fixed = { status: 409, body: { code: 'discount_fixed', detail: /Members hold this coupon/ } };
    t.match(await change({ ...dollars, value: 400 }), fixed);
    t.match(await change(null, { name: 'Without' }), fixed);
    t.match(await change(dollars, { name: 'The same discount' }), { status: 200 });
    t.match((await resuming.call(path)).body, { name: 'The same discount', discount: dollars });
  });
}
