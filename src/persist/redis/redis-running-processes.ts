/**
 * Implements {@link RunningProcesses} over Redis: each process that listens to a channel reports a line with a time to live.
 *
 * API processes listen for versions and recorders for the bell, in this version and in those before. Redis replies to a PUBLISH with the
 * number of clients that received it, so a listener without a line is a process that reports nothing: an earlier version. The two numbers
 * have to be equal. A line of a process that died could hide an earlier version otherwise, until the line ends.
 */
import { PROCESS_LINE_INTERVAL_MS, PROCESS_LINE_TTL_MS } from '../../engine/domain/limits.js';
import type { RunningProcesses } from '../../engine/ports/running-processes.js';
import { BELL_CHANNEL, newToken, PROCESSES_KEY, VERSIONS_CHANNEL } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import { list, text } from './replies.js';

type Channel = typeof BELL_CHANNEL | typeof VERSIONS_CHANNEL;

export class RedisRunningProcesses implements RunningProcesses {
  readonly #calls: RedisCalls;
  readonly #token = newToken();
  readonly #channels = new Set<Channel>();
  #timer: NodeJS.Timeout | undefined;

  constructor(calls: RedisCalls) {
    this.#calls = calls;
  }

  /** From now on this process reports that it listens to the channel. Best effort: the next line comes within seconds. */
  report(channel: Channel): void {
    if (this.#channels.has(channel)) return;
    this.#channels.add(channel);
    this.#timer ??= setInterval(
      () => void this.#renew(PROCESS_LINE_TTL_MS),
      PROCESS_LINE_INTERVAL_MS,
    ).unref();
    void this.#renew(PROCESS_LINE_TTL_MS);
  }

  /** Reports nothing any more; the lines end in seconds. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** The same, and removes the lines. Never rejects. */
  async end(): Promise<void> {
    this.stop();
    if (this.#channels.size > 0) await this.#renew(0);
    this.#channels.clear();
  }

  async allKnowUnits(): Promise<boolean> {
    const lines = list(
      await this.#calls.run('report-process', [PROCESSES_KEY], [PROCESS_LINE_TTL_MS, ...this.#lines()]),
    );
    const reported = (channel: Channel): number =>
      lines.filter((line) => text(line).startsWith(lineStart(channel))).length;
    for (const channel of [VERSIONS_CHANNEL, BELL_CHANNEL] as const) {
      if ((await this.#calls.countListeners(channel)) !== reported(channel)) return false;
    }
    return true;
  }

  #lines(): string[] {
    return [...this.#channels].map((channel) => lineStart(channel) + this.#token);
  }

  async #renew(ttlMs: number): Promise<void> {
    await this.#calls
      .run('report-process', [PROCESSES_KEY], [ttlMs, ...this.#lines()])
      .catch(() => undefined);
  }
}

/** `units` names what is understood; a later version may report more. */
const lineStart = (channel: Channel): string => `units ${channel} `;
