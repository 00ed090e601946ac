/**
 * Resolves the host of a webhook, and admits public addresses only.
 *
 * A name is resolved at every connect, and the connection goes to the address that was checked. A check before that would be worthless: the name
 * may have another address by then (DNS rebinding).
 */
import { lookup as lookupName, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The name resolves to an address that is not public. */
export class AddressRefusedError extends Error {
  readonly code = 'ADDRESS_REFUSED';
}

const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** False for loopback, private, link-local, multicast, documentation and every other range with a meaning of its own. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // An IPv4 address in the form of an IPv6 one counts as the IPv4 address.
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  // Outside 2000::/3 nothing is assigned, and `::7f00:1` once meant 127.0.0.1.
  return !(parsed instanceof ipaddr.IPv6) || parsed.match(GLOBAL_UNICAST);
}

/** An address in a URL in place of a host name is never resolved, so that it is checked here. */
export function isPublicHost(hostname: string): boolean {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(literal) === 0 || isPublicAddress(literal);
}

/** Resolves a name for a connection. One address that is not public refuses the name. */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  const all: LookupOptions & { readonly all: true } = { ...options, all: true };
  lookupName(hostname, all, (fault, found: readonly LookupAddress[]) => {
    const addresses = fault === null ? found : [];
    const [first] = addresses;
    if (first === undefined) {
      callback(fault ?? new AddressRefusedError(`${hostname} has no address`), '', 0);
      return;
    }
    const refused = addresses.find(({ address }) => !isPublicAddress(address));
    if (refused !== undefined) {
      callback(
        new AddressRefusedError(`${hostname} resolves to ${refused.address}, which is not public`),
        '',
        0,
      );
    } else if (options.all === true) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  });
};
