/** Checks the machine: runtime, open files, memory. */
import { totalmem } from 'node:os';
import { OPEN_FILES_MIN, openFilesMax } from '../server/open-files.js';
import type { Finding } from './doctor-finding.js';

/** Enough for the connections of one process at an event; further ones wait in the backlog of the system. */
const OPEN_FILES_ADVISED = 16_384;
/** A process under load takes some 300 MB, and the stores beside it more. */
const FREE_BYTES_ADVISED = 512 * 1_024 * 1_024;
const MEGABYTE = 1_024 * 1_024;

export function machineFindings(): Finding[] {
  return [
    {
      state: 'ok',
      check: 'runtime',
      text: `Node.js ${process.versions.node} on ${process.platform} ${process.arch}`,
    },
    openFiles(openFilesMax()),
    // The limit of a container may be below the memory of the machine.
    memory(process.availableMemory(), Math.min(totalmem(), process.constrainedMemory() || Infinity)),
  ];
}

function openFiles(most: number): Finding {
  const check = 'open files';
  if (most === Number.POSITIVE_INFINITY) return { state: 'ok', check, text: 'no limit' };
  const text = `${most.toLocaleString('en')} per process`;
  if (most < OPEN_FILES_MIN)
    return {
      ...{ state: 'failed', check },
      text: `${text}; a server needs ${OPEN_FILES_MIN.toLocaleString('en')}, raise the limit (ulimit -n 65536)`,
    };
  return most >= OPEN_FILES_ADVISED
    ? { state: 'ok', check, text }
    : {
        state: 'warning',
        check,
        text: `${text}; each connection needs one, raise the limit (ulimit -n 65536)`,
      };
}

function memory(freeBytes: number, allBytes: number): Finding {
  const text = `${megabytes(freeBytes)} of ${megabytes(allBytes)} free`;
  return freeBytes >= FREE_BYTES_ADVISED
    ? { state: 'ok', check: 'memory', text }
    : {
        state: 'warning',
        check: 'memory',
        text: `${text}; a process under load takes some 300 MB, give it more`,
      };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE).toLocaleString('en')} MB`;
}
