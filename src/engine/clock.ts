/** Time as the engine needs it; injected, so that tests and the simulator own it. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch: for what people read. */
  nowMs(): number;
  /** Never goes back, unknown origin: for deadlines and ages. */
  monotonicMs(): number;
}
