/** Reads the CPU time of processes from /proc, with all threads and ended children. */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which Linux shows to programs; it has been 100 on every architecture that Node supports. */
const TICKS_PER_SECOND = 100;

export interface Usage {
  readonly cpuUs: number;
  readonly residentBytes: number;
}

/** CPU time since their start and resident memory now, of all these processes together. One that has ended counts nothing. */
export function usageOf(pids: readonly number[]): Usage {
  let cpuUs = 0;
  let residentBytes = 0;
  for (const pid of pids) {
    const fields = statFieldsOf(pid);
    if (fields === undefined) continue;
    // proc_pid_stat(5): utime, stime, cutime, cstime are fields 14 to 17, rss is 24; the first two were cut off.
    const ticks = [14, 15, 16, 17].reduce((sum, field) => sum + Number(fields[field - 3] ?? 0), 0);
    cpuUs += (ticks / TICKS_PER_SECOND) * 1_000_000;
    residentBytes += residentBytesOf(pid);
  }
  return { cpuUs, residentBytes };
}

/** The process and everything it has started that is still alive. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statFieldsOf(Number(name))?.[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [pid];
  for (const member of tree) tree.push(...(children.get(member) ?? []));
  return tree;
}

/** The fields after the name, which may contain anything: state, ppid, … */
function statFieldsOf(pid: number): string[] | undefined {
  const text = readOrNothing(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function residentBytesOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readOrNothing(`/proc/${pid}/status`) ?? '')?.[1];
  return Number(kilobytes ?? 0) * 1_024;
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
