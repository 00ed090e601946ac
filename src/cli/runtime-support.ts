/** Reports in one line what is missing where the HTTP library has no binary for this Node.js or system. */
import { SeonchakError } from '../engine/domain/errors.js';

/** The library loads a binary made for one Node.js version and one C library; without it, this is how its message begins. */
const LIBRARY_MESSAGE = 'This version of uWS.js supports only';

export class RuntimeUnsupportedError extends SeonchakError {
  static override readonly code = 'runtime_unsupported';
}

export interface Runtime {
  /** `24.21.0` */
  readonly node: string;
  /** `linux x64` */
  readonly platform: string;
  /** Version of the system's glibc; `undefined` where there is none, as on Alpine. */
  readonly glibc: string | undefined;
}

export function thisRuntime(): Runtime {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    glibc: header.glibcVersionRuntime,
  };
}

/**
 * @param fault what a command threw.
 * @returns what is missing and what to do; `undefined` for any other fault.
 */
export function whatIsMissing(fault: unknown, runtime: () => Runtime): string | undefined {
  if (!(fault instanceof Error) || !fault.message.startsWith(LIBRARY_MESSAGE)) return undefined;
  const { node, platform, glibc } = runtime();
  const needed = /version `GLIBC_([\d.]+)' not found/.exec(fault.message)?.[1];
  if (needed !== undefined) {
    return `Node.js ${node} needs glibc ${needed} or newer for the HTTP library, and this system has ${glibc ?? 'another C library'}. Run it on Debian 13 or Ubuntu 24.04, or run Node.js 20 here.`;
  }
  if (glibc === undefined && platform.startsWith('linux')) {
    return `The HTTP library needs glibc, and this system has another C library. Run Seonchak on Debian 13 or Ubuntu 24.04.`;
  }
  if (fault.message.includes('Cannot find module')) {
    return `The HTTP library has no binary for Node.js ${node} on ${platform}. Run Node.js 24, 22 or 20.`;
  }
  const cause = fault.message.split('\n').at(-1) ?? '';
  return `The HTTP library cannot be loaded by Node.js ${node} on ${platform}: ${cause}`;
}
