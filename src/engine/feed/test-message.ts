/** Builds the message with which a shop tests its receiver. */
import type { Clock } from '../domain/clock.js';
import type { Message } from './webhook-delivery.js';

export function testMessage(clock: Clock): Message {
  const nowMs = clock.nowMs();
  const id = `test_${nowMs}`;
  const event = { id, type: 'webhook.test', at: new Date(nowMs).toISOString() };
  return { id, body: JSON.stringify({ couponId: null, events: [event] }) };
}
