/** Logs requests, except downloads: these are counted, and their errors are logged separately. */
import type { Logger } from 'pino';

export interface AnsweredRequest {
  readonly requestId: string;
  readonly method: string;
  /** Without its query, which may name a person. */
  readonly path: string;
  readonly status: number;
  readonly ms: number;
}

export function logFault(logger: Logger): (fault: unknown, requestId: string) => void {
  return (fault, requestId) => logger.error({ err: fault, requestId }, 'Request failed');
}

/** What changes something is worth a line of its own; what only looks is not, unless asked for. */
export function logAnswer(logger: Logger): (answered: AnsweredRequest) => void {
  return (answered) => {
    const { method } = answered;
    if (method === 'get' || method === 'head') logger.debug(answered, 'request');
    else logger.info(answered, 'request');
  };
}
