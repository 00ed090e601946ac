/** Turns SIGINT and SIGTERM into an abort signal for long-running commands. */

/**
 * npm forwards a Ctrl-C that the terminal has sent to the whole group already, so one key press arrives twice. A
 * deliberate second one is slower than this.
 */
const SAME_SIGNAL_MS = 500;

/**
 * Aborted by the first SIGINT or SIGTERM. A second signal means that its sender does not want to wait for an orderly
 * end: it ends the process with 1. Listens until the process has ended, so that a late one does not change how it ended.
 */
export function listenForTermination(): AbortSignal {
  const controller = new AbortController();
  let signalledAtMs = Number.POSITIVE_INFINITY;
  const onSignal = (): void => {
    const nowMs = performance.now();
    if (nowMs - signalledAtMs > SAME_SIGNAL_MS) process.exit(1);
    if (controller.signal.aborted) return;
    signalledAtMs = nowMs;
    controller.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return controller.signal;
}
