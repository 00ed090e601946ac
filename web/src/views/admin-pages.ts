/** Bundles the pages of administrators: a browser loads them with the first page of them that is visited. */
export { AccountsPage } from './admin/accounts.js';
export { AllCouponsPage } from './admin/all-coupons.js';
export { AuditPage } from './admin/audit.js';
export { ComparisonPage } from './admin/comparison.js';
export { HealthPage } from './admin/health.js';
