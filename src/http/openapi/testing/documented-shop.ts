/** Opens a shop whose answers are compared with its own OpenAPI document as tests walk the routes. */
import type { Test } from 'tap';
import { call } from '../../testing/client.js';
import type { Answer, CallOptions } from '../../testing/client.js';
import { DescribedAnswers } from '../../testing/described-answers.js';
import type { DocumentObject } from '../../testing/described-answers.js';
import { openShop } from '../../testing/shop.js';
import type { Shop } from '../../testing/shop.js';

export const PASSWORD = 'correct horse battery';

/** Calls a route and holds the answer against the document. `path` fills the parameters of `line` in. */
type Walk = (line: string, path: string, options?: CallOptions, url?: string) => Promise<Answer>;

export interface DocumentedShop {
  readonly shop: Shop;
  readonly document: DocumentObject;
  readonly described: DescribedAnswers;
  /** The routes that were walked, and the codes of problems that were answered. */
  readonly met: Set<string>;
  readonly codesMet: Set<string>;
  readonly walker: (t: Test) => Walk;
}

export async function openDocumentedShop(t: Test): Promise<DocumentedShop> {
  const shop = await openShop(t);
  const document = (await call(shop.url, 'GET /openapi.json')).body as unknown as DocumentObject;
  const described = new DescribedAnswers(document);
  const met = new Set<string>();
  const codesMet = new Set<string>();
  const walker = (t: Test): Walk => {
    return async (line, path, options = {}, url = shop.url) => {
      const [method = ''] = line.split(' ');
      const answer = await call(url, `${method} ${path}`, options);
      t.equal(described.fault(line, answer), undefined, `${line} ${path.slice(0, 60)} → ${answer.status}`);
      met.add(line);
      if (answer.status >= 400) codesMet.add(String(answer.body['code']));
      return answer;
    };
  };
  return { shop, document, described, met, codesMet, walker };
}
