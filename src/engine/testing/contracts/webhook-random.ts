/** Relays at random beside deeds and failures, and checks what the receiver got. */
import { randomInt } from 'node:crypto';
import type { FeedEvent } from '../../domain/events.js';
import type { Message, SendMessage } from '../../feed/webhook-delivery.js';
import { checkEvents, RandomDeeds, truthOf } from './event-random.js';
import { type WebhooksUnderTest, Receiver, eventsOf, couponOf } from './webhook-receiver.js';

/** Deeds at random, and relays that fail and die at random. @returns what a receiver was not given as promised. */
export async function randomRelaying(under: WebhooksUnderTest, rounds: number): Promise<string[]> {
  const receiver = await Receiver.open(under);
  const { shop } = receiver;
  const deeds = await RandomDeeds.open(shop);
  for (let round = 0; round < rounds; round += 1) {
    const owner = `relay-${randomInt(3)}-${round}`;
    const died = new Promise<void>((resolve) => {
      const send: SendMessage = (webhook, message) => {
        const luck = randomInt(10);
        // It died before the request arrived, or before it learned that it had.
        if (luck < 2) {
          if (luck === 0) void receiver.arrive(webhook, message);
          resolve();
          return new Promise(() => undefined);
        }
        if (luck === 2) return Promise.resolve({ status: undefined, result: 'timeout' });
        return luck === 3 ? receiver.refuse(500)(webhook, message) : receiver.arrive(webhook, message);
      };
      void receiver.relay(owner, send).then(resolve);
    });
    await Promise.all([deeds.round(round), died]);
    await receiver.lapse(owner);
  }
  await deeds.recordRemaining();
  for (let quiet = 0; quiet < 3; quiet += 1) await receiver.relay('healthy');
  return [
    ...checkMessages(receiver.got),
    ...checkEvents(eventsGot(receiver.got), await truthOf(under, deeds.coupons)),
  ];
}

/** The events of the messages as they came first. */
export function eventsGot(got: readonly Message[]): FeedEvent[] {
  const first = new Map(got.map((message) => [message.id, message]));
  for (const message of got.toReversed()) first.set(message.id, message);
  return [...first.values()].flatMap((message) =>
    eventsOf(message).map(({ id, type, ...fields }) => ({
      ...{ id, kind: type, couponId: couponOf(message), fields: fields },
    })),
  );
}

/** @returns messages that came again under their id with other bytes. */
export function checkMessages(got: readonly Message[]): string[] {
  const bodies = new Map<string, string>();
  return got.flatMap(({ id, body }) => {
    const before = bodies.get(id);
    bodies.set(id, before ?? body);
    return before === undefined || before === body ? [] : [`${id} came again with other bytes`];
  });
}
