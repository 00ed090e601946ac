/**
 * Finds the test that an error belongs to which nothing caught. `libraries.js` puts this in the place of `async-hook-domain` in tap.
 *
 * That one keeps every promise of the process in a table until it is collected, which takes as long as what the tests do.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage();
const emit = process.emit;

export class Domain {
  #onError;
  #ended = false;
  #outer = current.getStore();

  /** Begins for what the caller starts from now on. */
  constructor(onError) {
    this.#onError = onError;
    current.enterWith(this);
  }

  /** What it still starts belongs to the domain around it. */
  destroy() {
    this.#ended = true;
  }

  onerror(error, kind) {
    this.#onError(error, kind);
  }

  /** @returns {Domain | undefined} this one, or the nearest around it that has not ended */
  get running() {
    return this.#ended ? this.#outer?.running : this;
  }
}

process.on('uncaughtExceptionMonitor', (error, kind) => {
  // Node.js ends the process unless a callback takes this one error.
  if (handle(error, kind))
    process.setUncaughtExceptionCaptureCallback(() => process.setUncaughtExceptionCaptureCallback(null));
});

/** A listener would count as handling the rejections that belong to no test. */
process.emit = function emitUnlessHandled(event, ...rest) {
  return event === 'unhandledRejection' && process.listenerCount(event) === 0
    ? handle(rest[0], event)
    : emit.call(this, event, ...rest);
};

function handle(error, kind) {
  if (process.hasUncaughtExceptionCaptureCallback() || process.listenerCount('uncaughtException') > 0)
    return false;
  const domain = current.getStore()?.running;
  domain?.onerror(error, kind);
  return domain !== undefined;
}
