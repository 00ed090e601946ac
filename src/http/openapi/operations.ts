/** Joins the descriptions of all routes, each under the same key as its line in routes.ts; a test compares both. */
import { accountOperations } from './account-operations.js';
import { adminOperations } from './admin-operations.js';
import { couponOperations } from './coupon-operations.js';
import { eligibilityOperations } from './eligibility-operations.js';
import { feedOperations } from './feed-operations.js';
import { memberOperations } from './member-operations.js';
import type { Operation } from './operation.js';
import { redemptionOperations } from './redemption-operations.js';
import { sellerOperations } from './seller-operations.js';
import { serviceOperations } from './service-operations.js';
import { shopOperations } from './shop-operations.js';
import { tillOperations } from './till-operations.js';

export const operations: Readonly<Record<string, Operation>> = {
  ...memberOperations,
  ...couponOperations,
  ...sellerOperations,
  ...eligibilityOperations,
  ...feedOperations,
  ...redemptionOperations,
  ...tillOperations,
  ...shopOperations,
  ...accountOperations,
  ...adminOperations,
  ...serviceOperations,
};
