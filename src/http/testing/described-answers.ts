/** Checks answers of a running server against the OpenAPI document. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Answer } from './client.js';

interface ResponseObject {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

export interface DocumentObject {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, ResponseObject>> }>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** The document is open to fields of later versions; a test must fail on a field that is not described. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inside = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closed(part)]));
  return inside['type'] === 'object' && inside['properties'] !== undefined
    ? { additionalProperties: false, ...inside }
    : inside;
}

export class DescribedAnswers {
  readonly #document: DocumentObject;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #validators = new Map<object, ValidateFunction>();

  constructor(document: DocumentObject) {
    this.#document = document;
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(closed({ components: document.components }) as object, 'document');
  }

  /**
   * @param line the route as the document names it, such as `GET /v1/coupons/{id}`
   * @returns what is wrong with the answer; `undefined` when it is as described.
   */
  fault(line: string, answer: Answer): string | undefined {
    const [method = '', path = ''] = line.split(' ');
    const response = this.#document.paths[path]?.[method.toLowerCase()]?.responses[String(answer.status)];
    if (response === undefined) return `status ${answer.status} is not described: ${answer.text}`;
    for (const header of Object.keys(response.headers ?? {})) {
      const carries = answer.headers[header.toLowerCase()] !== undefined;
      // One status may have codes with and without it; 503 always has it.
      if (!carries && (answer.status === 503 || answer.status === 201)) return `${header} is missing`;
    }
    const type = (answer.headers['content-type'] ?? '').split(';')[0] ?? '';
    const content = response.content?.[type];
    if (content === undefined) return `content ${type} is not described for ${answer.status}`;
    return /[/+]json$/.test(type) ? this.faultOf(content.schema, answer.body) : undefined;
  }

  /** @param schema one of the document, or one that points into it. */
  faultOf(schema: object, value: unknown): string | undefined {
    let validate = this.#validators.get(schema);
    if (validate === undefined) {
      validate = this.#ajv.compile(pointingAtDocument(schema));
      this.#validators.set(schema, validate);
    }
    return validate(value)
      ? undefined
      : `${this.#ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`;
  }
}

function pointingAtDocument(schema: object): object {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
  return JSON.parse(text) as object;
}
