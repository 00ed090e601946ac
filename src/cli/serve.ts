/** Implements `seonchak serve`: runs the server until a termination signal. */
import { once } from 'node:events';
import type { Command } from 'commander';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/config.js';
import { OPEN_FILES_MIN, requireOpenFiles } from '../server/open-files.js';
import type { CommandContext } from './command-context.js';
import { printLine } from './command-context.js';
import { exitCodes } from './exit-codes.js';
import { greeting } from './greeting.js';
import { wholeNumber } from './option-values.js';
import { listenForTermination } from './on-termination-signal.js';

/** How long open sockets may outlast the work of a server. */
const LINGER_MAX_MS = 1_000;

export function addServe(program: Command, context: CommandContext): void {
  program
    .command('serve')
    .summary('start the server')
    .description(
      'Start the server and run until SIGTERM or SIGINT. Then answer the requests in flight, record the claimed issuances and exit.',
    )
    .option('--port <number>', 'port to listen on (PORT)', wholeNumber(1, 65_535))
    .option('--host <address>', 'address to listen on (HOST)')
    .option('--data-dir <folder>', 'data folder of the embedded back end (DATA_DIR)')
    .addHelpText(
      'after',
      `
Examples:
  $ seonchak serve                                  embedded back end in ./data, nothing else needed
  $ seonchak serve --port 9000 --data-dir /var/lib/seonchak
  $ REDIS_URL=redis://127.0.0.1:6379 MYSQL_URL=mysql://user:password@127.0.0.1:3306/seonchak \\
      JWT_SECRET=$(openssl rand -base64 32) seonchak serve`,
    )
    .action((options: ServeOptions) => serve(context, loadConfig(withOptions(context.env, options))));
}

interface ServeOptions {
  readonly port?: number;
  readonly host?: string;
  readonly dataDir?: string;
}

/** An option wins over its variable, and the processes that the server starts get the same settings. */
function withOptions(env: NodeJS.ProcessEnv, { port, host, dataDir }: ServeOptions): NodeJS.ProcessEnv {
  const given = { PORT: port === undefined ? undefined : String(port), HOST: host, DATA_DIR: dataDir };
  for (const [name, value] of Object.entries(given)) if (value !== undefined) env[name] = value;
  return env;
}

async function serve(context: CommandContext, config: Config): Promise<void> {
  requireOpenFiles(OPEN_FILES_MIN);
  const [{ startServer }, { createLogger, forTerminal }] = await Promise.all([
    import('../server/main.js'),
    import('../server/log.js'),
  ]);
  const { isApiChild, unrefParentChannel } = await import('../server/processes.js');
  // Before the start: a server of several processes answers before the last of them is up, and an order to end must not cut those answers off.
  const ending = listenForTermination();
  try {
    const { output } = context;
    const logger = createLogger(config, output.isTTY === true ? await forTerminal(output) : undefined);
    const server = await startServer(config, logger);
    // In one write: a program that waits for the first line in a pipe has the commands below it too.
    if (!isApiChild()) printLine(context.output, greeting(config, server.port).join('\n'));

    if (!ending.aborted) await once(ending, 'abort');
    await server.stop();
    // All work has ended. A connection that was being opened to a database that hangs would keep the process for ever.
    setTimeout(() => process.exit(exitCodes.done), LINGER_MAX_MS).unref();
  } finally {
    unrefParentChannel();
  }
}
