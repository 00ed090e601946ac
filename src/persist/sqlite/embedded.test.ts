import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { accessLockStoreContract } from '../../accounts/testing/access-lock-store-contract.js';
import { accountStoreContract } from '../../accounts/testing/account-store-contract.js';
import { sellerEndContract } from '../../accounts/testing/seller-end-contract.js';
import { serverKeyStoreContract } from '../../accounts/testing/server-key-store-contract.js';
import { audienceStoreContract } from '../../accounts/testing/audience-store-contract.js';
import { doorRuleStoreContract } from '../../accounts/testing/door-rule-store-contract.js';
import { admissionContract } from '../../engine/testing/contracts/admission-contract.js';
import { couponCatalogueContract } from '../../engine/testing/contracts/coupon-catalogue-contract.js';
import { issuanceSearchContract } from '../../engine/testing/contracts/issuance-search-contract.js';
import { eventBurstContract } from '../../engine/testing/contracts/event-burst-contract.js';
import { eventFeedContract } from '../../engine/testing/contracts/event-feed-contract.js';
import { webhooksContract } from '../../engine/testing/contracts/webhooks-contract.js';
import { frontierContract } from '../../engine/testing/contracts/frontier-contract.js';
import { couponChangesContract } from '../../engine/testing/contracts/coupon-changes-contract.js';
import { holdLedgerContract } from '../../engine/testing/contracts/hold-ledger-contract.js';
import { issuanceLedgerContract } from '../../engine/testing/contracts/issuance-ledger-contract.js';
import { redemptionLedgerContract } from '../../engine/testing/contracts/redemption-ledger-contract.js';
import { type EmbeddedStores, openEmbedded } from './open-embedded.js';

async function open(): Promise<EmbeddedStores> {
  const dataDir = mkdtempSync(join(tmpdir(), 'seonchak-embedded-'));
  const stores = await openEmbedded({ dataDir, as: 'server' });
  return {
    ...stores,
    async close() {
      await stores.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

admissionContract(t, 'SQLite', open);
frontierContract(t, 'SQLite', open);
eventFeedContract(t, 'SQLite', open);
eventBurstContract(t, 'SQLite', open);
webhooksContract(t, 'SQLite', open);
couponCatalogueContract(t, 'SQLite', open);
issuanceSearchContract(t, 'SQLite', open);
couponChangesContract(t, 'SQLite', open);
accountStoreContract(t, 'SQLite', open);
accessLockStoreContract(t, 'SQLite', open);
doorRuleStoreContract(t, 'SQLite', open);
audienceStoreContract(t, 'SQLite', open);
serverKeyStoreContract(t, 'SQLite', open);
sellerEndContract(t, 'SQLite', open);

async function openTwice(t: Test) {
  const dataDir = t.testdir();
  const stores = await openEmbedded({ dataDir, as: 'server' });
  const visitor = await openEmbedded({ dataDir, as: 'visitor' });
  return {
    ...stores,
    other: visitor.ledger,
    others: visitor.redemptions,
    otherHolds: visitor.holdLedger,
    async close() {
      await stores.close();
      await visitor.close();
    },
  };
}

issuanceLedgerContract(t, 'SQLite, two processes', openTwice);
redemptionLedgerContract(t, 'SQLite, two processes', openTwice);
holdLedgerContract(t, 'SQLite, two processes', async (t) => {
  const { otherHolds, ...stores } = await openTwice(t);
  return { ...stores, beside: stores, holds: stores.holdLedger, others: otherHolds };
});
