/** Formats the address under which this installation is reached. */
import type { Config } from './config.js';

/** @param port the port it listens on, where that is not the configured one. */
export function ownAddress(config: Config, port = config.port): string {
  return `${config.tls === undefined ? 'http' : 'https'}://${reachableHost(config.host)}:${port}`;
}

/** For links that leave this machine. */
export function publicAddress(config: Config): string {
  return config.publicUrl ?? ownAddress(config);
}

/** "Every address of this machine" is not an address to connect to. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
