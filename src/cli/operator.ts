/** Identifies the operator at the command line for the audit log. */
import { hostname, userInfo } from 'node:os';
import type { AuditActor } from '../engine/ports/audit-log.js';

export function operatorHere(): AuditActor {
  return { kind: 'operator', id: userName(), address: hostname() };
}

/** A container may run under a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
