/**
 * Writes the log: one JSON object per line on standard output, without credentials; on a terminal, lines for people.
 *
 * Errors of the drivers carry their commands: mysql2 the statement with its values (a password hash at sign-up),
 * ioredis the arguments (the password of AUTH). So only name, code, message, stack and cause of an error are logged.
 */
import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';
import type { Config } from '../config/config.js';

/** How deep a chain of causes is followed; a cycle must not delay the line. */
const CAUSES_MAX = 8;

/** Where a text may contain a credential: before the host of an address, after `Bearer`, or as a bare token. */
const credentials = /(?<=:\/\/)[^\s/@]+(?=@)|(?<=bearer\s+)\S+|eyJ[\w-]+\.[\w-]+\.[\w-]*/gi;

/** What a person at a terminal reads. Loaded there only: machines get JSON. */
export async function forTerminal(
  terminal: NodeJS.WritableStream,
  colours = true,
): Promise<DestinationStream> {
  const { build } = await import('pino-pretty');
  return build({
    colorize: colours,
    destination: terminal,
    ignore: 'pid,hostname',
    // The tables of a new database alone would fill the first screen of a newcomer.
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    // In the order in which they were written, also at the end of the process.
    sync: true,
  });
}

interface LoggedFault {
  readonly type: string;
  readonly message: string;
  readonly code?: unknown;
  readonly stack?: string;
  readonly cause?: LoggedFault;
}

/** @param destination standard output when left out. */
export function createLogger(config: Pick<Config, 'logLevel'>, destination?: DestinationStream): Logger {
  const options = {
    level: config.logLevel,
    base: { pid: process.pid },
    serializers: { err: (fault: unknown) => describe(fault, CAUSES_MAX) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

function describe(fault: unknown, causesLeft: number): LoggedFault {
  if (!(fault instanceof Error)) return { type: typeof fault, message: withoutCredentials(String(fault)) };
  return {
    type: fault.name === 'Error' ? fault.constructor.name : fault.name,
    message: withoutCredentials(fault.message),
    ...('code' in fault ? { code: fault.code } : {}),
    ...(fault.stack === undefined ? {} : { stack: withoutCredentials(fault.stack) }),
    ...(fault.cause === undefined || causesLeft === 0
      ? {}
      : { cause: describe(fault.cause, causesLeft - 1) }),
  };
}

function withoutCredentials(text: string): string {
  return text.replace(credentials, '***');
}
