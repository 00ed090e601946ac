/**
 * Loads uWebSockets.js with our limit for request heads and without its name in responses.
 *
 * The library reads its limit from the environment when its binary is loaded, so the variable is set here, before. Its default
 * of 4 KB refuses a token with 120 roles (4.8 KB). The switch for its name has no documentation; it is in its source
 * (addon.cpp, `uWS_cfg`), and its benchmarks use it.
 */
import { createRequire } from 'node:module';
import type * as Library from 'uWebSockets.js';

/** Request line and headers together. */
export const REQUEST_HEAD_BYTES_MAX = 16_384;

/** Above ours, so that our own answer comes first: beyond it the library responds with a page of its own. */
export const LIBRARY_HEAD_BYTES_MAX = REQUEST_HEAD_BYTES_MAX + 4_096;

interface HiddenSwitches {
  _cfg(name: string): void;
}

process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(LIBRARY_HEAD_BYTES_MAX);
const uWS = createRequire(import.meta.url)('uWebSockets.js') as typeof Library & HiddenSwitches;
uWS._cfg('silent');

export { uWS };
