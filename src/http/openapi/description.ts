/** Serves `GET /openapi.json`. */
import type { Reply } from '../wire/exchange.js';
import { JSON_TYPE } from '../wire/status-lines.js';

export class DescriptionHandlers {
  #text: Promise<string> | undefined;

  /** Put together when it is first asked for: most processes never are, and none should start later for it. */
  async show(): Promise<Reply> {
    this.#text ??= describe();
    return { status: 200, contentType: JSON_TYPE, body: await this.#text };
  }
}

async function describe(): Promise<string> {
  const { openApiDocument } = await import('./document.js');
  return JSON.stringify(openApiDocument());
}
