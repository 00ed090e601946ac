/** Binds the port and reports the reason if binding fails; the library reports none. */
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { uWS } from './http-library.js';
import type { TemplatedApp, us_listen_socket } from 'uWebSockets.js';
import { SeonchakError } from '../../engine/domain/errors.js';

declare module 'uWebSockets.js' {
  /** Missing from the library's own types; its source takes them (AppWrapper.h, addon.cpp). */
  interface TemplatedApp {
    listen(
      host: string,
      port: number,
      options: number,
      onListening: (socket: us_listen_socket | false) => void,
    ): TemplatedApp;
  }
  const LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}

/** Another server has the port. */
export class PortInUseError extends SeonchakError {
  static override readonly code = 'port_in_use';
}

/** The address cannot be listened on: not ours, not allowed, or no address at all. */
export class ListenFailedError extends SeonchakError {
  static override readonly code = 'listen_failed';
}

export interface ListenAt {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** False where several processes share the port. */
  readonly exclusivePort: boolean;
}

export interface Listening {
  readonly port: number;
  /** Takes no more connections; those that are open stay. */
  stop(): Promise<void>;
}

const SHARED_PORT = 0;

const FREE_PORT_TRIES_MAX = 10;
const FREE_PORT_PAUSE_MS = 200;

/** @throws {@link PortInUseError}, {@link ListenFailedError} */
export async function listen(app: TemplatedApp, { host, port, exclusivePort }: ListenAt): Promise<Listening> {
  const socket = await new Promise<us_listen_socket | false>((resolve) => {
    app.listen(host, port, exclusivePort ? uWS.LIBUS_LISTEN_EXCLUSIVE_PORT : SHARED_PORT, resolve);
  });
  if (socket === false) throw await whyNot(host, port);
  return { port: uWS.us_socket_local_port(socket), stop: () => stopListening(socket) };
}

/**
 * Right after a poll of the event loop, which has accepted what waited: connections that the system holds and this process has not
 * accepted are reset by the close.
 */
async function stopListening(socket: us_listen_socket): Promise<void> {
  // Twice: the first may come before this turn's poll.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  uWS.us_listen_socket_close(socket);
}

/**
 * For a port that several processes are to share: their listening would succeed beside another program's. Waits a
 * moment for processes to end whose parent was killed.
 *
 * @throws {@link PortInUseError}, {@link ListenFailedError}
 */
export async function requireFreePort(host: string, port: number): Promise<void> {
  for (let tries = 1; ; tries++) {
    const cause = await faultOfListening(host, port);
    if (cause === undefined) return;
    if (cause.code !== 'EADDRINUSE' || tries === FREE_PORT_TRIES_MAX) throw listenFault(host, port, cause);
    await delay(FREE_PORT_PAUSE_MS);
  }
}

/** Listens once with Node, which reports the reason. */
async function whyNot(host: string, port: number): Promise<SeonchakError> {
  return listenFault(host, port, await faultOfListening(host, port));
}

function faultOfListening(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}

/** @param cause of Node's attempt; `undefined` where it succeeded. */
export function listenFault(
  host: string,
  port: number,
  cause: NodeJS.ErrnoException | undefined,
): SeonchakError {
  // Without a reason the port was released between the two attempts: it was taken when it mattered.
  if (cause === undefined || cause.code === 'EADDRINUSE') {
    return new PortInUseError(
      `Port ${port} on ${host} is in use by another program. Stop it, or set PORT to another port.`,
      { cause },
    );
  }
  return new ListenFailedError(
    `Cannot listen on ${host}, port ${port}: ${cause.code ?? 'unknown reason'}. Check HOST and PORT.`,
    {
      cause,
    },
  );
}
