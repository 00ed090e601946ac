/**
 * Compares the place of a follower with the history that a database has now (docs/adr/0102).
 *
 * A failover may lose the last changes, and the promoted server gives their revisions again. So a revision alone does not
 * show whether a follower has read this change or a lost one. Each change has a random token beside its revision.
 */

/** Characters of a token. */
export const TOKEN_LENGTH = 8;

/** Tokens that a counter keeps: a follower that is further behind starts anew. Half a second has fewer changes. */
export const TOKENS_MAX = 256;

/** The last change of a kind, as the database has it. */
export interface ChangeHead {
  readonly revision: number;
  /** Tokens of the latest changes, up to {@link TOKENS_MAX}, the newest first, without separators. */
  readonly tokens: string;
}

/** The change up to which a follower has read. */
export interface ChangePlace {
  readonly revision: number;
  readonly token: string;
}

export function placeAt({ revision, tokens }: ChangeHead): ChangePlace {
  return { revision, token: tokens.slice(0, TOKEN_LENGTH) };
}

/** Whether nothing has changed since. */
export function isPlaceAt(head: ChangeHead, place: ChangePlace): boolean {
  return place.revision === head.revision && head.tokens.startsWith(place.token);
}

/** Empty for a change that this history does not have, or that is further back than its tokens. */
export function tokenOf(head: ChangeHead, revision: number): string {
  const start = (head.revision - revision) * TOKEN_LENGTH;
  return start < 0 ? '' : head.tokens.slice(start, start + TOKEN_LENGTH);
}

/** Whether the history of this head certainly has the change at which the follower is; so later changes complete its copy. */
export function continues(head: ChangeHead, { revision, token }: ChangePlace): boolean {
  return token !== '' && tokenOf(head, revision) === token;
}
