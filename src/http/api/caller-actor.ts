/** Names the sender of a request as the audit log does. */
import type { AuditActor } from '../../engine/ports/audit-log.js';
import { subjectOf } from '../../engine/domain/member-id.js';
import type { Identity } from '../wire/identity.js';
import type { ApiRequest } from '../wire/exchange.js';

export function callerActor({ address }: ApiRequest, { key, role, memberId }: Identity): AuditActor {
  if (key !== undefined) return { kind: 'key', id: String(key.id), address };
  return { kind: role, id: subjectOf(memberId), address };
}
