/** Handles probes, and `GET /` where no console is built. */
import { json, problemReply } from '../wire/exchange.js';
import type { Reply } from '../wire/exchange.js';

/** Whether this process can serve downloads now, and if not, why: sentences for an operator, without internal text. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** What an operator should repair although downloads are served. */
  readonly warnings?: readonly string[];
}

export interface HealthPorts {
  readiness(): Promise<Readiness>;
}

export class HealthHandlers {
  readonly #ports: HealthPorts;

  constructor(ports: HealthPorts) {
    this.#ports = ports;
  }

  /** The process runs and its event loop turns; nothing else is asked. */
  live(): Promise<Reply> {
    return Promise.resolve(json(200, { status: 'ok' }));
  }

  /** Whether downloads can be served now, and why not. */
  async ready(): Promise<Reply> {
    const { ready, reasons, warnings = [] } = await this.#ports.readiness();
    if (ready) return json(200, { status: 'ready', ...(warnings.length === 0 ? {} : { warnings }) });
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
