/**
 * Starts a complete server on the embedded back end inside the test's process.
 *
 * Sockets, database and data folder are real.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { createLogger } from '../../server/log.js';
import type { AuditLog } from '../../engine/ports/audit-log.js';
import { Engine } from '../../engine/download/engine.js';
import type { Config } from '../../config/config.js';
import { CouponChanger } from '../../engine/sellers/coupon-changer.js';
import { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import { webhookAccess, type WebhookAccess } from '../../webhooks/webhook-access.js';
import { FinalHolders } from '../../engine/feed/final-holders.js';
import { Holds } from '../../engine/holds/holds.js';
import { TakeBack } from '../../engine/holds/take-back.js';
import { EventFeed } from '../../engine/feed/event-feed.js';
import { SettledRows } from '../../engine/feed/settled-rows.js';
import { CouponWarmer } from '../../engine/recovery/coupon-warmer.js';
import { LocalVersions } from '../../engine/ports/local-versions.js';
import { soleProcess } from '../../engine/ports/running-processes.js';
import type { RedisBackEnd } from '../../persist/redis/redis-back-end.js';
import { openEmbedded } from '../../persist/sqlite/open-embedded.js';
import { checkForAdmin, storeProbes } from '../../server/admin-ports.js';
import { systemClock, systemScheduler } from '../../server/system-time.js';
import type { Role } from '../../accounts/accounts.js';
import { TokenIssuer } from '../auth/token-issuer.js';
import type { LimitSettings } from '../limits/caller-limits.js';
import { startHttp } from '../server.js';
import type { HttpPorts, HttpServer, HttpSettings } from '../http-server.js';

/** The server alone, whether or not the console has been built. */
const NO_CONSOLE = fileURLToPath(new URL('no-console/', import.meta.url));
/** A hash of the product's cost takes a quarter of a second; that cost is tested in password.test.ts. */
const TEST_PASSWORD_COST = 1_024;
const POLICY = { issuer: 'seonchak', audiences: ['seonchak'] };

/** What a server has that is configured with nothing. */
export const TEST_LIMITS: LimitSettings = {
  member: { rate: 100, burst: 2_000 },
  address: { rate: 0, burst: 10_000 },
  signInFailuresMax: 10,
  trustedProxies: [],
};

export interface EmbeddedServer {
  readonly http: HttpServer;
  readonly services: HttpPorts;
  readonly url: string;
  /** The folder of its database. */
  readonly dataDir: string;
  readonly auditLog: AuditLog;
  /** Everything the server has logged, one JSON line each. */
  readonly logLines: readonly string[];
  /** @param claims besides subject and role, such as a grade. */
  token(
    subject: string,
    role?: Role,
    expiresInSeconds?: number,
    claims?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
}

export interface EmbeddedServerOptions {
  readonly settings?: Partial<HttpSettings>;
  /** Left out: what is worth a warning. */
  readonly logLevel?: Config['logLevel'];
  /** Decisions come from here instead of SQLite, and then nothing records them: what is won stays queued. */
  readonly webhookAccess?: WebhookAccess;
  /** MEMBER_CLAIMS; left out: none. */
  readonly memberClaims?: readonly string[];
  readonly queued?: Pick<RedisBackEnd, 'admission' | 'queue'>;
}

/** Runs until the test is over. */
export async function startEmbeddedServer(
  t: Test,
  options: EmbeddedServerOptions = {},
): Promise<EmbeddedServer> {
  // A test that opens two servers has one `t.testdir()`, and the second call empties it.
  const dataDir = await mkdtemp(join(tmpdir(), 'seonchak-embedded-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const stores = await openEmbedded({ dataDir, as: 'server' });
  const { ledger, catalogue, changes, accounts, locks, doorRules } = stores;
  const admission = options.queued?.admission ?? stores.admission;
  const versions = new LocalVersions();
  const warmer = new CouponWarmer({ admission, ledger, catalogue });
  const clock = systemClock;
  const changer = new CouponChanger({
    ...{ admission, changes, versions, warmer, clock, scheduler: systemScheduler },
  });
  const registry = new CouponRegistry({
    ...{ admission, bell: undefined, ledger, catalogue, versions, warmer, changer, clock },
  });
  const takeBack = new TakeBack({
    admission,
    bell: undefined,
    holds: stores.holdLedger,
    versions,
    warmer,
  });
  const engine = new Engine(
    {
      admission,
      catalogue,
      warmer,
      versions,
      bell: undefined,
      clock,
      scheduler: systemScheduler,
      onFault: () => undefined,
    },
    { batchMax: 512, mailboxMax: 10_000, admitDeadlineMs: 2_000 },
  );
  await engine.start();

  const logLines: string[] = [];
  const logger = createLogger(
    { logLevel: options.logLevel ?? 'warn' },
    new Writable({
      write(line: Buffer, _encoding, done) {
        logLines.push(String(line));
        done();
      },
    }),
  );
  const settledRows = new SettledRows({ ...stores, admission, warmer, clock });
  const secret = randomBytes(32);
  const services: HttpPorts = {
    engine,
    registry,
    processes: soleProcess,
    admission,
    ledger,
    issuanceSearch: stores.issuanceSearch,
    redemptions: stores.redemptions,
    holdLedger: stores.holdLedger,
    holds: new Holds({
      ...{ takeBack, admission, catalogue, warmer, queue: undefined, holds: stores.holdLedger, clock },
    }),
    serverKeys: stores.serverKeys,
    catalogue,
    auditLog: stores.auditLog,
    settledRows,
    finalHolders: new FinalHolders({ admission, warmer, settledRows }),
    feed: new EventFeed({ events: stores.events, admission, settledRows, clock }),
    events: stores.events,
    webhooks: stores.webhooks,
    storeProbes: storeProbes({ distributed: undefined, catalogue }),
    checkCoupon: (couponId, repairer) =>
      checkForAdmin({ ...stores, admission, versions, warmer, distributed: undefined }, couponId, repairer),
    webhookAccess: options.webhookAccess ?? webhookAccess({ allowPrivate: false }),
    queue: options.queued?.queue,
    accounts,
    locks,
    doorRules,
    versions,
    sessionEnds: stores.sessionEnds,
    signingKeys: stores.signingKeys,
    audiences: stores.audiences,
    clock,
    scheduler: systemScheduler,
    durability: () => 'fsync',
    logger,
    readiness: () => Promise.resolve({ ready: true, reasons: [] }),
  };
  const http = await startHttp(services, {
    host: '127.0.0.1',
    port: 0,
    exclusivePort: true,
    tokens: { ...POLICY, secret, memberClaims: options.memberClaims ?? [] },
    sellerSignup: 'open',
    memberSignup: 'open',
    limits: TEST_LIMITS,
    passwordCost: TEST_PASSWORD_COST,
    consoleFolder: NO_CONSOLE,
    ...options.settings,
  });
  t.teardown(async () => {
    await http.shutDown({ graceMs: 1_000, idleMs: 0 });
    await engine.stop();
    await stores.close();
  });

  const issuer = new TokenIssuer(secret, POLICY);
  return {
    http,
    services,
    url: `http://127.0.0.1:${http.port}`,
    auditLog: stores.auditLog,
    logLines,
    dataDir,
    token: (subject, role = 'member', expiresInSeconds = 3_600, claims = {}) =>
      issuer.issue(subject, role, expiresInSeconds, Date.now(), claims),
  };
}
