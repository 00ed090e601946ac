/** Every route, one line each. */
import type { Registry } from 'prom-client';
import { SessionHandlers } from './auth/sessions.js';
import { CouponHandlers } from './coupons.js';
import { DescriptionHandlers } from './description.js';
import { HealthHandlers } from './health.js';
import { IssuanceHandlers } from './issuances.js';
import { MemberHandlers } from './members.js';
import { MetricsHandlers } from './metrics.js';
import { anyone, member, routeForm, seller } from './route.js';
import type { Route } from './route.js';
import type { SellerPresence } from './seller.js';
import { SellerHandlers } from './seller.js';
import type { HttpServices, HttpSettings } from './services.js';

/** Not among the others: it has a handler of its own (download.ts), without the wrapper's costs. */
export const DOWNLOAD_ROUTE = routeForm('POST /v1/coupons/:id/download');

/** Nor this one (live.ts): its answers never end. */
export const LIVE_ROUTE = routeForm('GET /v1/coupons/:id/live');

/** `{}` behind a path: the route reads a body. */
export function createRoutes(
  services: HttpServices,
  settings: HttpSettings,
  ownMetrics: Registry,
  presence: SellerPresence,
): readonly Route[] {
  const sessions = new SessionHandlers(services, settings);
  const coupons = new CouponHandlers(services.registry);
  const sellers = new SellerHandlers(services, presence);
  const issuances = new IssuanceHandlers(services);
  const members = new MemberHandlers(services);
  const health = new HealthHandlers(services);
  const metrics = new MetricsHandlers(ownMetrics, services.shareMetrics);

  const description = new DescriptionHandlers();

  return [
    anyone('POST /v1/accounts {}', (request) => sessions.signUp(request)),
    anyone('POST /v1/sessions {}', (request) => sessions.signIn(request)),

    anyone('GET /v1/coupons', (request) => coupons.list(request)),
    anyone('GET /v1/coupons/:id', (request) => coupons.show(request)),

    seller('POST /v1/coupons {}', (request, caller) => sellers.register(request, caller)),
    seller('PATCH /v1/coupons/:id {}', (request, caller) => sellers.amend(request, caller)),
    seller('POST /v1/coupons/:id/pause', (request, caller) => sellers.pause(request, caller)),
    seller('POST /v1/coupons/:id/resume', (request, caller) => sellers.resume(request, caller)),
    seller('POST /v1/coupons/:id/close', (request, caller) => sellers.close(request, caller)),
    seller('GET /v1/coupons/:id/stats', (request, caller) => sellers.stats(request, caller)),
    seller('GET /v1/coupons/:id/issuances', (request, caller) => issuances.list(request, caller)),
    seller('DELETE /v1/coupons/:id/issuances/:issueNo', (request, caller) =>
      issuances.revoke(request, caller),
    ),

    member('GET /v1/coupons/:id/issuance', (request, caller) => members.issuance(request, caller)),
    member('GET /v1/me/coupons', (request, caller) => members.coupons(request, caller)),
    member('POST /v1/me/coupons/:couponId/use', (request, caller) => members.use(request, caller)),

    anyone('GET /healthz', () => health.live()),
    anyone('GET /readyz', () => health.ready()),
    anyone('GET /metrics', () => metrics.show()),
    anyone('GET /openapi.json', () => description.show()),
    anyone('GET /', () => health.home()),
  ];
}
