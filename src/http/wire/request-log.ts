/** Logs requests, except downloads: these are counted, and their errors are logged separately. */
import type { Logger } from 'pino';
import type { Clock } from '../../engine/domain/clock.js';
import type { TokenRefused } from './identity.js';

export interface AnsweredRequest {
  readonly requestId: string;
  readonly method: string;
  /** Without its query, which may name a person. */
  readonly path: string;
  readonly status: number;
  readonly ms: number;
}

export function logFault(logger: Logger): (fault: unknown, requestId: string) => void {
  return (fault, requestId) =>
    logger.error(
      { err: fault, requestId },
      'Unexpected error while answering a request; the client got internal_error',
    );
}

/** Requests that change something get a line of their own; requests that only read do not, unless asked for. */
export function logAnswer(logger: Logger): (answered: AnsweredRequest) => void {
  return (answered) => {
    const { method } = answered;
    if (method === 'get' || method === 'head') logger.debug(answered, 'Request answered');
    else logger.info(answered, 'Request answered');
  };
}

/** Connections are refused by the thousand, and one line a minute is enough. */
const REFUSED_LOG_COOLDOWN_MS = 60_000;

export function logRefusedConnections(logger: Logger, clock: Pick<Clock, 'monotonicMs'>): () => void {
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs < quietUntilMs) return;
    quietUntilMs = nowMs + REFUSED_LOG_COOLDOWN_MS;
    logger.warn(
      'New connections are closed, because this process has reached its limit of open files; raise the limit (`ulimit -n`) or add processes',
    );
  };
}

/** The content of a claim may be long, and it is the sender's text. */
const FOUND_LENGTH_MAX = 200;

/** The token itself is never logged: a reader of the log could use it. */
export function logRefusedToken(logger: Logger): (refused: TokenRefused) => void {
  return ({ detail, found }) => {
    if (!logger.isLevelEnabled('debug')) return;
    const shown = found === undefined ? {} : { found: JSON.stringify(found).slice(0, FOUND_LENGTH_MAX) };
    logger.debug({ reason: detail, ...shown }, 'An access token was refused');
  };
}
