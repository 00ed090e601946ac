/** Bundles the pages of sellers: a browser loads them with the first page of them that is visited. */
export { DetailPage } from './detail.js';
export { HoldsPage } from './holds.js';
export { KeysPage } from './keys.js';
export { RedemptionsPage } from './redemptions.js';
export { RegisterPage } from './register.js';
export { RulesPage } from './rules.js';
export { SellPage } from './sell.js';
export { WebhooksPage } from './webhooks.js';
