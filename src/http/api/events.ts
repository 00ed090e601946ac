/** Handles the feed of a seller's events, for shops that poll. */
import type { EventFeed } from '../../engine/feed/event-feed.js';
import { feedCursor } from '../../engine/domain/events.js';
import type { FeedEvent } from '../../engine/domain/events.js';
import type { Identity } from '../wire/identity.js';
import { json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseQuery } from '../wire/parse-input.js';
import { refuse } from '../wire/problems.js';
import { eventListQuery } from '../wire/feed-schemas.js';

export interface EventPorts {
  readonly feed: Pick<EventFeed, 'read' | 'end' | 'place'>;
}

export class EventHandlers {
  readonly #ports: EventPorts;

  constructor(ports: EventPorts) {
    this.#ports = ports;
  }

  async list(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { after, kinds, limit } = parseQuery(eventListQuery, request);
    const page = await this.#ports.feed.read(seller.memberId, after, { kinds }, limit);
    if (page === 'removed') {
      refuse(
        'events_removed',
        'Events after this cursor were removed. Read the lists of issuances again, then follow without `after`.',
      );
    }
    const cursor = feedCursor(page.position);
    return json(200, { items: page.events.map(eventItem), next: page.more ? cursor : null, cursor });
  }
}

function eventItem({ id, kind, couponId, fields }: FeedEvent): object {
  return { id, type: kind, couponId, ...fields };
}
