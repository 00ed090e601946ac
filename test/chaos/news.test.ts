/**
 * Tests that a seller's change is obeyed by all processes within a second.
 *
 * Several API processes share one port, another host serves too, and all answer from memory; the message about the
 * change may be lost. The second does not depend on the speed of this machine: a server checks by its own clock whether
 * a remembered answer is still valid at the moment when it answers. So every answer can be asserted.
 */
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { CrowdRequest } from '../../src/demo/crowd.js';
import { NEWS_TRUSTED_MS } from '../../src/engine/domain/limits.js';
import { HttpClient } from '../clients/http-client.js';
import { openWorld, sharedMariadb, type Site, startSite, type World } from './world.js';

const QUANTITY = 40;
const MEMBERS = 60;
/** docs/contract.md, I6. */
const OBEYED_MS = 1_000;
/** How long members continue to request after a seller was answered. */
const WATCHED_MS = 1_500;
const PROCESSES_HOST = 0;
const OTHER_HOST = 1;

const mariadb = await sharedMariadb(t);
const site = await startSite(t, mariadb, {
  redisProxy: true,
  servers: 2,
  serverSettings: [{ PROCESSES: '2' }, {}],
});

async function sealedAnswers(site: Site, host: number): Promise<number> {
  const client = new HttpClient(site.servers[host]?.origin ?? '', 1);
  const { body } = await client.call('/metrics');
  client.close();
  return Number(/^seonchak_sealed_answers_total (\d+)$/m.exec(String(body['text']))?.[1]);
}

/** Every member requests until both hosts answer from memory. */
async function untilSealed(world: World): Promise<void> {
  const before = await Promise.all([PROCESSES_HOST, OTHER_HOST].map((host) => sealedAnswers(site, host)));
  const bothAnswer = async (): Promise<void> => {
    for (const [host, answers] of before.entries()) {
      while ((await sealedAnswers(site, host)) < answers + 2 * MEMBERS) await pause(50);
    }
  };
  await world.crowd.requestUntil(bothAnswer(), world.couponId, world.members);
}

/** Requests that began more than a second after the seller's answer, while every member requests. */
async function requestedAfter(world: World, act: () => Promise<unknown>): Promise<CrowdRequest[]> {
  let doneMs = Infinity;
  const watched = (async (): Promise<void> => {
    await act();
    doneMs = performance.now();
    await pause(WATCHED_MS);
  })();
  await world.crowd.requestUntil(watched, world.couponId, world.members);
  return world.crowd.requests.filter((request) => request.invokedMs > doneMs + OBEYED_MS);
}

const outcomesOf = (requests: readonly CrowdRequest[]): string[] =>
  [...new Set(requests.map((request) => request.outcome))].sort();

/** @param untilReady resolves when both hosts answer as the test requires. */
async function sellersAreObeyed(t: Test, untilReady: (world: World) => Promise<void>): Promise<void> {
  const world = await openWorld(t, site, { quantity: QUANTITY, members: MEMBERS });
  const { seller } = world;
  const amend = (change: { quantity?: number; paused?: boolean }, host: number) => () =>
    seller.act({ kind: 'amend', change }, host);
  await world.burst();
  await untilReady(world);

  await requestedAfter(world, amend({ quantity: QUANTITY + 5 }, PROCESSES_HOST));
  t.equal((await world.evidence()).rows.length, QUANTITY + 5, 'all of a top-up was given out');

  await untilReady(world);
  const paused = await requestedAfter(world, amend({ paused: true }, OTHER_HOST));
  t.same(outcomesOf(paused), ['already_issued', 'paused'], 'every process knows of the pause');

  const resumed = await requestedAfter(world, amend({ paused: false }, PROCESSES_HOST));
  t.same(outcomesOf(resumed), ['already_issued', 'sold_out'], 'every process knows of its end');

  await requestedAfter(world, () => seller.act({ kind: 'revoke', issueNo: 7 }, OTHER_HOST));
  const { rows, revoked } = await world.evidence();
  t.ok(revoked.has(7));
  t.equal(rows.length, QUANTITY + 5, 'the unit that was taken back was given out again');
  t.same(
    seller.calls.map((call) => call.result),
    ['done', 'done', 'done', 'done'],
  );
  await world.verdict(t, { healedMs: 0 });
}

t.test('sealed coupons on every process and host obey a seller within a second', (t) =>
  sellersAreObeyed(t, untilSealed),
);

t.test('and also when the broadcast of it is lost: then no process answers from memory', async (t) => {
  site.redisProxy.behave({ messages: 'drop' });
  t.teardown(() => site.redisProxy.behave({}));
  const hosts = [PROCESSES_HOST, OTHER_HOST];
  // What was received before the messages were lost is relied on for as long as this.
  await pause(NEWS_TRUSTED_MS);
  const before = await Promise.all(hosts.map((host) => sealedAnswers(site, host)));
  await sellersAreObeyed(t, () => Promise.resolve());
  t.same(await Promise.all(hosts.map((host) => sealedAnswers(site, host))), before);
});
