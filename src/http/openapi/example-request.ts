/** Writes an example request of an operation, as a line for curl and as an item of a Postman collection. */
import type { JsonObject } from './json-schemas.js';

export interface ExampleRequest {
  readonly method: string;
  /** With `{id}` where the OpenAPI document has it. */
  readonly path: string;
  /** Values of the path, by name. */
  readonly values: Readonly<Record<string, string>>;
  /** Required parameters after the `?`. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Who asks; `undefined`: no token. */
  readonly role: string | undefined;
  /** Takes an `Idempotency-Key`, new for each request. */
  readonly isKeyed: boolean;
  readonly body: unknown;
  /** The answer never ends. */
  readonly isStream: boolean;
}

/** `$SEONCHAK` is the address of the server and `$TOKEN` the access token: a line works as it is once both are set. */
export function curlLine({ method, path, values, query, role, body, isStream }: ExampleRequest): string {
  const place = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? name));
  const asked = query.length === 0 ? '' : `?${new URLSearchParams(Object.fromEntries(query)).toString()}`;
  return [
    `curl${isStream ? ' -N' : ''}${method === 'GET' ? '' : ` -X ${method}`} "$SEONCHAK${place}${asked}"`,
    ...(role === undefined ? [] : ['-H "Authorization: Bearer $TOKEN"']),
    ...(body === undefined
      ? []
      : [
          "-H 'Content-Type: application/json'",
          `-d '${JSON.stringify(body).replaceAll("'", String.raw`'\''`)}'`,
        ]),
  ].join(' \\\n  ');
}

/** An item of a collection of version 2.1. */
export function postmanItem(name: string, description: string, request: ExampleRequest): JsonObject {
  const { method, path, values, query, role, isKeyed, body } = request;
  const parts = path.split('/').filter((part) => part !== '');
  const sent = {
    // Postman makes a new one for each request.
    ...(isKeyed ? { 'Idempotency-Key': '{{$guid}}' } : {}),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
  };
  return {
    name,
    request: {
      method,
      description,
      auth: role === undefined ? { type: 'noauth' } : bearer(`{{${role}Token}}`),
      header: Object.entries(sent).map(([key, value]) => ({ key, value })),
      url: {
        raw: `{{baseUrl}}${path.replace(/\{(\w+)\}/g, ':$1')}`,
        host: ['{{baseUrl}}'],
        path: parts.map((part) => part.replace(/^\{(\w+)\}$/, ':$1')),
        query: query.map(([key, value]) => ({ key, value })),
        variable: Object.entries(values).map(([key, value]) => ({ key, value })),
      },
      ...(body === undefined
        ? {}
        : {
            body: {
              mode: 'raw',
              raw: JSON.stringify(body, undefined, 2),
              options: { raw: { language: 'json' } },
            },
          }),
    },
  };
}

function bearer(value: string): JsonObject {
  return { type: 'bearer', bearer: [{ key: 'token', value, type: 'string' }] };
}
