/** Makes a Postman collection (version 2.1) from the OpenAPI document. */
import { documentedRequests } from './document.js';
import { postmanItem } from './example-request.js';
import type { JsonObject } from './json-schemas.js';

const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';
const ROLES = ['member', 'seller', 'account', 'admin'];

/** @param document as {@link openApiDocument} builds it. */
export function postmanCollection(document: JsonObject): JsonObject {
  const { info, tags } = document as {
    readonly info: { readonly title: string; readonly version: string; readonly description: string };
    readonly tags: readonly { readonly name: string; readonly description: string }[];
  };
  const requests = documentedRequests();
  return {
    info: {
      name: `${info.title} ${info.version}`,
      description: `${info.description} Set the variables baseUrl and the tokens first.`,
      schema: SCHEMA,
    },
    item: tags.map(({ name, description }) => ({
      name,
      description,
      item: requests
        .filter(({ tag }) => tag === name)
        .map(({ summary, description, request }) => postmanItem(summary, description, request)),
    })),
    variable: [
      { key: 'baseUrl', value: 'http://127.0.0.1:8080' },
      ...ROLES.map((role) => ({ key: `${role}Token`, value: '' })),
    ],
  };
}
