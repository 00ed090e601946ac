/** Converts zod schemas to the JSON schemas of the document. */
import { z } from 'zod';
import { audienceInput } from '../wire/eligibility-schemas.js';
import * as couponInputs from '../wire/coupon-schemas.js';
import * as redemptionInputs from '../wire/redemption-schemas.js';
import * as tillInputs from '../wire/till-schemas.js';
import * as shopInputs from '../wire/shop-schemas.js';
import * as feedInputs from '../wire/feed-schemas.js';
import * as accountInputs from '../wire/account-schemas.js';
import * as accountAnswers from './account-answers.js';
import * as adminAnswers from './admin-answers.js';
import * as couponAnswers from './coupon-answers.js';
import * as issuanceAnswers from './issuance-answers.js';
import * as redemptionAnswers from './redemption-answers.js';
import * as tillAnswers from './till-answers.js';
import * as shopAnswers from './shop-answers.js';
import * as feedAnswers from './feed-answers.js';
import * as serviceAnswers from './service-answers.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The schemas that the document names, and that a client finds under these names. */
const named = {
  NewAccount: accountInputs.accountInput,
  NewSession: accountInputs.sessionInput,
  NewCoupon: couponInputs.couponInput,
  CouponChange: couponInputs.couponChangeInput,
  TopUp: couponInputs.topUpInput,
  Account: accountAnswers.accountAnswer,
  Session: accountAnswers.sessionAnswer,
  PasswordChange: accountInputs.passwordChangeInput,
  Deletion: accountInputs.deletionInput,
  RoleChange: accountInputs.roleInput,
  NewPasswordReset: accountInputs.resetRequestInput,
  NewPassword: accountInputs.passwordResetInput,
  OwnAccount: accountAnswers.ownAccountAnswer,
  SignUp: accountAnswers.signUpAnswer,
  Accepted: accountAnswers.acceptedAnswer,
  PasswordSet: accountAnswers.passwordSetAnswer,
  AccountDeleted: accountAnswers.accountDeletedAnswer,
  AccountPage: adminAnswers.accountPage,
  AccountState: adminAnswers.accountStateAnswer,
  AccountRole: adminAnswers.accountRoleAnswer,
  ResetLink: adminAnswers.resetLinkAnswer,
  CouponStatusPage: adminAnswers.couponStatusPage,
  CouponCheck: adminAnswers.couponCheckAnswer,
  AuditPage: adminAnswers.auditPage,
  Health: adminAnswers.healthAnswer,
  Discount: couponAnswers.discountAnswer,
  Coupon: couponAnswers.couponAnswer,
  CouponPage: couponAnswers.couponPage,
  Issued: issuanceAnswers.issuedAnswer,
  HeldIssuance: issuanceAnswers.heldIssuance,
  OwnCoupon: issuanceAnswers.ownCoupon,
  Issuance: issuanceAnswers.issuanceItemAnswer,
  IssuanceListPage: issuanceAnswers.issuanceListPage,
  Revoked: issuanceAnswers.revokedAnswer,
  NewRedemption: redemptionInputs.orderInput,
  NewUse: redemptionInputs.useInput,
  Used: redemptionAnswers.usedAnswer,
  Redemption: redemptionAnswers.redemptionAnswer,
  CancelledRedemption: redemptionAnswers.cancelledAnswer,
  RedemptionHistory: redemptionAnswers.redemptionHistory,
  NewConfirmation: redemptionInputs.memberOrderInput,
  Confirmed: redemptionAnswers.confirmedAnswer,
  HoldReleased: redemptionAnswers.releasedAnswer,
  NewRecall: redemptionInputs.recallInput,
  Recalled: redemptionAnswers.recallAnswer,
  WalletPage: redemptionAnswers.walletPage,
  Pass: tillAnswers.passAnswer,
  ShownCode: tillInputs.tillInput,
  NewTillRedemption: tillInputs.tillOrderInput,
  TillCheck: tillAnswers.tillCheckAnswer,
  NewServerKey: shopInputs.serverKeyInput,
  ShopDownload: shopInputs.shopDownloadInput,
  NewGrant: shopInputs.grantInput,
  AudienceChange: audienceInput,
  AudienceChanged: couponAnswers.audienceChangedAnswer,
  Audience: couponAnswers.audienceAnswer,
  AudienceMemberPage: couponAnswers.audienceMemberPage,
  MemberClaimList: couponAnswers.memberClaimList,
  HoldPage: redemptionAnswers.holdPage,
  Trial: couponAnswers.trialAnswer,
  ServerKey: shopAnswers.serverKeyAnswer,
  ServerKeyWithText: shopAnswers.newServerKeyAnswer,
  ServerKeyList: shopAnswers.serverKeyList,
  KeyRevoked: shopAnswers.keyRevokedAnswer,
  Event: feedAnswers.eventAnswer,
  EventPage: feedAnswers.eventPage,
  NewWebhook: feedInputs.webhookInput,
  NewReplay: feedInputs.replayInput,
  Webhook: feedAnswers.webhookAnswer,
  WebhookWithSecret: feedAnswers.newWebhookAnswer,
  WebhookList: feedAnswers.webhookList,
  WebhookRemoved: feedAnswers.webhookRemovedAnswer,
  WebhookTested: feedAnswers.webhookTestedAnswer,
  WebhookSecretRotated: feedAnswers.webhookSecretAnswer,
  Replay: feedAnswers.replayAnswer,
  DeliveryList: feedAnswers.deliveryList,
  Granted: shopAnswers.grantAnswer,
  Stats: couponAnswers.statsAnswer,
  QuantityList: couponAnswers.quantityList,
  LiveUpdate: couponAnswers.liveUpdate,
  Alive: serviceAnswers.aliveAnswer,
  Ready: serviceAnswers.readyAnswer,
  Description: serviceAnswers.descriptionAnswer,
  PostmanCollection: serviceAnswers.postmanAnswer,
  Home: serviceAnswers.homeAnswer,
} as const satisfies Record<string, z.ZodType>;

/** The schema that validates what has this name in the document. */
export function schemaNamed(name: SchemaName): z.ZodType {
  return named[name];
}

export type SchemaName = keyof typeof named;

export function schemaAddress(name: string): string {
  return `#/components/schemas/${name}`;
}

/** What goes over the wire is the input side of every schema; the other side is what our handlers see. */
const WIRE = { io: 'input', override: dropUnreadable } as const;

/** @returns the named schemas; where one holds another, it points at it. */
export function namedSchemas(): Record<string, JsonObject> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { ...WIRE, uri: schemaAddress });
  for (const schema of Object.values(schemas)) {
    // These two address a separate schema; here the schema is part of the document.
    delete schema.$id;
    delete schema.$schema;
  }
  return schemas;
}

/** A field of a query. */
export interface QueryField {
  readonly name: string;
  readonly schema: JsonObject;
  readonly required: boolean;
}

/** @returns the fields of a query, in order. */
export function queryFields(query: z.ZodObject): QueryField[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, WIRE) as {
    properties?: Record<string, JsonObject>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, schema, required: required.includes(name) },
  }));
}

/** A pattern of 300 characters that repeats type or format is of no use to a reader. */
function dropUnreadable({ jsonSchema }: { readonly jsonSchema: Record<string, unknown> }): void {
  const { type, format } = jsonSchema;
  if (type === 'integer' || type === 'boolean' || format === 'date-time') delete jsonSchema['pattern'];
}
