/** Serves `GET /openapi.json`, and the same as a collection for Postman. */
import type { Reply } from '../wire/exchange.js';
import { JSON_TYPE } from '../wire/status-lines.js';

export class DescriptionHandlers {
  #text: Promise<string> | undefined;
  #collection: Promise<string> | undefined;

  /** Put together when it is first asked for: most processes never are, and none should start later for it. */
  async show(): Promise<Reply> {
    this.#text ??= describe();
    return { status: 200, contentType: JSON_TYPE, body: await this.#text };
  }

  async collection(): Promise<Reply> {
    this.#collection ??= describeForPostman();
    const headers = { 'Content-Disposition': 'attachment; filename="seonchak.postman_collection.json"' };
    return { status: 200, contentType: JSON_TYPE, headers, body: await this.#collection };
  }
}

async function describeForPostman(): Promise<string> {
  const [{ openApiDocument }, { postmanCollection }] = await Promise.all([
    import('./document.js'),
    import('./postman.js'),
  ]);
  return JSON.stringify(postmanCollection(openApiDocument()));
}

async function describe(): Promise<string> {
  const { openApiDocument } = await import('./document.js');
  return JSON.stringify(openApiDocument());
}
