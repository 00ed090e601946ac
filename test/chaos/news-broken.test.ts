/**
 * Tests the channel of news when it is broken: a process that receives nothing from the others answers nothing from memory.
 *
 * Two hosts; one reaches Redis through a proxy. The channel is cut, or stays open and swallows messages, while a seller tops the coupon up and
 * those who win at the host with the channel ask the one without it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { NEWS_TRUSTED_MS } from '../../src/engine/domain/limits.js';
import { HttpClient } from '../clients/http-client.js';
import { Crowd, type Member, type CrowdRequest } from '../../src/demo/crowd.js';
import { redisClient } from '../servers/redis.js';
import { startSeonchak } from '../servers/seonchak.js';
import { fault } from './fault.js';
import { openWorld, sharedMariadb, startSite, type World } from './world.js';

const QUANTITY = 20;
const MEMBERS = 40;
const ROUNDS = 5;
/** Winners of a round. */
const ADDED = 2;

const mariadb = await sharedMariadb(t);
const site = await startSite(t, mariadb);
const cutOffRedis = site.redisProxy;
const cutOff = await startSeonchak({ ...site.settings, REDIS_URL: `redis://127.0.0.1:${cutOffRedis.port}` });
t.teardown(() => cutOff.stop());
const servers = [...site.servers, cutOff];

async function metric(name: string): Promise<number> {
  const client = new HttpClient(cutOff.origin, 1);
  const { body } = await client.call('/metrics');
  client.close();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(String(body['text']))?.[1]);
}

const sealedAnswers = (): Promise<number> => metric('seonchak_sealed_answers_total');

function crowdAt(t: Test, origin: string): Crowd {
  const client = new HttpClient(origin, 1);
  t.teardown(() => client.close());
  return new Crowd([client.download]);
}

/** Every member requests at the host behind the proxy until it answers from memory. */
async function untilSealed(world: World, atCutOff: Crowd): Promise<void> {
  const before = await sealedAnswers();
  while ((await sealedAnswers()) < before + MEMBERS) {
    for (const member of world.members) await atCutOff.requestOnce(world.couponId, member);
  }
}

/** Who wins at the host that receives news asks the one that does not at once. */
async function winnersAsk(world: World, atReceiving: Crowd, atCutOff: Crowd, some: readonly Member[]) {
  const answers: CrowdRequest[] = [];
  for (const member of some) {
    await atReceiving.requestOnce(world.couponId, member);
    answers.push(await atCutOff.requestOnce(world.couponId, member));
  }
  return answers;
}

async function cutOffAnswersNothing(t: Test, breakNews: () => Promise<void>): Promise<void> {
  const world = await openWorld(t, { ...site, servers }, { quantity: QUANTITY, members: MEMBERS });
  const atReceiving = crowdAt(t, servers[0]?.origin ?? '');
  const atCutOff = crowdAt(t, cutOff.origin);
  await world.burst();
  await untilSealed(world, atCutOff);
  await breakNews();
  await pause(NEWS_TRUSTED_MS);
  const winners = new Set(
    world.crowd.requests.flatMap(({ memberId, issueNo }) => (issueNo === undefined ? [] : [memberId])),
  );
  const others = world.members.filter(({ memberId }) => !winners.has(memberId));
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await sealedAnswers();
    const topUp = { kind: 'top_up', by: ADDED, key: `${world.couponId}-${round}` } as const;
    t.equal(await world.seller.insist(topUp), 'done');
    const answers = await winnersAsk(world, atReceiving, atCutOff, others.splice(0, ADDED));
    t.same(
      answers.map(({ outcome }) => outcome),
      ['already_issued', 'already_issued'],
      'a winner is never refused by the host that does not hear',
    );
    t.equal(await sealedAnswers(), before, 'nothing was answered from memory');
  }
  t.equal(await metric('seonchak_news_heard'), 0);
  while (!cutOff.log().includes('No updates from other processes received')) await pause(50);
  cutOffRedis.behave({});
  await untilSealed(world, atCutOff);
  t.equal(await metric('seonchak_news_heard'), 1);
  t.pass('memory answers again once the news arrive');
  world.crowd.requests.push(...atReceiving.requests, ...atCutOff.requests);
  await world.verdict(t);
}

fault(41, 'the channel of news stays open and swallows every message', (t) =>
  cutOffAnswersNothing(t, () => {
    cutOffRedis.behave({ messages: 'drop' });
    return Promise.resolve();
  }),
);

fault(41, 'the channel of news is cut and cannot be made again', async (t) => {
  await cutOffAnswersNothing(t, async () => {
    cutOffRedis.behave({ subscriptions: 'refuse' });
    const client = redisClient(site.redis);
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    client.disconnect();
  });
});
