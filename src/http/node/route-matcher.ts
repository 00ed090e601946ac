/**
 * Finds the handlers for a method and a path, in the order in which uWebSockets.js tries them.
 *
 * In each segment a literal precedes a parameter (`:id`), which precedes the wildcard (`*`, the remainder of the path). Routes of the method
 * precede those of every method. A parameter is never empty.
 */
import type { Handler } from '../wire/http-app.js';

/** Matches every method. */
export const ANY_METHOD = '';

interface Entry {
  readonly pattern: string;
  readonly segments: readonly string[];
  handler: Handler;
}

/** @returns whether the handler took the request. */
export type Offer = (handler: Handler, params: readonly string[]) => boolean;

export class RouteMatcher {
  /** By method, each in the order of precedence. */
  readonly #entries = new Map<string, Entry[]>();

  /** A pattern that is there already gets the new handler. */
  add(method: string, pattern: string, handler: Handler): void {
    const entries = this.#entries.get(method) ?? [];
    const known = entries.find((entry) => entry.pattern === pattern);
    if (known !== undefined) {
      known.handler = handler;
      return;
    }
    entries.push({ pattern, segments: segmentsOf(pattern), handler });
    entries.sort((a, b) => comparePrecedence(a.segments, b.segments));
    this.#entries.set(method, entries);
  }

  /** Offers the request to one handler after another until one takes it. @returns false when none did. */
  dispatch(method: string, path: string, offer: Offer): boolean {
    const segments = segmentsOf(path);
    return this.#offerAll(method, segments, offer) || this.#offerAll(ANY_METHOD, segments, offer);
  }

  #offerAll(method: string, path: readonly string[], offer: Offer): boolean {
    const entries = this.#entries.get(method);
    if (entries === undefined) return false;
    for (const { segments, handler } of entries) {
      const params = match(segments, path);
      if (params !== undefined && offer(handler, params)) return true;
    }
    return false;
  }
}

function segmentsOf(path: string): string[] {
  return (path.startsWith('/') ? path.slice(1) : path).split('/');
}

/** The parameters of a path that matches. */
function match(pattern: readonly string[], path: readonly string[]): readonly string[] | undefined {
  const isOpen = pattern.at(-1) === '*';
  if (isOpen ? path.length < pattern.length : path.length !== pattern.length) return undefined;
  let params: string[] | undefined;
  for (let place = 0; place < pattern.length; place++) {
    const wanted = pattern[place] ?? '';
    const found = path[place] ?? '';
    if (wanted === found) continue;
    if (wanted === '*') break;
    if (!wanted.startsWith(':') || found === '') return undefined;
    (params ??= []).push(found);
  }
  return params ?? NO_PARAMS;
}

const NO_PARAMS: readonly string[] = [];

function comparePrecedence(a: readonly string[], b: readonly string[]): number {
  for (let place = 0; place < Math.max(a.length, b.length); place++) {
    const difference = rankOf(a[place]) - rankOf(b[place]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function rankOf(segment: string | undefined): number {
  if (segment === '*') return 2;
  return segment?.startsWith(':') === true ? 1 : 0;
}
