/** Defines the services, settings and handle of the HTTP server, independent of the back end. */
import type { HoldCounters } from '../engine/holds/hold-counters.js';
import type { Engine } from '../engine/download/engine.js';
import type { AudienceStore } from '../accounts/audiences.js';
import type { MemberSetSource } from '../accounts/member-sets.js';
import type { DoorRuleStore } from '../accounts/door-rules.js';
import type { SigningKeys } from '../accounts/signing-keys.js';
import type { SessionEndStore } from '../accounts/session-ends.js';
import type { LivePorts } from './api/live.js';
import type { RoutePorts } from './api/routes.js';
import type { SessionSettings } from './api/sessions.js';
import type { TokenSettings } from './auth/token-settings.js';
import type { ShutdownWait } from './wire/in-flight.js';
import type { LimitSettings } from './limits/caller-limits.js';
import type { BacklogSources } from './metrics/queue-metrics.js';
import type { RelayMetricsSource } from './metrics/relay-metrics.js';
import type { RecorderCounters } from './metrics/recorder-metrics.js';
import type { Admission } from '../engine/ports/admission.js';
import type { CouponRegistry } from '../engine/sellers/coupon-registry.js';
import type { Versions } from '../engine/ports/versions.js';
import type { Scheduler } from '../engine/domain/clock.js';

export interface HttpPorts extends RoutePorts, LivePorts {
  readonly engine: Pick<Engine, 'download' | 'counters' | 'load'>;
  readonly registry: CouponRegistry;
  readonly admission: Pick<Admission, 'unrecordedHolder' | 'snapshots'>;
  readonly scheduler: Pick<Scheduler, 'every' | 'pause'>;
  readonly doorRules: DoorRuleStore;
  /** For what this process polls; absent: the same stores. */
  readonly followed?: Pick<HttpPorts, 'locks' | 'sessionEnds' | 'doorRules' | 'audiences' | 'serverKeys'>;
  readonly sessionEnds: SessionEndStore;
  readonly signingKeys: SigningKeys;
  readonly audiences: AudienceStore;
  readonly finalHolders: MemberSetSource;
  /** What waits to be recorded, for metrics; `undefined` with the embedded back end. */
  readonly backlogSources?: BacklogSources | undefined;
  /** Whether news of other processes arrive, for metrics. */
  readonly versions: Pick<Versions, 'reception'>;
  /** The durability level in force, for metrics. */
  readonly durability: () => string;
  /** Settings of the store that start-up would refuse: while there are any, its decisions are withheld. Absent: the store has none. */
  readonly settingsFaults?: (() => readonly string[]) | undefined;
  /** What the recorder of this process counts, where one runs. */
  readonly recorderCounters?: RecorderCounters | undefined;
  /** What the sweep of holds of this process counts, where one runs. */
  readonly holdCounters?: HoldCounters | undefined;
  /** What the relay of this process counts, where one runs. */
  readonly relay?: RelayMetricsSource | undefined;
}

export interface HttpSettings extends SessionSettings {
  readonly host: string;
  /** 0 takes a free one; see {@link HttpServer.port}. */
  readonly port: number;
  /** Where probes are answered in HTTP/1.0 as well; left out: not at all. */
  readonly healthPort?: number | undefined;
  /** False only where several processes share the port on purpose: then a second, unrelated server on it goes unnoticed. */
  readonly exclusivePort: boolean;
  /** Without a request, after which a connection ends; left out: 10 s. */
  readonly idleMs?: number;
  /** Files in PEM; left out: plain HTTP. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** The settings of the service that signs presence tickets; left out: no coupon can demand one. */
  readonly presence?: TokenSettings | undefined;
  /** Concurrent unanswered requests; above it, a download that would have to wait is `busy`. Left out, without end. */
  readonly pendingMax?: number;
  /** Concurrent connections; further ones are closed at once. Left out, without end. */
  readonly connectionsMax?: number;
  /** How much one caller may ask for. */
  readonly limits: LimitSettings;
  /** Origins whose pages may call from a browser; left out: none but the console's own. */
  readonly corsOrigins?: readonly string[];
  /** Where the built console is; left out, it is the one of this build. */
  readonly consoleFolder?: string;
  /** Concurrent streams of events; left out, as many as one process should carry. */
  readonly liveWatchersMax?: number;
}

export interface HttpServer {
  readonly port: number;
  /** Requests taken and not yet answered. */
  readonly pendingCount: number;
  /**
   * Stops listening, serves requests on open connections and closes each with its answer, then closes the remaining
   * ones.
   */
  shutDown(wait: ShutdownWait): Promise<void>;
}
