/** Runs one history of tills and a seller about one issuance, from its seed: a bad network, processes that crash, and commands that come late. */
import type { CouponId, MemberId } from '../../domain/coupon.js';
import { parseMemberId } from '../../domain/coupon.js';
import { parseOrderId } from '../../domain/redemption.js';
import type { OrderId } from '../../domain/redemption.js';
import type { RedemptionCommand, RedemptionState } from '../contracts/redemption-model.js';
import type { Link } from './link.js';
import { Random } from './random.js';
import { isLinearizable } from './redemption-history.js';
import type { RedemptionHistory, TimedCall } from './redemption-history.js';
import { SimulatedDatabase } from './simulated-database.js';
import { LATE_MAX_MS, SimulatedLink, SimulatedServer } from './simulated-network.js';
import { SimulatedProcess } from './simulated-process.js';
import { SimulatedRedemptions } from './simulated-redemptions.js';
import { VirtualTime } from './virtual-time.js';

const CALL_DEADLINE_MS = 150;
const ACTS_MAX_MS = 900;
const REPEATS_MAX = 3;
const ISSUE_NO = 1;

/** Where a bug may be planted. */
export type RedemptionsPlant = typeof SimulatedRedemptions;

export interface SimulatedRedemptionHistory {
  readonly seed: number;
  readonly history: RedemptionHistory;
  readonly kept: boolean;
}

export async function simulateRedemptions(
  seed: number,
  Redemptions: RedemptionsPlant = SimulatedRedemptions,
): Promise<SimulatedRedemptionHistory> {
  const random = new Random(seed);
  const time = new VirtualTime();
  const database = new SimulatedDatabase();
  const terms = { opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
  const about = { sellerId: 's', name: 'simulated', discount: undefined, createdAtMs: 0, quantity: 1 };
  const { couponId } = database.insert({ ...about, ...terms });
  const issuance = { issueNo: ISSUE_NO, holder: holder(), issuedAtMs: 0 };
  database.record({ couponId, epoch: 0, issuances: [issuance] });
  const onCancel = random.pick(['restore', 'restore', 'void'] as const);
  const expiresAtMs = random.chance(0.5) ? random.between(50, ACTS_MAX_MS) : Infinity;
  const redemptions = new Redemptions(database, () => time.nowMs(), { onCancel, expiresAtMs });
  const server = new SimulatedServer();
  const level = (): number => random.pick([0, 0.1, 0.3]);
  server.faults = {
    ...{ refused: 0, requestLost: level(), replyLost: level(), duplicated: level(), late: level() },
    delayMaxMs: random.pick([2, 40]),
  };
  const calls: TimedCall[] = [];
  const clients = Array.from({ length: 3 }, (_, place) => {
    const process = new SimulatedProcess(`api-${place}`, time, random);
    return { process, link: new SimulatedLink(process, server, { time, random }, CALL_DEADLINE_MS) };
  });
  const orders = ['A', 'B', 'C'].map(orderNamed);
  for (let act = random.between(3, 8); act > 0; act -= 1) {
    const { link } = random.pick(clients);
    const command = drawCommand(random, orders);
    const attempts = random.between(1, REPEATS_MAX);
    time.at(random.between(0, ACTS_MAX_MS), () => {
      void ask(link, redemptions, couponId, command, attempts, calls, time);
    });
  }
  if (random.chance(0.3)) time.at(random.between(1, ACTS_MAX_MS), () => random.pick(clients).process.crash());
  await time.runUntil(ACTS_MAX_MS + REPEATS_MAX * CALL_DEADLINE_MS + LATE_MAX_MS + CALL_DEADLINE_MS);

  const final = finalState(database, redemptions, couponId);
  const history = { calls, onCancel, expiresAtMs, final };
  return { seed, history, kept: isLinearizable(history) };
}

/** A till, or the seller: repeats what was not answered, and after a while gives up. */
async function ask(
  link: Link,
  redemptions: SimulatedRedemptions,
  couponId: CouponId,
  command: RedemptionCommand,
  attempts: number,
  calls: TimedCall[],
  time: VirtualTime,
): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const call: TimedCall = { command, invokedMs: time.nowMs(), answeredMs: undefined, answer: undefined };
    calls.push(call);
    try {
      call.answer = await link.call(() => carryOut(redemptions, couponId, command));
      call.answeredMs = time.nowMs();
      return;
    } catch {
      // Without an answer: the same command once more.
    }
  }
}

function carryOut(redemptions: SimulatedRedemptions, couponId: CouponId, command: RedemptionCommand): string {
  switch (command.kind) {
    case 'redeem':
      return redemptions.redeem(couponId, ISSUE_NO, command.orderId);
    case 'cancel':
      return redemptions.cancel(couponId, ISSUE_NO, command.orderId);
    case 'revoke':
      return redemptions.revoke(couponId, ISSUE_NO);
  }
}

function drawCommand(random: Random, orders: readonly OrderId[]): RedemptionCommand {
  if (random.chance(0.1)) return { kind: 'revoke' };
  // Most are about one order, so that its late duplicates meet its cancel.
  const orderId = random.chance(0.7) ? random.pick(orders.slice(0, 1)) : random.pick(orders);
  return { kind: random.chance(0.6) ? 'redeem' : 'cancel', orderId };
}

function finalState(
  database: SimulatedDatabase,
  redemptions: SimulatedRedemptions,
  couponId: CouponId,
): RedemptionState {
  const { rows, revoked } = database.ledgerOf(couponId);
  const orders = [...redemptions.ordersOf(couponId, ISSUE_NO)].map(
    ([orderId, { cancelled }]) => [orderId, cancelled ? 'cancelled' : 'live'] as const,
  );
  return {
    orders: new Map(orders),
    used: rows.get(ISSUE_NO)?.usedAtMs !== undefined,
    revoked: revoked.has(ISSUE_NO),
  };
}

function holder(): MemberId {
  const memberId = parseMemberId('m1');
  if (memberId === undefined) throw new Error('m1 is not a member id');
  return memberId;
}

function orderNamed(text: string): OrderId {
  const orderId = parseOrderId(text);
  if (orderId === undefined) throw new Error(`${text} is not an order id`);
  return orderId;
}
