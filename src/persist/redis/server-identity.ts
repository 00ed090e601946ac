/**
 * Reads which start of which Redis a connection leads to: its run id.
 *
 * A Redis that was restarted (from an append-only file that may have lost its tail), replaced, or promoted (without
 * what its master had not yet sent) has another run id. A coupon names the run id it was last verified on, so the first
 * command after such a change finds it out of service, whichever process sends it (lua/inspect.lua). Asked once per
 * connection: the run id cannot change under it. Asking inside the scripts (INFO) was rejected: 28 µs of Redis a batch
 * (docs/adr/0020).
 */
import type { Redis } from 'ioredis';

/** 80 bits of the 160 distinguish starts; every script compares them. */
const RUN_ID_LENGTH = 20;

export class ServerIdentities {
  readonly #runIds = new WeakMap<Redis, string>();

  /** What is known without asking. */
  known(node: Redis): string | undefined {
    return this.#runIds.get(node);
  }

  /** Remembers the answer to `INFO server` until the connection ends. */
  learn(node: Redis, info: string): string {
    const runId = /^run_id:(\S+)/m.exec(info)?.[1]?.slice(0, RUN_ID_LENGTH) ?? '';
    this.#runIds.set(node, runId);
    node.once('close', () => this.#runIds.delete(node));
    return runId;
  }
}
