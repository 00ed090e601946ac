/** Builds a schema for each problem code, so that client types distinguish codes. */
import { eligibilityRules } from '../../engine/domain/download.js';
import { keyScopes } from '../../accounts/server-keys.js';
import { problemKinds, problemType } from '../wire/problems.js';
import type { ProblemCode } from '../wire/problems.js';
import { takeBackReasons } from '../../engine/ports/hold-ledger.js';
import type { JsonObject } from './json-schemas.js';

const instant = { type: 'string', format: 'date-time' };

/** What a problem carries besides the five members that all have. */
const fieldsOfCase: Partial<Record<ProblemCode, Readonly<Record<string, JsonObject>>>> = {
  not_eligible: { rule: { enum: [...eligibilityRules] } },
  audience_full: { members: { type: 'integer', minimum: 0 } },
  claim_unknown: { claim: { type: 'string' } },
  not_exclusive: { couponId: { type: 'integer', minimum: 1 } },
  not_open: { opensAt: instant },
  scope_missing: { scope: { enum: [...keyScopes] } },
  coupon_expired: { expiresAt: instant },
  pass_expired: { expiredAt: instant },
  hold_expired: { issueNo: { type: 'integer', minimum: 1 }, reason: { enum: [...takeBackReasons] } },
  quantity_below_issued: { issued: { type: 'integer', minimum: 0 } },
  unauthenticated: { reason: { enum: ['token_missing', 'token_invalid', 'token_expired'] } },
};

/** Carried by some answers of that code and not by others. */
const sometimesCarried: Partial<Record<ProblemCode, Readonly<Record<string, JsonObject>>>> = {
  invalid_input: {
    errors: {
      type: 'array',
      description: 'Up to ten.',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: {
          field: { type: 'string', description: 'Path with dots; empty for the input as a whole.' },
          message: { type: 'string' },
        },
      },
    },
  },
  not_ready: {
    reasons: { type: 'array', items: { type: 'string' }, description: 'Returned by /readyz.' },
  },
};

/** `sold_out` → `SoldOutProblem` */
export function problemSchemaName(code: ProblemCode): string {
  const words = code.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Problem`;
}

/** @returns a schema for each code of the table of problems, by name. */
export function problemSchemas(): Record<string, JsonObject> {
  const codes = Object.keys(problemKinds) as ProblemCode[];
  return Object.fromEntries(codes.map((code) => [problemSchemaName(code), problemSchema(code)]));
}

function problemSchema(code: ProblemCode): JsonObject {
  const { status, title } = problemKinds[code];
  const always = fieldsOfCase[code] ?? {};
  return {
    type: 'object',
    description: `${title}.`,
    required: ['type', 'title', 'status', 'code', 'detail', ...Object.keys(always)],
    properties: {
      type: { type: 'string', const: problemType(code) },
      title: { type: 'string', examples: [title] },
      status: { type: 'integer', const: status },
      code: { type: 'string', const: code },
      detail: {
        type: 'string',
        description: 'What happened in this case, for people. The wording may change.',
      },
      ...always,
      ...sometimesCarried[code],
    },
  };
}
