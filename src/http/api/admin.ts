/** Handles what administrators see of the installation: coupons by stage, the audit log, the stores, and comparisons. */
import { setTimeout as pause } from 'node:timers/promises';
import type { AuditActor, AuditLog } from '../../engine/ports/audit-log.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import { couponStatuses } from '../../engine/sellers/coupon-status.js';
import type { CouponStatusPorts } from '../../engine/sellers/coupon-status.js';
import type { Identity } from '../wire/identity.js';
import { readQueues } from '../metrics/queue-metrics.js';
import type { BacklogSources } from '../metrics/queue-metrics.js';
import { auditQuery } from '../wire/account-schemas.js';
import { couponIdOf, json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseQuery } from '../wire/parse-input.js';
import { preferredType } from '../wire/preferred-type.js';
import { refuse } from '../wire/problems.js';
import { rfc3339 } from '../wire/rfc3339.js';
import { callerActor } from './caller-actor.js';
import { couponPage } from './coupons.js';
import { couponBody } from './coupon-body.js';
import type { HealthPorts } from './health.js';

/** Between two lines of progress: a person sees movement, and a proxy does not count the connection as idle. */
const PROGRESS_MS = 500;
const COMPARISON_TYPES = ['application/json', 'application/x-ndjson'] as const;

/** The findings in the form of `seonchak reconcile --json`. */
export type Findings = Readonly<Record<string, unknown>>;

export interface CheckOptions {
  /** Left out: nothing is repaired. */
  readonly repairer?: AuditActor | undefined;
  /** Rows and winners compared since the last call. */
  onProgress?(issuances: number): void;
}

/** A store as an operator asks after it. */
export interface StoreProbe {
  readonly name: 'database' | 'redis';
  /** Resolves when the store has answered. @throws what its calls throw. */
  probe(): Promise<void>;
}

export interface AdminPorts extends CouponStatusPorts, HealthPorts {
  readonly registry: CouponRegistry;
  readonly auditLog: AuditLog;
  readonly backlogSources?: BacklogSources | undefined;
  readonly durability: () => string;
  readonly storeProbes: readonly StoreProbe[];
  /**
   * Compares admitted issuances with rows, and with an actor repairs what needs no manual decision.
   *
   * @returns `undefined` without such a coupon.
   */
  checkCoupon(couponId: CouponId, options: CheckOptions): Promise<Findings | undefined>;
}

export class AdminHandlers {
  readonly #ports: AdminPorts;
  /** A comparison reads every row of its coupon, so there is one at once. */
  #checking = false;

  constructor(ports: AdminPorts) {
    this.#ports = ports;
  }

  /** The coupons of every seller, with the units by stage. */
  async coupons(request: ApiRequest): Promise<Reply> {
    const { coupons, next } = await couponPage(this.#ports.registry, request);
    const statuses = await couponStatuses(this.#ports, coupons);
    const items = coupons.map((view, place) => {
      const { queued = 0, claimed = 0, recorded = 0, held = 0, deadLettered = 0 } = statuses[place] ?? {};
      const inService = statuses[place]?.state !== 'not_ready';
      return { ...couponBody(view), ...{ queued, claimed, recorded, held, deadLettered, inService } };
    });
    return json(200, { items, next });
  }

  /** The newest first. */
  async audit(request: ApiRequest): Promise<Reply> {
    const { before, limit } = parseQuery(auditQuery, request);
    const entries = await this.#ports.auditLog.entries(before, limit);
    const items = entries.toReversed().map(({ atMs, ...entry }) => ({ ...entry, at: rfc3339(atMs) }));
    return json(200, { items, next: items.length < limit ? null : (items.at(-1)?.id ?? null) });
  }

  /** Every store is asked now, and what waits to be recorded shows whether the recorders keep up. */
  async health(): Promise<Reply> {
    const { backlogSources, durability, storeProbes } = this.#ports;
    const [{ ready, reasons, warnings = [] }, stores, queues] = await Promise.all([
      this.#ports.readiness(),
      Promise.all(storeProbes.map(probed)),
      backlogSources === undefined ? undefined : readQueues(backlogSources),
    ]);
    const recording =
      queues === undefined || queues.readable === 0
        ? null
        : {
            queued: queues.queued,
            claimed: queues.claimed,
            coupons: queues.coupons,
            oldestUnrecordedSeconds: queues.oldestSeconds,
          };
    const backEnd = backlogSources === undefined ? 'embedded' : 'distributed';
    return json(200, { ready, reasons, warnings, backEnd, durability: durability(), stores, recording });
  }

  check(request: ApiRequest): Promise<Reply> {
    return this.#compare(request);
  }

  repair(request: ApiRequest, caller: Identity): Promise<Reply> {
    return this.#compare(request, callerActor(request, caller));
  }

  async #compare(request: ApiRequest, repairer?: AuditActor): Promise<Reply> {
    const couponId = couponIdOf(request);
    const type = preferredType(request.accept, COMPARISON_TYPES);
    if (this.#checking)
      refuse('busy', 'Another comparison is running in this process. Nothing was attempted, try again.');
    this.#checking = true;
    let compared = 0;
    const findings = this.#ports
      .checkCoupon(couponId, { repairer, onProgress: (issuances) => (compared += issuances) })
      .finally(() => (this.#checking = false))
      .then((report) => report ?? refuse('unknown_coupon', 'There is no coupon with this id.'));
    if (type === 'application/json') return json(200, await findings);
    // A short comparison fails with a problem; later the status has been sent, and the connection is cut.
    await Promise.race([findings, pause(PROGRESS_MS)]);
    return { status: 200, contentType: type, chunks: progressLines(findings, () => compared) };
  }
}

/** The findings are the last line. A caller that leaves early stops the lines, not the comparison. */
async function* progressLines(findings: Promise<Findings>, compared: () => number): AsyncGenerator<string> {
  findings.catch(() => undefined);
  for (;;) {
    const report = await Promise.race([findings, pause(PROGRESS_MS)]);
    if (report !== undefined) {
      yield `${JSON.stringify({ compared: compared(), report })}\n`;
      return;
    }
    yield `${JSON.stringify({ compared: compared() })}\n`;
  }
}

async function probed(store: StoreProbe) {
  const startedAtMs = performance.now();
  const fault = await store.probe().then(
    () => null,
    (fault: unknown) => (fault instanceof Error ? fault.message : 'unknown'),
  );
  return { name: store.name, ok: fault === null, ms: Math.round(performance.now() - startedAtMs), fault };
}
