/** Names the Lua scripts and their numbers of keys, and loads their text from `lua/`. The only place that does. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { packageFolder } from '../../package-folder.js';

/** Number of KEYS of each script; a test compares it with the script's header. */
export const scriptKeyCounts = {
  ack: 2,
  admit: 3,
  amend: 2,
  'report-process': 1,
  backlog: 2,
  'check-marks': 1,
  claim: 4,
  'clear-pending': 1,
  depth: 4,
  'take-back': 3,
  gather: 1,
  holder: 2,
  inspect: 5,
  installation: 1,
  'mark-pending': 1,
  merge: 3,
  move: 10,
  oldest: 2,
  probe: 2,
  release: 5,
  requeue: 2,
  resume: 5,
  revoke: 3,
  'set-aside': 2,
  snapshot: 5,
  stamp: 1,
  suspend: 5,
  unqueued: 2,
  warm: 6,
} as const;

export type ScriptName = keyof typeof scriptKeyCounts;

/** Scripts that take their KEYS again for each coupon of a call. */
export const scriptsOverCoupons: ReadonlySet<ScriptName> = new Set<ScriptName>([
  'ack',
  'admit',
  'backlog',
  'claim',
  'depth',
  'release',
  'snapshot',
]);

/** Scripts whose first argument is the run id of the server they are sent to (server-identity.ts). */
export const scriptsTakingServerId: ReadonlySet<ScriptName> = new Set<ScriptName>([
  'admit',
  'amend',
  'take-back',
  'gather',
  'inspect',
  'resume',
  'revoke',
  'snapshot',
  'suspend',
  'warm',
]);

export interface Script {
  readonly name: ScriptName;
  readonly keyCount: number;
  readonly source: string;
  /** What EVALSHA names it by. */
  readonly sha1: string;
}

export type Scripts = Readonly<Record<ScriptName, Script>>;

export const scriptFolder = new URL('lua/', packageFolder);

/** Reads all scripts. Called once when a connection is built; nothing is read at import. */
export function loadScripts(): Scripts {
  const entries = Object.entries(scriptKeyCounts).map(([name, keyCount]) => {
    const source = readFileSync(new URL(`${name}.lua`, scriptFolder), 'utf8');
    return [name, { name, keyCount, source, sha1: createHash('sha1').update(source).digest('hex') }];
  });
  return Object.freeze(Object.fromEntries(entries) as Record<ScriptName, Script>);
}
