/** Lists every route, one per line. */
import type { Registry } from 'prom-client';
import { AdminAccountHandlers } from './admin-accounts.js';
import type { AdminAccountPorts } from './admin-accounts.js';
import { AdminHandlers } from './admin.js';
import type { AdminPorts } from './admin.js';
import { OwnAccountHandlers } from './own-account.js';
import { PasswordResetHandlers } from './password-resets.js';
import { AudienceHandlers } from './audiences.js';
import type { AudiencePorts } from './audiences.js';
import { SessionHandlers } from './sessions.js';
import type { SessionPorts, SessionSettings } from './sessions.js';
import { CouponPageHandlers } from './coupon-page.js';
import { CouponHandlers } from './coupons.js';
import { DescriptionHandlers } from '../openapi/description.js';
import { HealthHandlers } from './health.js';
import type { HealthPorts } from './health.js';
import { IssuanceHandlers } from './issuances.js';
import type { IssuancePorts } from './issuances.js';
import { MemberHandlers } from './members.js';
import type { MemberPorts } from './members.js';
import { EventHandlers } from './events.js';
import type { EventPorts } from './events.js';
import { WebhookHandlers } from './webhooks.js';
import type { WebhookPorts } from './webhooks.js';
import { HoldHandlers } from './holds.js';
import type { HoldCounts, HoldPorts } from './holds.js';
import type { HoldLedger } from '../../engine/ports/hold-ledger.js';
import type { RedemptionCounts } from './redemption-counts.js';
import { RedemptionHandlers } from './redemptions.js';
import type { RedemptionPorts } from './redemptions.js';
import { PasswordCheck } from '../auth/password-check.js';
import { TokenIssuer } from '../auth/token-issuer.js';
import { MetricsHandlers } from '../metrics/metrics.js';
import {
  account,
  admin,
  anyone,
  member,
  routeForm,
  seller,
  sellerOrAdmin,
  sellerWithList,
} from '../wire/route.js';
import type { Route } from '../wire/route.js';
import { memberInPath } from './member-in-path.js';
import { ServerKeyHandlers } from './server-keys.js';
import type { ServerKeyPorts } from './server-keys.js';
import { ShopDownloadHandlers } from './shop-downloads.js';
import type { ShopDownloadContext, ShopDownloadPorts } from './shop-downloads.js';
import type { AccessLocks } from '../../accounts/access-locks.js';
import type { SessionEnds } from '../../accounts/session-ends.js';
import type { ServerKeys } from '../../accounts/server-keys.js';
import type { SellerDoor } from './coupon-door.js';
import type { SellerPorts } from './seller.js';
import { SellerHandlers } from './seller.js';
import type { ShareMetrics } from '../metrics/metrics.js';

/** Not among the others: it has a handler of its own (download.ts), without the wrapper's costs. */
export const DOWNLOAD_ROUTE = routeForm('POST /v1/coupons/:id/download');
export const UNIT_DOWNLOAD_ROUTE = routeForm('POST /v1/coupons/:id/units/:unit/download');

/** Nor this one (live.ts): its answers never end. */
export const LIVE_ROUTE = routeForm('GET /v1/coupons/:id/live');

/** What the handlers of these routes need, all together. */
export interface RoutePorts
  extends
    SessionPorts,
    SellerPorts,
    AudiencePorts,
    IssuancePorts,
    MemberPorts,
    HealthPorts,
    RedemptionPorts,
    HoldPorts,
    ServerKeyPorts,
    EventPorts,
    WebhookPorts,
    ShopDownloadPorts,
    AdminPorts,
    AdminAccountPorts {
  readonly holdLedger: HoldLedger;
  /** Left out where this process is the only one on its port. */
  readonly shareMetrics?: ShareMetrics | undefined;
}

/** What the routes for shops share with the rest of the front end. */
export interface ShopContext extends ShopDownloadContext {
  readonly redemptionCounts: RedemptionCounts;
  readonly holdCounts: HoldCounts;
  readonly serverKeys: Pick<ServerKeys, 'refresh'>;
  readonly sessions: Pick<SessionEnds, 'refresh'>;
  readonly locks: Pick<AccessLocks, 'has' | 'refresh'>;
  onMailFault(fault: unknown): void;
}

/** `{}` behind a path: the route reads a body. */
export function createRoutes(
  ports: RoutePorts,
  settings: SessionSettings,
  ownMetrics: Registry,
  door: SellerDoor,
  shop: ShopContext,
): readonly Route[] {
  const { secret } = settings.tokens;
  const issuer = secret === undefined ? undefined : new TokenIssuer(secret, settings.tokens);
  const passwords = new PasswordCheck(settings.limits.signInFailuresMax, ports.clock);
  const sessions = new SessionHandlers(ports, settings, passwords, issuer);
  const ownAccount = new OwnAccountHandlers(ports, passwords, issuer, shop);
  const { passwordMail, publicUrl = '' } = settings;
  const mails = { mail: passwordMail, publicUrl, onMailFault: (fault: unknown) => shop.onMailFault(fault) };
  const resets = new PasswordResetHandlers(
    ports,
    { ...mails, hasAccounts: issuer !== undefined },
    passwords,
    shop.sessions,
  );
  const adminAccounts = new AdminAccountHandlers(ports, mails, shop.locks);
  const admins = new AdminHandlers(ports);
  const couponPages = new CouponPageHandlers(ports.registry, publicUrl);
  const coupons = new CouponHandlers(ports.registry);
  const sellers = new SellerHandlers(ports, door);
  const audiences = new AudienceHandlers(ports);
  const issuances = new IssuanceHandlers(ports);
  const members = new MemberHandlers(ports, shop.door);
  const redemptions = new RedemptionHandlers(ports, shop.redemptionCounts);
  const holds = new HoldHandlers(ports, shop.holdCounts);
  const shopDownloads = new ShopDownloadHandlers(ports, shop);
  const keys = new ServerKeyHandlers(ports, shop.serverKeys);
  const events = new EventHandlers(ports);
  const webhooks = new WebhookHandlers(ports);
  const health = new HealthHandlers(ports);
  const metrics = new MetricsHandlers(ownMetrics, ports.shareMetrics);

  const description = new DescriptionHandlers();

  return [
    anyone('POST /v1/accounts {}', (request) => sessions.signUp(request)),
    anyone('GET /v1/signup', () => sessions.signUpOffer()),
    anyone('POST /v1/sessions {}', (request) => sessions.signIn(request)),
    anyone('POST /v1/password-resets {}', (request) => resets.requestMail(request)),
    anyone('POST /v1/passwords {}', (request) => resets.setPassword(request)),
    account('GET /v1/me', (request, caller) => ownAccount.show(request, caller)),
    account('POST /v1/me/password {}', (request, caller) => ownAccount.changePassword(request, caller)),
    account('POST /v1/me/delete {}', (request, caller) => ownAccount.remove(request, caller)),

    anyone('GET /v1/coupons', (request) => coupons.list(request)),
    anyone('GET /v1/coupons/:id', (request) => coupons.show(request)),

    seller('POST /v1/coupons {}', (request, caller) => sellers.register(request, caller), 'manage'),
    seller('PATCH /v1/coupons/:id {}', (request, caller) => sellers.amend(request, caller), 'manage'),
    seller('POST /v1/coupons/:id/top-up {}', (request, caller) => sellers.topUp(request, caller), 'manage'),
    sellerOrAdmin(
      'POST /v1/coupons/:id/pause',
      (request, caller) => sellers.pause(request, caller),
      'manage',
    ),
    sellerOrAdmin(
      'POST /v1/coupons/:id/resume',
      (request, caller) => sellers.resume(request, caller),
      'manage',
    ),
    sellerOrAdmin(
      'POST /v1/coupons/:id/close',
      (request, caller) => sellers.close(request, caller),
      'manage',
    ),
    sellerOrAdmin('GET /v1/coupons/:id/stats', (request, caller) => sellers.stats(request, caller), 'read'),
    sellerOrAdmin(
      'GET /v1/coupons/:id/quantities',
      (request, caller) => sellers.quantities(request, caller),
      'read',
    ),
    sellerOrAdmin(
      'GET /v1/coupons/:id/issuances',
      (request, caller) => issuances.list(request, caller),
      'read',
    ),
    seller(
      'DELETE /v1/coupons/:id/issuances/:issueNo',
      (request, caller) => issuances.revoke(request, caller),
      'manage',
    ),
    sellerWithList(
      'POST /v1/coupons/:id/audience {}',
      (request, caller) => audiences.change(request, caller),
      'manage',
    ),
    seller('GET /v1/coupons/:id/audience', (request, caller) => audiences.show(request, caller), 'read'),
    seller(
      'GET /v1/coupons/:id/eligibility',
      (request, caller) => audiences.tryMember(request, caller),
      'read',
    ),
    seller('GET /v1/events', (request, caller) => events.list(request, caller), 'read'),
    seller('POST /v1/webhooks {}', (request, caller) => webhooks.create(request, caller), 'manage'),
    seller('GET /v1/webhooks', (request, caller) => webhooks.list(request, caller), 'read'),
    seller('DELETE /v1/webhooks/:id', (request, caller) => webhooks.remove(request, caller), 'manage'),
    seller('POST /v1/webhooks/:id/enable', (request, caller) => webhooks.enable(request, caller), 'manage'),
    seller(
      'POST /v1/webhooks/:id/rotate-secret',
      (request, caller) => webhooks.rotateSecret(request, caller),
      'manage',
    ),
    seller('POST /v1/webhooks/:id/test', (request, caller) => webhooks.test(request, caller), 'manage'),
    seller(
      'POST /v1/webhooks/:id/replay {}',
      (request, caller) => webhooks.replay(request, caller),
      'manage',
    ),
    seller(
      'GET /v1/webhooks/:id/deliveries',
      (request, caller) => webhooks.deliveries(request, caller),
      'read',
    ),

    member('GET /v1/coupons/:id/issuance', (request, caller) => members.issuance(request, caller)),
    member('GET /v1/me/coupons/:couponId', (request, caller) => members.ownCoupon(request, caller)),
    member('GET /v1/me/coupons', (request, caller) => redemptions.wallet(request, caller)),
    member('POST /v1/me/coupons/:couponId/use {}', (request, caller) => redemptions.use(request, caller)),
    member('POST /v1/me/coupons/:couponId/confirm {}', (request, caller) =>
      holds.confirmOwn(request, caller),
    ),
    member('DELETE /v1/me/coupons/:couponId/hold', (request, caller) => holds.releaseOwn(request, caller)),

    seller(
      'POST /v1/coupons/:id/issuances/:issueNo/confirm {}',
      (request, caller) => holds.confirmNumber(request, caller),
      'redeem',
    ),
    seller(
      'DELETE /v1/coupons/:id/issuances/:issueNo/hold',
      (request, caller) => holds.releaseNumber(request, caller),
      'redeem',
    ),
    seller('POST /v1/coupons/:id/recall {}', (request, caller) => holds.recall(request, caller), 'manage'),

    seller(
      'POST /v1/coupons/:id/issuances/:issueNo/redemptions {}',
      (request, caller) => redemptions.redeemNumber(request, caller),
      'redeem',
    ),
    seller(
      'GET /v1/coupons/:id/issuances/:issueNo/redemptions',
      (request, caller) => redemptions.history(request, caller),
      'redeem',
    ),
    seller(
      'DELETE /v1/coupons/:id/issuances/:issueNo/redemptions/:orderId',
      (request, caller) => redemptions.cancelNumber(request, caller),
      'redeem',
    ),
    seller(
      'POST /v1/members/:memberId/coupons/:id/redemptions {}',
      (request, caller) => redemptions.redeemOfMember(request, caller),
      'redeem',
    ),
    seller(
      'DELETE /v1/members/:memberId/coupons/:id/redemptions/:orderId',
      (request, caller) => redemptions.cancelOfMember(request, caller),
      'redeem',
    ),

    seller(
      'POST /v1/members/:memberId/coupons/:id/download {}',
      (request, caller) => shopDownloads.download(request, caller),
      'issue',
    ),
    sellerWithList(
      'POST /v1/coupons/:id/grants {}',
      (request, caller) => shopDownloads.grant(request, caller),
      'issue',
    ),
    seller(
      'GET /v1/members/:memberId/coupons',
      (request, caller) => redemptions.walletOf(request, memberInPath(request), caller.memberId),
      'read',
    ),
    seller(
      'GET /v1/members/:memberId/coupons/:id/issuance',
      (request, caller) => members.issuanceOfMember(request, caller),
      'read',
    ),
    seller('POST /v1/keys {}', (request, caller) => keys.create(request, caller)),
    seller('GET /v1/keys', (request, caller) => keys.list(request, caller)),
    seller('DELETE /v1/keys/:id', (request, caller) => keys.revoke(request, caller)),

    admin('GET /v1/admin/accounts', (request) => adminAccounts.list(request)),
    admin('POST /v1/admin/accounts/:accountId/disable', (request, caller) =>
      adminAccounts.setDisabled(request, caller, true),
    ),
    admin('POST /v1/admin/accounts/:accountId/enable', (request, caller) =>
      adminAccounts.setDisabled(request, caller, false),
    ),
    admin('POST /v1/admin/accounts/:accountId/reset', (request, caller) =>
      adminAccounts.reset(request, caller),
    ),
    admin('GET /v1/admin/coupons', (request) => admins.coupons(request)),
    admin('GET /v1/admin/coupons/:id/reconcile', (request) => admins.check(request)),
    admin('POST /v1/admin/coupons/:id/reconcile', (request, caller) => admins.repair(request, caller)),
    admin('GET /v1/admin/audit', (request) => admins.audit(request)),
    admin('GET /v1/admin/health', () => admins.health()),

    anyone('GET /coupons/:id', (request) => couponPages.show(request)),

    anyone('GET /healthz', () => health.live()),
    anyone('GET /readyz', () => health.ready()),
    anyone('GET /metrics', () => metrics.show()),
    anyone('GET /openapi.json', () => description.show()),
    anyone('GET /', () => health.home()),
  ];
}
