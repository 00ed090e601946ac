/** Makes, lists and revokes server keys of a seller. With the seller's own token only: a key must not make keys. */
import { KEYS_MAX, KEYS_PER_SELLER_MAX, newKeyText } from '../../accounts/server-keys.js';
import type { ServerKey, ServerKeys, ServerKeyStore } from '../../accounts/server-keys.js';
import type { Clock } from '../../engine/domain/clock.js';
import type { ServerKeyAnswer } from '../openapi/shop-answers.js';
import { type Identity, SESSION_ENDED } from '../wire/identity.js';
import { json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseBody } from '../wire/parse-input.js';
import { tokenProblem } from '../auth/token-problems.js';
import { refuse, RequestRefused } from '../wire/problems.js';
import { rfc3339, rfc3339OrNull } from '../wire/rfc3339.js';
import { issueNo as numberInput } from '../wire/issuance-schemas.js';
import { serverKeyInput } from '../wire/shop-schemas.js';
import { callerActor } from './caller-actor.js';

export interface ServerKeyPorts {
  readonly serverKeys: ServerKeyStore;
  readonly clock: Clock;
}

export class ServerKeyHandlers {
  readonly #ports: ServerKeyPorts;
  readonly #known: Pick<ServerKeys, 'refresh'>;

  constructor(ports: ServerKeyPorts, known: Pick<ServerKeys, 'refresh'>) {
    this.#ports = ports;
    this.#known = known;
  }

  /** The only answer that ever contains the key. */
  async create(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { name, scopes, expiresAt } = parseBody(serverKeyInput, request);
    const atMs = this.#ports.clock.nowMs();
    const created = await this.#ports.serverKeys.create(
      { sellerId: seller.memberId, name, scopes, expiresAtMs: expiresAt ?? undefined },
      atMs,
      newKeyText,
      (id) => ({
        ...{ atMs, actor: callerActor(request, seller), action: 'key_created', target: `key ${id}` },
        detail: { name, scopes, expiresAtMs: expiresAt ?? null },
      }),
    );
    // This process has not yet polled the end of the session.
    if (created === 'no_seller') throw new RequestRefused(tokenProblem(SESSION_ENDED.reason));
    if (created === 'too_many') {
      refuse(
        'keys_too_many',
        `A seller may have ${KEYS_PER_SELLER_MAX} keys, and this installation ${KEYS_MAX}. Revoke keys that are not used.`,
      );
    }
    await this.#learn();
    const { name: keyName, ...rest } = keyBody(created.key);
    return json(201, { ...rest, name: keyName, key: created.text });
  }

  async list(_request: ApiRequest, seller: Identity): Promise<Reply> {
    const keys = await this.#ports.serverKeys.list(seller.memberId);
    return json(200, { items: keys.map(keyBody) });
  }

  /** In force on this process when the answer leaves, on others within a second. */
  async revoke(request: ApiRequest, seller: Identity): Promise<Reply> {
    const id = numberInput.safeParse(request.params[0]);
    const atMs = this.#ports.clock.nowMs();
    const result = id.success
      ? await this.#ports.serverKeys.revoke(id.data, seller.memberId, {
          ...{ atMs, actor: callerActor(request, seller), action: 'key_revoked' },
          ...{ target: `key ${id.data}`, detail: {} },
        })
      : 'unknown';
    if (result === 'unknown' || !id.success) refuse('unknown_key', 'You have no key with this id.');
    await this.#learn();
    return json(200, { id: id.data, revoked: true });
  }

  /** A poll that fails is made up for: the next one comes within a second. */
  #learn(): Promise<void> {
    return this.#known.refresh().catch(() => undefined);
  }
}

function keyBody(key: ServerKey): ServerKeyAnswer {
  return {
    id: key.id,
    name: key.name,
    scopes: [...key.scopes],
    createdAt: rfc3339(key.createdAtMs),
    expiresAt: rfc3339OrNull(key.expiresAtMs),
    revokedAt: rfc3339OrNull(key.revokedAtMs),
  };
}
