/** Implements `seonchak serve`: runs the server until a termination signal. */
import { once } from 'node:events';
import type { Command } from 'commander';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/config.js';
import type { CommandContext } from './command-context.js';
import { printLine } from './command-context.js';
import { greeting } from './greeting.js';
import { listenForTermination } from './on-termination-signal.js';

export function addServe(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .summary('start the server')
    .description(
      'Start the server and run until SIGTERM or SIGINT. Then answer the requests in flight, record the claimed issuances and exit.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ seonchak serve                                  embedded back end in ./data, nothing else needed
  $ PORT=9000 DATA_DIR=/var/lib/seonchak seonchak serve
  $ REDIS_URL=redis://127.0.0.1:6379 MYSQL_URL=mysql://user:password@127.0.0.1:3306/seonchak \\
      JWT_SECRET=$(openssl rand -base64 32) seonchak serve`,
    )
    .action(() => serve(context, loadConfig(context.env)));
}

async function serve(context: CommandContext, config: Config): Promise<void> {
  const [{ startServer }, { createLogger }] = await Promise.all([
    import('../server/main.js'),
    import('../server/log.js'),
  ]);
  const { isApiChild, unrefParentChannel } = await import('../server/processes.js');
  // Before the start: a server of several processes answers before the last of them is up, and an order to end must not cut those answers off.
  const { ending, forget } = listenForTermination();
  try {
    const server = await startServer(config, createLogger(config));
    // In one write: a program that waits for the first line in a pipe has the commands below it too.
    if (!isApiChild()) printLine(context.output, greeting(config, server.port).join('\n'));

    if (!ending.aborted) await once(ending, 'abort');
    await server.stop();
  } finally {
    forget();
    unrefParentChannel();
  }
}
