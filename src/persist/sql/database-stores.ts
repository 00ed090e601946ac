/** Makes the stores that live in a database, whichever: MySQL, MariaDB or SQLite. */
import type { Kysely } from 'kysely';
import type { AccessLockStore } from '../../accounts/access-locks.js';
import type { AudienceStore } from '../../accounts/audiences.js';
import type { AccountStore } from '../../accounts/accounts.js';
import type { SessionEndStore } from '../../accounts/session-ends.js';
import type { ServerKeyStore } from '../../accounts/server-keys.js';
import type { SigningKeys } from '../../accounts/signing-keys.js';
import type { DoorRuleStore } from '../../accounts/door-rules.js';
import type { AuditLog } from '../../engine/ports/audit-log.js';
import type { CouponCatalogue } from '../../engine/ports/coupon-catalogue.js';
import type { CouponChanges } from '../../engine/ports/coupon-changes.js';
import type { Webhooks } from '../../engine/ports/webhooks.js';
import type { EventLog } from '../../engine/ports/event-log.js';
import type { HoldLedger } from '../../engine/ports/hold-ledger.js';
import type { IssuanceLedger } from '../../engine/ports/issuance-ledger.js';
import type { IssuanceSearch } from '../../engine/ports/issuance-search.js';
import type { LedgerAudit } from '../../engine/ports/ledger-audit.js';
import type { RedemptionLedger } from '../../engine/ports/redemption-ledger.js';
import type { StoreCondition } from '../store-condition.js';
import { inspectDatabase } from './inspect-database.js';
import type { Database } from './schema.js';
import { ChangeHeads } from './change-heads.js';
import { SqlAccessLocks } from './sql-access-locks.js';
import { SqlAccountStore } from './sql-account-store.js';
import { SqlAudiences } from './sql-audiences.js';
import { SqlAuditLog } from './sql-audit-log.js';
import { SqlCouponCatalogue } from './sql-coupon-catalogue.js';
import { SqlCouponChanges } from './sql-coupon-changes.js';
import { SqlDoorRules } from './sql-door-rules.js';
import { SqlEventLog } from './sql-event-log.js';
import { SqlWebhooks } from './sql-webhooks.js';
import type { SqlFlavour } from './sql-flavour.js';
import { SqlHolds } from './sql-holds.js';
import { SqlIssuanceLedger } from './sql-issuance-ledger.js';
import { SqlIssuanceSearch } from './sql-issuance-search.js';
import { SqlLedgerAudit } from './sql-ledger-audit.js';
import { SqlRedemptions } from './sql-redemptions.js';
import { SqlSessionEnds } from './sql-session-ends.js';
import { SqlServerKeys } from './sql-server-keys.js';
import { SqlSigningKeys } from './sql-signing-keys.js';

/** A store that is added here reaches the composition root with both back ends. */
export interface DatabaseStores {
  readonly ledger: IssuanceLedger;
  readonly issuanceSearch: IssuanceSearch;
  readonly audit: LedgerAudit;
  readonly catalogue: CouponCatalogue;
  readonly changes: CouponChanges;
  readonly accounts: AccountStore;
  readonly locks: AccessLockStore;
  readonly doorRules: DoorRuleStore;
  readonly sessionEnds: SessionEndStore;
  readonly audiences: AudienceStore;
  readonly auditLog: AuditLog;
  readonly redemptions: RedemptionLedger;
  readonly holdLedger: HoldLedger;
  readonly serverKeys: ServerKeyStore;
  readonly signingKeys: SigningKeys;
  readonly events: EventLog;
  readonly webhooks: Webhooks;
  /** Version and clock. @throws StoreUnavailableError */
  inspectDatabase(): Promise<StoreCondition>;
}

export function databaseStores(db: Kysely<Database>, flavour: SqlFlavour): DatabaseStores {
  const heads = new ChangeHeads(db);
  return {
    ledger: new SqlIssuanceLedger(db, flavour),
    issuanceSearch: new SqlIssuanceSearch(db),
    audit: new SqlLedgerAudit(db),
    catalogue: new SqlCouponCatalogue(db),
    changes: new SqlCouponChanges(db, flavour),
    accounts: new SqlAccountStore(db, flavour),
    locks: new SqlAccessLocks(db, heads),
    audiences: new SqlAudiences(db, flavour),
    doorRules: new SqlDoorRules(db, flavour, heads),
    sessionEnds: new SqlSessionEnds(db, heads),
    auditLog: new SqlAuditLog(db),
    redemptions: new SqlRedemptions(db, flavour),
    holdLedger: new SqlHolds(db, flavour),
    serverKeys: new SqlServerKeys(db, heads),
    signingKeys: new SqlSigningKeys(db),
    events: new SqlEventLog(db, flavour),
    webhooks: new SqlWebhooks(db, flavour),
    inspectDatabase: () => inspectDatabase(db, flavour),
  };
}
