/** What the HTTP front end is built from; the composition root fills it in. Nothing here knows a back end. */
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Admission } from '../engine/admission.js';
import type { Clock, Scheduler } from '../engine/clock.js';
import type { CouponRegistry } from '../engine/coupon-registry.js';
import type { Engine } from '../engine/engine.js';
import type { IssuanceLedger } from '../engine/issuance-ledger.js';
import type { IssuanceQueue } from '../engine/issuance-queue.js';
import type { AccessLockStore } from './auth/access-locks.js';
import type { AccountStore } from './auth/accounts.js';
import type { LimitSettings } from './limits/caller-limits.js';
import type { PresenceDemandStore } from './presence/presence-demands.js';
import type { QueueSources } from './queue-metrics.js';
import type { RecorderCounters } from './recorder-metrics.js';

/** Whether this process can serve downloads now, and if not, why: sentences for an operator, without internal text. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

export interface HttpServices {
  readonly engine: Pick<Engine, 'download' | 'counters' | 'load'>;
  readonly registry: CouponRegistry;
  readonly admission: Pick<Admission, 'issuanceOf' | 'snapshots'>;
  readonly ledger: IssuanceLedger;
  /** `undefined` with the embedded back end: there the decision is the row, and nothing is ever queued or claimed. */
  readonly queue: Pick<IssuanceQueue, 'depths'> | undefined;
  /** What waits to be recorded, for metrics; `undefined` like the queue. */
  readonly queues?: QueueSources | undefined;
  readonly accounts: AccountStore;
  readonly locks: AccessLockStore;
  readonly presenceDemands: PresenceDemandStore;
  /** The level in force, for those who watch over this process. */
  readonly durability: string;
  readonly clock: Clock;
  readonly scheduler: Pick<Scheduler, 'every' | 'pause'>;
  readonly logger: Logger;
  /** What the recorder of this process counts, where there is one. */
  readonly recorderCounters?: RecorderCounters | undefined;
  /**
   * Where several processes share the port: given the metrics of this one, a way to those of all. `undefined` text: not all
   * of the processes answered.
   */
  readonly shareMetrics?: ((own: Registry) => () => Promise<string | undefined>) | undefined;
  readiness(): Promise<Readiness>;
}

/** Who signs tokens, access tokens or tickets: holders of a secret that we share (HS256), or an outside service by its keys. */
export type TokenSettings = {
  readonly issuer: string;
  readonly audience: string;
} & (
  | { readonly secret: Uint8Array; readonly jwksUrl?: undefined }
  | { readonly jwksUrl: URL; readonly secret?: undefined }
);

export interface HttpSettings {
  readonly host: string;
  /** 0 takes a free one; see {@link HttpServer.port}. */
  readonly port: number;
  /** False only where several processes share the port on purpose: then a second, unrelated server on it goes unnoticed. */
  readonly exclusivePort: boolean;
  /** Files in PEM; left out: plain HTTP. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  readonly tokens: TokenSettings;
  /** Who signs tickets of presence; left out: no coupon can demand one. */
  readonly presence?: TokenSettings | undefined;
  readonly sellerSignup: 'open' | 'closed';
  /** Answers owed at a time; above it, what would have to wait is `busy`. Left out, without end. */
  readonly pendingMax?: number;
  /** How much one caller may ask for. */
  readonly limits: LimitSettings;
  /** Where the built console is; left out, it is the one of this build. */
  readonly consoleFolder?: string;
  /** Streams of events open at a time; left out, as many as one process should carry. */
  readonly liveWatchersMax?: number;
}

export interface HttpServer {
  readonly port: number;
  /** Requests taken and not yet answered. */
  readonly pendingCount: number;
  /** Stops listening, answers what is in flight for at most `graceMs`, then closes every connection. */
  drain(graceMs: number): Promise<void>;
}
