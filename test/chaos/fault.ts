/** Names a test after a fault of docs/reliability.md, and skips it if another fault was requested. */
import t, { type Test } from 'tap';

const wanted = process.env['CHAOS_FAULT'];

/** @param number as in docs/reliability.md */
export function fault(number: number, title: string, body: (t: Test) => Promise<void>): void {
  if (wanted !== undefined && wanted !== String(number)) return;
  void t.test(`fault ${number}: ${title}`, body);
}
