/**
 * Determines the client address of a request.
 *
 * Any client can write `X-Forwarded-For`. So the header is read only if the connection comes from a trusted proxy, and
 * from the right: each proxy appends the address of its peer, so the first untrusted address from the right is the last
 * one that a trusted proxy has seen (MDN, "Selecting an IP address").
 */
import { BlockList, isIP } from 'node:net';
import type { HttpRequest, HttpResponse } from '../wire/http-app.js';

/** Addresses whose trust is remembered: proxies are few, and an untrusted client costs one search each time. */
const REMEMBERED_MAX = 1_000;

/** Hops read; a longer list is not one of our proxies'. */
const HOPS_MAX = 32;

/** Groups of an IPv6 address that a provider gives to one customer (RFC 6177). */
const CUSTOMER_GROUPS = 4;

export class ClientAddresses {
  /** `undefined`: no proxy is trusted, and the header is not even read. */
  readonly #proxies: BlockList | undefined;
  readonly #remembered = new Map<string, boolean>();

  /** @param trustedProxies addresses, or networks such as `10.0.0.0/8`; the configuration checks their form. */
  constructor(trustedProxies: readonly string[]) {
    this.#proxies = trustedProxies.length === 0 ? undefined : blockListOf(trustedProxies);
  }

  /** The address as a key of buckets and for logs: IPv4 whole, IPv6 as its network of 64 bits. */
  of(response: HttpResponse, request: HttpRequest): string {
    const peer = plainAddress(Buffer.from(response.getRemoteAddressAsText()).toString('latin1'));
    if (this.#proxies === undefined || !this.#isTrusted(peer)) return customerOf(peer);
    // All lines: a proxy may add one of its own behind the client's.
    const lines: string[] = [];
    request.forEach((name, value) => {
      if (name === 'x-forwarded-for') lines.push(value);
    });
    return customerOf(this.#lastUntrusted(peer, lines.join(',')));
  }

  #lastUntrusted(peer: string, forwardedFor: string): string {
    let nearest = peer;
    for (const hop of forwardedFor.split(',').slice(-HOPS_MAX).reverse()) {
      const address = plainAddress(hop.trim());
      if (isIP(address) === 0) return nearest;
      nearest = address;
      if (!this.#isTrusted(address)) return nearest;
    }
    return nearest;
  }

  #isTrusted(address: string): boolean {
    const remembered = this.#remembered.get(address);
    if (remembered !== undefined) return remembered;
    const trusted = this.#proxies?.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4') ?? false;
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
    this.#remembered.set(address, trusted);
    return trusted;
  }
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

const mappedIpv4 = /^(?:::ffff:|(?:0000:){5}ffff:)/i;

/** An IPv4 address that came over an IPv6 socket is the same caller as over IPv4. */
function plainAddress(text: string): string {
  const unmapped = text.replace(mappedIpv4, '');
  if (unmapped === text) return text;
  if (isIP(unmapped) === 4) return unmapped;
  // In the library's spelling the last two groups are hexadecimal.
  const [high = '', low = ''] = unmapped.split(':');
  const bytes = Number.parseInt(high.padStart(4, '0') + low.padStart(4, '0'), 16);
  return [bytes >>> 24, (bytes >>> 16) & 255, (bytes >>> 8) & 255, bytes & 255].join('.');
}

function customerOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back];
  return groups
    .slice(0, CUSTOMER_GROUPS)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
