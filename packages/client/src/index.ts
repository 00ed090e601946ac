/** Exports the typed client of Seonchak for Node.js 20 and browsers. */
export { createSeonchakClient, SeonchakError } from './client.js';
export type { Problem, Schemas, SeonchakClient, SeonchakClientOptions } from './client.js';
export { downloadNext } from './download-next.js';
export type { DownloadNextResult } from './download-next.js';
export { confirmHold, releaseHold } from './hold.js';
export type { ConfirmHoldResult, HoldName, ReleaseHoldResult } from './hold.js';
export { pressUntilDefinite } from './press-until-definite.js';
export type { PressOptions, PressResult, Refusal } from './press-until-definite.js';
export { untilDefinite } from './until-definite.js';
export type { RepeatOptions } from './until-definite.js';
export { follow, followEvents } from './follow.js';
export type { EventBatch, FollowOptions, SettledBatch } from './follow.js';
export { verifyWebhook, WebhookRejected } from './verify-webhook.js';
export type { VerifiedWebhook, VerifyOptions, WebhookHeaders } from './verify-webhook.js';
