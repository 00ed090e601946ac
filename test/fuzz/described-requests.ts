/** Makes requests for the operations of an OpenAPI document: mostly as described, with odd values among them. */
import fc from 'fast-check';

/** A schema of the document, as far as requests need it. */
export interface RequestSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly RequestSchema[];
  readonly oneOf?: readonly RequestSchema[];
  readonly items?: RequestSchema;
  readonly properties?: Readonly<Record<string, RequestSchema>>;
  readonly required?: readonly string[];
  readonly format?: string;
}

export interface RequestParameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: RequestSchema;
}

export interface RequestOperation {
  readonly parameters?: readonly RequestParameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: RequestSchema }>> };
}

export interface DescribedRequest {
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Values that parsers take for others, and bounds of what columns and numbers hold. */
const oddText = fc.constantFrom(
  ...[
    '',
    ' ',
    '0',
    '01',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x1',
    'NaN',
    'null',
    'true',
    '[]',
    '{}',
    '__proto__',
    'constructor',
  ],
  ...[
    '999999999999999',
    '9007199254740993',
    '18446744073709551616',
    '%',
    '%00',
    '..',
    '/',
    '~',
    'a~2',
    "'",
    '"',
    ';',
    '--',
  ],
  ...[
    '\u0000',
    '\u202e',
    '\ud800',
    '한국어',
    '😀',
    'x'.repeat(65),
    'x'.repeat(300),
    'sck_',
    'seonchak.account.1',
    '=1+1',
  ],
  ...[
    '2026-02-30T00:00:00Z',
    '9999-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
    '2026-11-28',
    '275760-09-13T00:00:00Z',
  ],
);
const oddNumber = fc.constantFrom(
  ...[
    0,
    -0,
    -1,
    1,
    1.5,
    1e21,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    -(2 ** 53),
    1_000_000,
    1_000_001,
    999_999_999_999_999,
  ],
);
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  oddNumber,
  fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { $ne: null }, [1, 1], { toString: 1 }),
);

const ordinaryText = fc.constantFrom(
  '1',
  '2',
  '7',
  'm-1',
  'order-1',
  'order-2',
  'abc',
  'A coupon',
  'a@shop.test',
);

/** Mostly what the schema describes; one in six values is odd. */
function valueOf(schema: RequestSchema, named: (reference: string) => RequestSchema): fc.Arbitrary<unknown> {
  const described = describedValue(schema, named);
  return fc.oneof({ weight: 5, arbitrary: described }, { weight: 1, arbitrary: oddValue });
}

function describedValue(
  schema: RequestSchema,
  named: (reference: string) => RequestSchema,
): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return describedValue(named(schema.$ref), named);
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => describedValue(choice, named)));
  switch ([schema.type].flat()[0] ?? 'string') {
    case 'object': {
      const properties = Object.entries(schema.properties ?? {});
      return fc.record(
        Object.fromEntries(properties.map(([name, property]) => [name, valueOf(property, named)])),
        { requiredKeys: [...(schema.required ?? [])] },
      );
    }
    case 'array':
      return fc.array(valueOf(schema.items ?? {}, named), { maxLength: 3 });
    case 'integer':
    case 'number':
      return fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 1, max: 4 }) },
        fc.integer({ min: 1, max: 100 }),
      );
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return schema.format === 'date-time'
        ? fc.constantFrom('2026-11-22T12:00:00Z', '2099-01-01T00:00:00+09:00')
        : ordinaryText;
  }
}

/** Text for a path, a query or a header. */
const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const inHeader = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');

/** @param route with its parameters in braces, `/v1/coupons/{id}`. */
export function describedRequest(
  route: string,
  operation: RequestOperation,
  named: (reference: string) => RequestSchema,
): fc.Arbitrary<DescribedRequest> {
  const parameters = (operation.parameters ?? []).map((parameter) => ({
    ...parameter,
    value: valueOf(parameter.schema, named),
  }));
  const of = (place: string): fc.Arbitrary<Record<string, unknown>> => {
    const chosen = parameters.filter((parameter) => parameter.in === place);
    return fc.record(Object.fromEntries(chosen.map(({ name, value }) => [name, value])), {
      requiredKeys: place === 'path' ? chosen.map(({ name }) => name) : [],
    });
  };
  const schema = operation.requestBody?.content['application/json']?.schema;
  const body =
    schema === undefined
      ? fc.constant(undefined)
      : valueOf(schema, named).map((value) => JSON.stringify(value));
  return fc
    .record({ path: of('path'), query: of('query'), header: of('header'), body })
    .map(({ path, query, header, body: sent }) => {
      const filled = route.replace(/\{(\w+)\}/g, (_, name: string) => encoded(asText(path[name])));
      const pairs = Object.entries(query).map(([name, value]) => `${name}=${encoded(asText(value))}`);
      return {
        path: pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`,
        headers: Object.fromEntries(
          Object.entries(header).map(([name, value]) => [name, inHeader(asText(value))]),
        ),
        body: sent,
      };
    });
}

/** Half of a surrogate pair has no percent-encoding. */
const encoded = (text: string): string => encodeURIComponent(Buffer.from(text).toString());
