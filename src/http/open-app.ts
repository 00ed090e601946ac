/** Chooses the HTTP server for the time that connections may be idle. */
import { NodeApp } from './node/node-app.js';
import type { OpenedApp } from './wire/http-app.js';
import { uWS } from './wire/http-library.js';
import { listen } from './wire/listen.js';

/** Compiled into uWebSockets.js. */
export const LIBRARY_IDLE_MS = 10_000;

export interface AppSettings {
  /** Without a request, after which a connection ends. Above {@link LIBRARY_IDLE_MS} Node's own server serves. */
  readonly idleMs?: number | undefined;
  /** Files in PEM; left out: plain HTTP. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
}

export function openApp({ idleMs = LIBRARY_IDLE_MS, tls }: AppSettings): OpenedApp {
  if (idleMs > LIBRARY_IDLE_MS) return new NodeApp({ idleMs, tls });
  const app =
    tls === undefined ? uWS.App() : uWS.SSLApp({ cert_file_name: tls.certFile, key_file_name: tls.keyFile });
  return { app, listen: (at) => listen(app, at) };
}
