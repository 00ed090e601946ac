/**
 * Ends a test process at once when its tests have ended: `node --import ./test/runner/ending.js x.js`.
 *
 * A process that ends without `process.exit` frees its environment, and there Node may loop for ever at 100 % of a
 * processor (nodejs/node#47748): seen with Node 20.20 after every test had passed, when three of them with servers and
 * proxies were concurrent. So `process.exit` ends it, as in src/cli/seonchak.ts. This listener is the first one and calls the others before.
 */
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  let isFatal = false;
  process.on('uncaughtExceptionMonitor', () => {
    isFatal = true;
    // An error that a test takes does not end the process.
    setImmediate(() => (isFatal = false));
  });
  process.once('exit', (code) => {
    // Node prints the error after this event, and then ends the process without freeing its environment.
    if (isFatal) return;
    for (const listener of process.rawListeners('exit')) listener.call(process, code);
    process.exit(process.exitCode ?? code);
  });
}
