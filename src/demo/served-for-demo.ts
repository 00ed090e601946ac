/**
 * Runs the server of the demo, and ends it when the demo has ended.
 *
 * A demo that was killed cannot stop its server, which would keep the port. The channel between both closes in every case.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
await import('../cli/seonchak.js');
export {};
