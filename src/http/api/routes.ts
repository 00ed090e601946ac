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
import type { RedemptionPorts } from './redeem.js';
import { TillHandlers } from './till.js';
import type { CouponPasses } from '../till/coupon-pass.js';
import { PasswordCheck } from '../auth/password-check.js';
import { TokenIssuer } from '../auth/token-issuer.js';
import { MetricsHandlers } from '../metrics/metrics.js';
import { account, admin, anyone, member, orAdmin, routeForm, seller, withList } from '../wire/route.js';
import type { Route } from '../wire/route.js';
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
  readonly passes: CouponPasses;
  readonly holdCounts: HoldCounts;
  readonly serverKeys: Pick<ServerKeys, 'refresh'>;
  readonly sessions: Pick<SessionEnds, 'refresh'>;
  readonly locks: Pick<AccessLocks, 'has' | 'refresh'>;
  onMailFault(fault: unknown): void;
}

/** `{}` after a path: the route reads a body. */
export function createRoutes(
  ports: RoutePorts,
  settings: SessionSettings,
  ownMetrics: Registry,
  door: SellerDoor,
  shop: ShopContext,
): readonly Route[] {
  const { secret } = settings.tokens;
  const issuer = secret === undefined ? undefined : new TokenIssuer(secret, settings.tokens);
  const passwords = new PasswordCheck(settings.limits.signInFailuresMax, ports.clock, settings.passwordCost);
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
  const adminAccounts = new AdminAccountHandlers(ports, mails, shop);
  const admins = new AdminHandlers(ports);
  const couponPages = new CouponPageHandlers(ports.registry, publicUrl);
  const coupons = new CouponHandlers(ports.registry);
  const sellers = new SellerHandlers(ports, door);
  const audiences = new AudienceHandlers(ports, door);
  const issuances = new IssuanceHandlers(ports);
  const members = new MemberHandlers(ports, shop.door);
  const redemptions = new RedemptionHandlers(ports, shop.redemptionCounts);
  const till = new TillHandlers(ports, shop.redemptionCounts, shop.passes);
  const holds = new HoldHandlers(ports, shop.holdCounts);
  const shopDownloads = new ShopDownloadHandlers(ports, shop);
  const keys = new ServerKeyHandlers(ports, shop.serverKeys);
  const events = new EventHandlers(ports);
  const webhooks = new WebhookHandlers(ports);
  const health = new HealthHandlers(ports);
  const metrics = new MetricsHandlers(ownMetrics, ports.shareMetrics);

  const description = new DescriptionHandlers();

  return [
    anyone('POST /v1/accounts {}', sessions, 'signUp'),
    anyone('GET /v1/signup', sessions, 'signUpOffer'),
    anyone('POST /v1/sessions {}', sessions, 'signIn'),
    anyone('POST /v1/password-resets {}', resets, 'requestMail'),
    anyone('POST /v1/passwords {}', resets, 'setPassword'),
    account('GET /v1/me', ownAccount, 'show'),
    account('POST /v1/me/password {}', ownAccount, 'changePassword'),
    account('POST /v1/me/delete {}', ownAccount, 'remove'),

    anyone('GET /v1/coupons', coupons, 'list'),
    anyone('GET /v1/coupons/:id', coupons, 'show'),

    seller('POST /v1/coupons {}', sellers, 'register', 'manage'),
    seller('PATCH /v1/coupons/:id {}', sellers, 'amend', 'manage'),
    seller('POST /v1/coupons/:id/top-up {}', sellers, 'topUp', 'manage'),
    orAdmin(seller('POST /v1/coupons/:id/pause', sellers, 'pause', 'manage')),
    orAdmin(seller('POST /v1/coupons/:id/resume', sellers, 'resume', 'manage')),
    orAdmin(seller('POST /v1/coupons/:id/close', sellers, 'close', 'manage')),
    orAdmin(seller('GET /v1/coupons/:id/stats', sellers, 'stats', 'read')),
    orAdmin(seller('GET /v1/coupons/:id/quantities', sellers, 'quantities', 'read')),
    orAdmin(seller('GET /v1/coupons/:id/issuances', issuances, 'list', 'read')),
    seller('DELETE /v1/coupons/:id/issuances/:issueNo', issuances, 'revoke', 'manage'),
    withList(seller('POST /v1/coupons/:id/audience {}', audiences, 'change', 'manage')),
    seller('GET /v1/coupons/:id/audience', audiences, 'show', 'read'),
    seller('GET /v1/coupons/:id/audience/members', audiences, 'members', 'read'),
    seller('DELETE /v1/coupons/:id/audience', audiences, 'clear', 'manage'),
    seller('GET /v1/member-claims', audiences, 'claims', 'read'),
    seller('GET /v1/coupons/:id/eligibility', audiences, 'tryMember', 'read'),
    seller('GET /v1/events', events, 'list', 'read'),
    seller('POST /v1/webhooks {}', webhooks, 'create', 'manage'),
    seller('GET /v1/webhooks', webhooks, 'list', 'read'),
    seller('DELETE /v1/webhooks/:id', webhooks, 'remove', 'manage'),
    seller('POST /v1/webhooks/:id/enable', webhooks, 'enable', 'manage'),
    seller('POST /v1/webhooks/:id/rotate-secret', webhooks, 'rotateSecret', 'manage'),
    seller('POST /v1/webhooks/:id/test', webhooks, 'test', 'manage'),
    seller('POST /v1/webhooks/:id/replay {}', webhooks, 'replay', 'manage'),
    seller('GET /v1/webhooks/:id/deliveries', webhooks, 'deliveries', 'read'),

    member('GET /v1/coupons/:id/issuance', members, 'issuance'),
    member('GET /v1/me/coupons/:couponId', members, 'ownCoupon'),
    member('GET /v1/me/coupons', redemptions, 'wallet'),
    member('GET /v1/me/coupons/:couponId/pass', till, 'pass'),
    member('POST /v1/me/coupons/:couponId/use {}', redemptions, 'use'),
    member('POST /v1/me/coupons/:couponId/confirm {}', holds, 'confirmOwn'),
    member('DELETE /v1/me/coupons/:couponId/hold', holds, 'releaseOwn'),

    seller('GET /v1/coupons/:id/holds', holds, 'list', 'read'),
    seller('POST /v1/coupons/:id/issuances/:issueNo/confirm {}', holds, 'confirmNumber', 'redeem'),
    seller('DELETE /v1/coupons/:id/issuances/:issueNo/hold', holds, 'releaseNumber', 'redeem'),
    seller('POST /v1/coupons/:id/recall {}', holds, 'recall', 'manage'),

    seller('POST /v1/coupons/:id/issuances/:issueNo/redemptions {}', redemptions, 'redeemNumber', 'redeem'),
    seller('GET /v1/coupons/:id/issuances/:issueNo/redemptions', redemptions, 'history', 'redeem'),
    seller(
      'DELETE /v1/coupons/:id/issuances/:issueNo/redemptions/:orderId',
      redemptions,
      'cancelNumber',
      'redeem',
    ),
    seller('POST /v1/members/:memberId/coupons/:id/redemptions {}', redemptions, 'redeemOfMember', 'redeem'),
    seller(
      'DELETE /v1/members/:memberId/coupons/:id/redemptions/:orderId',
      redemptions,
      'cancelOfMember',
      'redeem',
    ),
    seller('POST /v1/till/check {}', till, 'check', 'redeem'),
    seller('POST /v1/till/redemptions {}', till, 'redeem', 'redeem'),

    seller('POST /v1/members/:memberId/coupons/:id/download {}', shopDownloads, 'download', 'issue'),
    withList(seller('POST /v1/coupons/:id/grants {}', shopDownloads, 'grant', 'issue')),
    seller('GET /v1/members/:memberId/coupons', redemptions, 'walletOfMember', 'read'),
    seller('GET /v1/members/:memberId/coupons/:id/issuance', members, 'issuanceOfMember', 'read'),

    seller('POST /v1/keys {}', keys, 'create'),
    seller('GET /v1/keys', keys, 'list'),
    seller('DELETE /v1/keys/:id', keys, 'revoke'),

    admin('GET /v1/admin/accounts', adminAccounts, 'list'),
    admin('POST /v1/admin/accounts/:accountId/disable', adminAccounts, 'disable'),
    admin('POST /v1/admin/accounts/:accountId/enable', adminAccounts, 'enable'),
    admin('POST /v1/admin/accounts/:accountId/role {}', adminAccounts, 'setRole'),
    admin('POST /v1/admin/accounts/:accountId/reset', adminAccounts, 'reset'),
    admin('GET /v1/admin/coupons', admins, 'coupons'),
    admin('GET /v1/admin/coupons/:id/reconcile', admins, 'check'),
    admin('POST /v1/admin/coupons/:id/reconcile', admins, 'repair'),
    admin('GET /v1/admin/audit', admins, 'audit'),
    admin('GET /v1/admin/health', admins, 'health'),

    anyone('GET /coupons/:id', couponPages, 'show'),

    anyone('GET /healthz', health, 'live'),
    anyone('GET /readyz', health, 'ready'),
    anyone('GET /metrics', metrics, 'show'),
    anyone('GET /openapi.json', description, 'show'),
    anyone('GET /postman.json', description, 'collection'),
    anyone('GET /', health, 'home'),
  ];
}
