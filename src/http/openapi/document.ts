/** Builds the OpenAPI 3.1 document from the schemas that validate the input. */
import { readFileSync } from 'node:fs';
import { packageFolder } from '../../package-folder.js';
import type { ProblemCode } from '../wire/problems.js';
import { JSON_TYPE, PROBLEM_TYPE } from '../wire/status-lines.js';
import { bodyExamples } from './body-examples.js';
import { curlLine } from './example-request.js';
import type { ExampleRequest } from './example-request.js';
import { namedSchemas, queryFields, schemaAddress } from './json-schemas.js';
import type { JsonObject } from './json-schemas.js';
import { codesByStatus } from './operation.js';
import type { Answer, Operation } from './operation.js';
import { operations } from './operations.js';
import { problemSchemaName, problemSchemas } from './problem-schemas.js';

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait, a whole number.', schema: { type: 'integer', minimum: 1 } },
};
/** Codes whose answer has `Retry-After`, whatever its status. */
const RETRY_AFTER_CODES: ReadonlySet<ProblemCode> = new Set(['not_open', 'rate_limited']);

/** What the data of server-sent events is. */
const EVENT_DATA: Readonly<Record<string, JsonObject>> = {
  'text/event-stream': {
    contentMediaType: JSON_TYPE,
    contentSchema: { $ref: schemaAddress('LiveUpdate') },
  },
};

/** Path parameters by name. Text that is not a number names nothing: the answer is the same as for a free number. */
const pathParameters: Readonly<Record<string, JsonObject>> = {
  id: { type: 'integer', minimum: 1, maximum: 999_999_999_999_999 },
  couponId: { type: 'integer', minimum: 1, maximum: 999_999_999_999_999 },
  issueNo: { type: 'integer', minimum: 1 },
  memberId: { type: 'string', minLength: 1 },
  accountId: { type: 'string', minLength: 1 },
  orderId: { type: 'string', minLength: 1, maxLength: 64 },
};

/** Values of parameters in examples; of others 1. */
const parameterExamples: Readonly<Record<string, string>> = {
  memberId: 'm-1',
  accountId: 'seonchak.account.7',
  orderId: 'order-1',
};

/** @returns the document; building it takes some 20 ms, so build it once. */
export function openApiDocument(): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const [line, operation] of Object.entries(operations)) {
    const [method = '', path = ''] = line.split(' ');
    const item = (paths[path.replace(/:(\w+)/g, '{$1}')] ??= {});
    item[method.toLowerCase()] = operationObject(method, path, operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Seonchak',
      version: packageVersion(),
      description: 'Hands out a limited number of coupons to a crowd that arrives in the same second.',
      contact: { name: 'The operator of this installation' },
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Relative: wherever this document was read from.
    servers: [{ url: '.' }],
    tags: [
      { name: 'Members', description: 'With the access token of a member.' },
      { name: 'Sellers', description: 'With the access token of a seller, for their own coupons.' },
      { name: 'Coupons', description: 'Public, without a token.' },
      { name: 'Accounts', description: 'Only where tokens do not come from an outside identity provider.' },
      { name: 'Administrators', description: 'With the access token of an account with the role `admin`.' },
      { name: 'Operators', description: 'Probes, metrics and this document.' },
    ],
    paths,
    components: {
      schemas: { ...namedSchemas(), ...problemSchemas() },
      securitySchemes: {
        member: bearer('A token whose `role` is `member`.'),
        seller: bearer('A token whose `role` is `seller`.'),
        account: bearer('A token of an account of this installation, from `POST /v1/sessions`.'),
        admin: bearer(
          'A token whose `role` is `admin`: an account that the operator has made an administrator.',
        ),
        serverKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'A server key of the seller (`sck_…`) with the scope that the operation names.',
        },
      },
    },
  };
}

function bearer(description: string): JsonObject {
  return { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description };
}

/** An operation with the example that its document has. */
export interface DocumentedRequest {
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly request: ExampleRequest;
}

/** @returns every operation, in the order of the document. */
export function documentedRequests(): readonly DocumentedRequest[] {
  return Object.entries(operations).map(([line, operation]) => {
    const [method = '', path = ''] = line.split(' ');
    const { tag, summary } = operation;
    const request = exampleRequest(method, path, operation);
    return { tag, summary, description: descriptionOf(operation), request };
  });
}

function exampleRequest(
  method: string,
  path: string,
  { access, body, query, headers = {}, answers }: Operation,
): ExampleRequest {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return {
    method,
    path: path.replace(/:(\w+)/g, '{$1}'),
    values: Object.fromEntries(names.map((name) => [name, parameterExamples[name] ?? '1'])),
    query: (query === undefined ? [] : queryFields(query))
      .filter(({ required }) => required)
      .map(({ name }) => [name, parameterExamples[name] ?? '1'] as const),
    role: access === 'anyone' ? undefined : access,
    isKeyed: 'Idempotency-Key' in headers,
    body: body === undefined ? undefined : bodyExamples[body],
    isStream: Object.values(answers).some(({ text = [] }) => text.includes('text/event-stream')),
  };
}

function operationObject(method: string, path: string, operation: Operation): JsonObject {
  const { id, tag, summary, access, body, bodyOptional } = operation;
  const description = descriptionOf(operation);
  const request = exampleRequest(method, path, operation);
  const parameters = [
    ...pathParametersOf(path),
    ...queryParametersOf(operation),
    ...headerParametersOf(operation),
  ];
  const responses: Record<string, JsonObject> = {};
  for (const [status, answer] of Object.entries(operation.answers)) responses[status] = answerObject(answer);
  for (const [status, codes] of codesByStatus(operation.problems))
    responses[String(status)] = problemObject(status, codes);
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    security:
      access === 'anyone'
        ? []
        : [
            { [access]: [] },
            ...(operation.scope === undefined ? [] : [{ serverKey: [] }]),
            ...(operation.admins === true ? [{ admin: [] }] : []),
          ],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            ...(bodyOptional === true ? { description: 'May be left out, or be `null`.' } : {}),
            required: bodyOptional !== true,
            content: jsonContent(body, request.body),
          },
        }),
    responses,
    // Readers of OpenAPI show it beside the operation.
    'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: curlLine(request) }],
  };
}

function descriptionOf({ summary, description, scope }: Operation): string {
  if (scope === undefined) return description ?? `${summary}.`;
  const keys = `Server keys need the scope \`${scope}\`.`;
  return description === undefined ? keys : `${description} ${keys}`;
}

function pathParametersOf(path: string): JsonObject[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: pathParameters[name] ?? {},
  }));
}

function queryParametersOf({ query }: Operation): JsonObject[] {
  if (query === undefined) return [];
  return queryFields(query).map(({ name, schema, required }) => ({
    ...{ name, in: 'query', schema, ...(required && { required }) },
  }));
}

function headerParametersOf({ headers = {} }: Operation): JsonObject[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }));
}

function answerObject({ description, json, text = [], headers = {} }: Answer): JsonObject {
  const content = {
    ...(json === undefined ? {} : jsonContent(json)),
    ...Object.fromEntries(text.map((type) => [type, { schema: { type: 'string', ...EVENT_DATA[type] } }])),
  };
  const described = Object.entries(headers).map(([name, what]) => [
    name,
    { description: what, schema: { type: 'string' } },
  ]);
  return {
    description,
    ...(described.length === 0 ? {} : { headers: Object.fromEntries(described) }),
    content,
  };
}

function problemObject(status: number, codes: readonly ProblemCode[]): JsonObject {
  const schemas = codes.map((code) => ({ $ref: schemaAddress(problemSchemaName(code)) }));
  const mapping = Object.fromEntries(codes.map((code) => [code, schemaAddress(problemSchemaName(code))]));
  const [only] = schemas;
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    ...(status === 503 || codes.some((code) => RETRY_AFTER_CODES.has(code)) ? { headers: RETRY_AFTER } : {}),
    content: {
      [PROBLEM_TYPE]: {
        schema:
          schemas.length === 1 && only !== undefined
            ? only
            : { oneOf: schemas, discriminator: { propertyName: 'code', mapping } },
      },
    },
  };
}

function jsonContent(name: string, example?: unknown): JsonObject {
  const schema = { $ref: schemaAddress(name) };
  return { [JSON_TYPE]: example === undefined ? { schema } : { schema, example } };
}

function packageVersion(): string {
  const text = readFileSync(new URL('package.json', packageFolder), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
