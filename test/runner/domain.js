/**
 * Finds the test that an error belongs to which nothing caught. `libraries.js` puts this in the place of `async-hook-domain` in tap.
 *
 * That one follows every promise of the process, which takes as long as what the tests do. Tests of a file run one after another, so the
 * error is given to the innermost one that runs, whichever of them it came from: the file fails either way.
 */
import { executionAsyncResource } from 'node:async_hooks';

/** The ones that have not ended, in the order in which they were made: a test after those around it. */
const domains = new Set();
const emit = process.emit;

export class Domain {
  #onError;
  /** tap makes a domain in the scope of its test, and that of the file outside of any. */
  #test = executionAsyncResource().test;

  constructor(onError) {
    this.#onError = onError;
    domains.add(this);
  }

  destroy() {
    domains.delete(this);
  }

  onerror(error, kind) {
    this.#onError(error, kind);
  }

  /** A test is made when its file names it, and may have to wait for others. */
  get runs() {
    return this.#test?.started !== false;
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
  const running = [...domains].findLast(({ runs }) => runs);
  running?.onerror(error, kind);
  return running !== undefined;
}
