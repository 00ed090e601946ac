/** Converts zod schemas to the JSON schemas of the document. */
import { z } from 'zod';
import { audienceInput } from '../wire/eligibility-schemas.js';
import * as inputs from '../wire/schemas.js';
import * as accountInputs from '../wire/account-schemas.js';
import * as accountAnswers from './account-answers.js';
import * as adminAnswers from './admin-answers.js';
import * as answers from './answers.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The schemas that the document names, and that a client finds under these names. */
const named = {
  NewAccount: inputs.accountInput,
  NewSession: inputs.sessionInput,
  NewCoupon: inputs.couponInput,
  CouponChange: inputs.couponChangeInput,
  TopUp: inputs.topUpInput,
  Account: answers.accountAnswer,
  Session: answers.sessionAnswer,
  PasswordChange: accountInputs.passwordChangeInput,
  Deletion: accountInputs.deletionInput,
  NewPasswordReset: accountInputs.resetRequestInput,
  NewPassword: accountInputs.passwordResetInput,
  OwnAccount: accountAnswers.ownAccountAnswer,
  SignUp: accountAnswers.signUpAnswer,
  Accepted: accountAnswers.acceptedAnswer,
  PasswordSet: accountAnswers.passwordSetAnswer,
  AccountDeleted: accountAnswers.accountDeletedAnswer,
  AccountPage: adminAnswers.accountPage,
  AccountState: adminAnswers.accountStateAnswer,
  ResetLink: adminAnswers.resetLinkAnswer,
  CouponStatusPage: adminAnswers.couponStatusPage,
  CouponCheck: adminAnswers.couponCheckAnswer,
  AuditPage: adminAnswers.auditPage,
  Health: adminAnswers.healthAnswer,
  Discount: answers.discountAnswer,
  Coupon: answers.couponAnswer,
  CouponPage: answers.couponPage,
  Issued: answers.issuedAnswer,
  HeldIssuance: answers.heldIssuance,
  OwnCoupon: answers.ownCoupon,
  Issuance: answers.issuanceItemAnswer,
  IssuanceListPage: answers.issuanceListPage,
  Revoked: answers.revokedAnswer,
  NewRedemption: inputs.orderInput,
  NewUse: inputs.useInput,
  Used: answers.usedAnswer,
  Redemption: answers.redemptionAnswer,
  CancelledRedemption: answers.cancelledAnswer,
  RedemptionHistory: answers.redemptionHistory,
  NewConfirmation: inputs.memberOrderInput,
  Confirmed: answers.confirmedAnswer,
  HoldReleased: answers.releasedAnswer,
  NewRecall: inputs.recallInput,
  Recalled: answers.recallAnswer,
  WalletPage: answers.walletPage,
  NewServerKey: inputs.serverKeyInput,
  ShopDownload: inputs.shopDownloadInput,
  NewGrant: inputs.grantInput,
  AudienceChange: audienceInput,
  AudienceChanged: answers.audienceChangedAnswer,
  Audience: answers.audienceAnswer,
  Trial: answers.trialAnswer,
  ServerKey: answers.serverKeyAnswer,
  ServerKeyWithText: answers.newServerKeyAnswer,
  ServerKeyList: answers.serverKeyList,
  KeyRevoked: answers.keyRevokedAnswer,
  Event: answers.eventAnswer,
  EventPage: answers.eventPage,
  NewWebhook: inputs.webhookInput,
  NewReplay: inputs.replayInput,
  Webhook: answers.webhookAnswer,
  WebhookWithSecret: answers.newWebhookAnswer,
  WebhookList: answers.webhookList,
  WebhookRemoved: answers.webhookRemovedAnswer,
  WebhookTested: answers.webhookTestedAnswer,
  WebhookSecretRotated: answers.webhookSecretAnswer,
  Replay: answers.replayAnswer,
  DeliveryList: answers.deliveryList,
  Granted: answers.grantAnswer,
  Stats: answers.statsAnswer,
  QuantityList: answers.quantityList,
  LiveUpdate: answers.liveUpdate,
  Alive: answers.aliveAnswer,
  Ready: answers.readyAnswer,
  Description: answers.descriptionAnswer,
  Home: answers.homeAnswer,
} as const satisfies Record<string, z.ZodType>;

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

/** @returns the fields of a query by name, in order. */
export function queryFields(query: z.ZodObject): Record<string, JsonObject> {
  const { properties = {} } = z.toJSONSchema(query, WIRE) as { properties?: Record<string, JsonObject> };
  return properties;
}

/** A pattern that says again what type or format say already, in 300 characters, is of no use to a reader. */
function dropUnreadable({ jsonSchema }: { readonly jsonSchema: Record<string, unknown> }): void {
  const { type, format } = jsonSchema;
  if (type === 'integer' || type === 'boolean' || format === 'date-time') delete jsonSchema['pattern'];
}
