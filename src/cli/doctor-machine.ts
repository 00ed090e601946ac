/** Checks the machine: runtime, open files, memory. */
import { freemem, totalmem } from 'node:os';
import { openFilesMax } from '../server/open-files.js';
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
    memory(freemem(), totalmem()),
  ];
}

function openFiles(most: number): Finding {
  const check = 'open files';
  if (most === Number.POSITIVE_INFINITY) return { state: 'ok', check, text: 'no limit' };
  const text = `${most.toLocaleString('en')} per process`;
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
    : { state: 'warning', check: 'memory', text: `${text}; a process under load takes some 300 MB` };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE).toLocaleString('en')} MB`;
}
