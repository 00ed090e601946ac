/** Defines time for the engine; clocks are injected, so that tests and the simulator control them. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch: for what people read. */
  nowMs(): number;
  /** Never goes back, unknown origin: for deadlines and ages. */
  monotonicMs(): number;
}

/** When things run. */
export interface Scheduler {
  /** Once, after everything that is ready in this turn of the event loop has been taken in. */
  endOfTurn(task: () => void): void;
  pause(ms: number): Promise<void>;
  /** Again and again until the returned function is called. Does not keep the process alive. */
  every(ms: number, task: () => void): () => void;
}
