/** Contains one example of each body, as a first caller would send it. */
import type { SchemaName } from './json-schemas.js';

const password = 'correct horse battery';

/** A test holds each against the schema that validates it. */
export const bodyExamples: Readonly<Partial<Record<SchemaName, object>>> = {
  NewAccount: { email: 'member@shop.example', password, role: 'member' },
  NewSession: { email: 'member@shop.example', password },
  NewPasswordReset: { email: 'member@shop.example' },
  NewPassword: { token: 'what follows the # of the link', password },
  PasswordChange: { currentPassword: password, newPassword: 'another horse battery' },
  Deletion: { password },
  NewCoupon: {
    name: 'Fried chicken, half price',
    quantity: 1_000,
    opensAt: '2027-01-01T09:00:00+09:00',
    discount: { type: 'percent', value: 50 },
  },
  CouponChange: { quantity: 2_000 },
  TopUp: { by: 100 },
  AudienceChange: { add: ['m-1', 'm-2'] },
  NewRecall: {},
  NewUse: { unit: 1 },
  NewRedemption: { orderId: 'order-1' },
  NewConfirmation: { orderId: 'order-1' },
  ShownCode: { code: '42-17' },
  NewTillRedemption: { code: '42-17', orderId: 'order-1' },
  ShopDownload: {},
  NewGrant: { memberIds: ['m-1', 'm-2'] },
  NewServerKey: { name: 'Checkout', scopes: ['read', 'redeem'] },
  NewWebhook: { url: 'https://shop.example/hooks/coupons', kinds: ['issuance.recorded'] },
  NewReplay: { couponId: 42, fromIssueNo: 1 },
  RoleChange: { role: 'seller' },
};
