/** Probes, and a pointer for whoever opens the address in a browser. */
import { json, problemReply } from './exchange.js';
import type { Reply } from './exchange.js';
import type { HttpServices } from './services.js';

export class HealthHandlers {
  readonly #services: Pick<HttpServices, 'readiness'>;

  constructor(services: Pick<HttpServices, 'readiness'>) {
    this.#services = services;
  }

  /** The process runs and its event loop turns; nothing else is asked. */
  live(): Promise<Reply> {
    return Promise.resolve(json(200, { status: 'ok' }));
  }

  /** Whether downloads can be served now, and why not. */
  async ready(): Promise<Reply> {
    const { ready, reasons } = await this.#services.readiness();
    if (ready) return json(200, { status: 'ready' });
    return problemReply({
      code: 'not_ready',
      detail: reasons.join('; ') || 'Not ready yet.',
      fields: { reasons },
    });
  }

  home(): Promise<Reply> {
    return Promise.resolve(
      json(200, { name: 'Seonchak', api: '/v1', documentation: 'docs/ of the package' }),
    );
  }
}
