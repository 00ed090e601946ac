/**
 * Maps the outcome of a command to an exit code and one line of text.
 *
 * The line has one form: what happened, why, what to do, and the code of docs/errors.md in brackets.
 */
import { ConfigError, SeonchakError, SeveralFaultsError } from '../engine/domain/errors.js';
import { RuntimeUnsupportedError, thisRuntime, whatIsMissing } from './runtime-support.js';

export const exitCodes = { done: 0, failed: 1, misused: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The command line asks for something that cannot be: exit code 2. */
export class UsageError extends SeonchakError {
  static override readonly code = 'usage_invalid';
}

/** The command was understood and did not succeed: exit code 1. */
export class CommandFailedError extends SeonchakError {
  static override readonly code: string = 'command_failed';
}

export class UnknownCouponError extends CommandFailedError {
  static override readonly code = 'unknown_coupon';

  constructor(ids: readonly number[]) {
    const named = ids.length === 1 ? `Coupon ${ids.join()} does` : `Coupons ${ids.join(', ')} do`;
    super(`${named} not exist. \`seonchak status\` lists the coupons.`);
  }
}

/** A running server refused what the command requested; the code is the server's. */
export class ServerRefusedError extends CommandFailedError {
  override readonly code: string;

  constructor(body: { readonly [field: string]: unknown }, status: number) {
    const { detail, code } = body;
    super(`The server refused: ${typeof detail === 'string' ? detail : `status ${status}.`}`);
    this.code = typeof code === 'string' ? code : CommandFailedError.code;
  }
}

/** Faults that the operator fixes by other words or other settings. */
const misuseCodes: ReadonlySet<string> = new Set([
  UsageError.code,
  'port_in_use',
  'listen_failed',
  'data_dir_unwritable',
  'data_dir_in_use',
  'data_dir_missing',
  'secret_unusable',
  'open_files_too_few',
]);

export interface FaultReport {
  readonly exitCode: ExitCode;
  readonly lines: readonly string[];
  /** Its name in docs/errors.md. */
  readonly code: string;
}

/** What to print and how to end. Never a stack trace. */
export function reportFault(fault: unknown): FaultReport {
  if (fault instanceof ConfigError) {
    return { exitCode: exitCodes.misused, lines: fault.faults, code: fault.code };
  }
  if (fault instanceof SeveralFaultsError) {
    const reports = fault.errors.map(reportFault);
    return {
      exitCode: reports.some(({ exitCode }) => exitCode === exitCodes.misused)
        ? exitCodes.misused
        : exitCodes.failed,
      lines: reports.flatMap(({ lines }) => lines),
      code: reports[0]?.code ?? SeonchakError.code,
    };
  }
  if (fault instanceof SeonchakError) {
    const misused = misuseCodes.has(fault.code);
    return {
      exitCode: misused ? exitCodes.misused : exitCodes.failed,
      lines: [withCause(fault)],
      code: fault.code,
    };
  }
  const missing = whatIsMissing(fault, thisRuntime);
  if (missing !== undefined) {
    return { exitCode: exitCodes.misused, lines: [missing], code: RuntimeUnsupportedError.code };
  }
  return {
    exitCode: exitCodes.failed,
    lines: [`Unexpected error: ${oneLine(fault)}. LOG_LEVEL=debug shows where it was raised.`],
    code: SeonchakError.code,
  };
}

/** One line for a person to read, with the code at its end for a search or a script. */
export function faultLine(text: string, code: string): string {
  return `seonchak: ${text} [${code}]`;
}

/** How deep a chain of causes is followed; a cycle must not delay the message. */
const CAUSES_MAX = 8;

/**
 * An operator at a terminal may see the internal cause, unlike a caller over HTTP. The innermost one names what to fix.
 */
function withCause(fault: Error): string {
  let innermost: unknown = fault;
  for (let depth = 0; depth < CAUSES_MAX; depth += 1) {
    if (!(innermost instanceof Error) || innermost.cause === undefined) break;
    innermost = innermost.cause;
  }
  return innermost === fault ? oneLine(fault) : `${oneLine(fault)} (${oneLine(innermost)})`;
}

function oneLine(fault: unknown): string {
  if (fault instanceof AggregateError && fault.errors.length > 0) return oneLine(fault.errors[0]);
  const text = fault instanceof Error ? fault.message || fault.name : String(fault);
  return text.split('\n')[0] ?? '';
}
