/** Parses input once, at the edge, and refuses invalid input with the names of its fields. */
import type { z } from 'zod';
import type { ApiRequest } from './exchange.js';
import { refuse } from './problems.js';
import { JSON_DEPTH_MAX, parseStrictJson } from './strict-json.js';

/** Faults reported at once; a body can hold thousands. */
const FAULTS_REPORTED_MAX = 10;

/**
 * `application/json`, `application/problem+json`, or no type at all; a body of another declared type is not read as
 * JSON.
 */
const jsonMediaType = /^application\/([a-z0-9.+-]+\+)?json\s*(;|$)/i;

/** @throws RequestRefused: `unsupported_media_type`, `invalid_json`, `invalid_input` */
export function parseBody<Schema extends z.ZodType>(schema: Schema, request: ApiRequest): z.output<Schema> {
  return judge(schema, jsonIn(request));
}

/**
 * Parses a body that may be left out. Generated clients send the JSON `null` for one that was: both are the same as `{}`.
 *
 * @throws RequestRefused: `unsupported_media_type`, `invalid_json`, `invalid_input`
 */
export function parseOptionalBody<Schema extends z.ZodType>(
  schema: Schema,
  request: ApiRequest,
): z.output<Schema> {
  return judge(schema, request.body.length === 0 ? {} : (jsonIn(request) ?? {}));
}

function jsonIn(request: ApiRequest): unknown {
  if (request.contentType !== '' && !jsonMediaType.test(request.contentType)) {
    refuse('unsupported_media_type', 'The body must have the Content-Type application/json.');
  }
  const json = parseStrictJson(request.body);
  switch (json.status) {
    case 'parsed':
      return json.value;
    case 'not_utf8':
      return refuse('invalid_json', 'The body is not valid UTF-8.');
    case 'not_json':
      return refuse('invalid_json', 'The body is not valid JSON.');
    case 'duplicate_key':
      return refuse('invalid_json', 'An object in the body has a repeated key.');
    case 'too_deep':
      return refuse('invalid_json', `The body is nested deeper than ${JSON_DEPTH_MAX} levels.`);
  }
}

/** @throws RequestRefused: `invalid_input` */
export function parseQuery<Schema extends z.ZodType>(schema: Schema, request: ApiRequest): z.output<Schema> {
  const values: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(request.query)) {
    if (Object.hasOwn(values, name)) refuseFields([{ field: name, message: 'must not be repeated' }]);
    // Not an assignment: that would take `__proto__` for something else than a name.
    Object.defineProperty(values, name, { value, enumerable: true });
  }
  return judge(schema, values);
}

function judge<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  return refuseFields(
    parsed.error.issues.slice(0, FAULTS_REPORTED_MAX).flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.slice(0, FAULTS_REPORTED_MAX).map((key) => ({
            field: [...issue.path, key].join('.'),
            message: 'is not a field of this request',
          }))
        : [{ field: issue.path.join('.'), message: issue.message }],
    ),
  );
}

interface FieldFault {
  /** Path with dots; empty for the input as a whole. */
  readonly field: string;
  readonly message: string;
}

function refuseFields(errors: readonly FieldFault[]): never {
  const detail = errors
    .map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
    .join('; ');
  return refuse('invalid_input', detail, { errors });
}
