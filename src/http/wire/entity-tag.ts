/** Makes entity tags of coupons: each names one revision of what a seller sets. */
import type { ApiRequest } from './exchange.js';

const tagPattern = /^"r(0|[1-9]\d{0,14})"$/;

/** `issued`, `remaining` and `state` change without the tag: it guards what a seller overwrites. */
export function entityTag(revision: number): string {
  return `"r${revision}"`;
}

/**
 * The revisions that `If-Match` allows; `undefined` without the header, and for `*`. Weak tags, and tags that were never given here, match
 * nothing (RFC 9110, section 13.1.1).
 */
export function revisionsToMatch({ ifMatch }: Pick<ApiRequest, 'ifMatch'>): readonly number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  return ifMatch.split(',').flatMap((tag) => {
    const [, revision] = tagPattern.exec(tag.trim()) ?? [];
    return revision === undefined ? [] : [Number(revision)];
  });
}
