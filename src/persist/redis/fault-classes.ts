/** Classifies errors of Redis and of the connection by what they mean for the command: the only place that does. */
import {
  type SeonchakError,
  StoreCorruptError,
  StoreOutcomeUnknownError,
  StoreUnavailableError,
} from '../../engine/domain/errors.js';

/**
 * - `repeat`: refused before execution because of where the slot is at the moment; safe to send again, elsewhere or later.
 * - `divided`: refused before execution because its slot is moving and its keys are at two nodes; safe to send again later, or in parts.
 * - `reload`: refused before execution because the script cache was emptied; safe to send again with the script's text.
 * - `unavailable`: refused before execution for as long as the server is in that state.
 * - `corrupt`: the server executed or judged the command itself and found invalid content.
 * - `unknown`: the command left and its reply will not come.
 */
export type FaultClass = 'repeat' | 'divided' | 'reload' | 'unavailable' | 'corrupt' | 'unknown';

/** What an error begins with when a key is of another type than the command needs. */
export const WRONG_TYPE = 'WRONGTYPE';

/** By the first word of an error reply (Redis 7.0 `src/server.c`, `src/script.c`, `src/cluster.c`). */
const replyClasses: Readonly<Record<string, FaultClass>> = {
  MOVED: 'repeat',
  ASK: 'repeat',
  TRYAGAIN: 'divided',
  CLUSTERDOWN: 'repeat',
  NOSCRIPT: 'reload',
  LOADING: 'unavailable',
  MASTERDOWN: 'unavailable',
  READONLY: 'unavailable',
  // The scripts declare no allow-oom unless they free, so the refusal comes before their first write.
  OOM: 'unavailable',
  NOREPLICAS: 'unavailable',
  MISCONF: 'unavailable',
  BUSY: 'unavailable',
  NOAUTH: 'unavailable',
  NOPERM: 'unavailable',
  WRONGPASS: 'unavailable',
  // Scripts check every key of a coupon before their first write, and the coupon is rebuilt when it is read next.
  [WRONG_TYPE]: 'unavailable',
};

/** The message of ioredis when its stream cannot take a command and nothing may be queued: the command did not leave. */
const NOT_WRITTEN = "Stream isn't writeable and enableOfflineQueue options is false";

export function faultClass(error: unknown): FaultClass {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'ReplyError') return replyClasses[firstWord(error.message)] ?? 'corrupt';
  if (error.message === NOT_WRITTEN) return 'unavailable';
  // Connection closed with the command in flight (`Connection is closed.`, MaxRetriesPerRequestError, AbortError), a
  // protocol fault, or something new: a fault that cannot be classified counts as possibly carried out.
  return 'unknown';
}

/** Recognises this cause in a fault that the engine gets. */
export function isWrongTypeFault(fault: unknown): boolean {
  return fault instanceof Error && fault.cause instanceof Error && fault.cause.message.startsWith(WRONG_TYPE);
}

/** A call about several coupons whose slot is moving: nothing was carried out, and each may be asked about alone. */
export class SlotDividedError extends StoreUnavailableError {}

/** The fault the engine sees. `repeat` and `reload` arrive here only when the deadline ended their repetition. */
export function storeFault(error: unknown): SeonchakError {
  switch (faultClass(error)) {
    case 'repeat':
    case 'divided':
    case 'reload':
    case 'unavailable':
      return new StoreUnavailableError(
        'Redis refused a command. See `cause` for the error from Redis. Run `seonchak doctor`.',
        {
          cause: error,
        },
      );
    case 'corrupt':
      return new StoreCorruptError(
        'Redis replied with an unexpected error. See `cause` for the error from Redis. Check that all processes run one version, then run `seonchak doctor`.',
        {
          cause: error,
        },
      );
    case 'unknown':
      return new StoreOutcomeUnknownError(
        'The connection to Redis was lost before the reply arrived. Run `seonchak doctor`, and try again once Redis answers.',
        {
          cause: error,
        },
      );
  }
}

/** `MOVED 866 127.0.0.1:7001` and `ASK …`: the address to go to; `undefined` for every other error. */
export function redirection(
  error: unknown,
): { readonly address: string; readonly asking: boolean } | undefined {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return undefined;
  const [word, , address] = error.message.split(' ');
  if ((word !== 'MOVED' && word !== 'ASK') || address === undefined) return undefined;
  return { address, asking: word === 'ASK' };
}

function firstWord(message: string): string {
  return message.split(' ', 1)[0] ?? '';
}
