import t from 'tap';
import { accessLockStoreContract } from '../../accounts/testing/access-lock-store-contract.js';
import { accountStoreContract } from '../../accounts/testing/account-store-contract.js';
import { sellerEndContract } from '../../accounts/testing/seller-end-contract.js';
import { serverKeyStoreContract } from '../../accounts/testing/server-key-store-contract.js';
import { audienceStoreContract } from '../../accounts/testing/audience-store-contract.js';
import { doorRuleStoreContract } from '../../accounts/testing/door-rule-store-contract.js';
import { couponCatalogueContract } from '../../engine/testing/contracts/coupon-catalogue-contract.js';
import { issuanceSearchContract } from '../../engine/testing/contracts/issuance-search-contract.js';
import { couponChangesContract } from '../../engine/testing/contracts/coupon-changes-contract.js';
import { holdLedgerContract } from '../../engine/testing/contracts/hold-ledger-contract.js';
import { issuanceLedgerContract } from '../../engine/testing/contracts/issuance-ledger-contract.js';
import { redemptionLedgerContract } from '../../engine/testing/contracts/redemption-ledger-contract.js';
import { startMariadb } from '../../../test/servers/mariadb.js';
import { openMysql } from './open-mysql.js';

const server = await startMariadb();
t.teardown(() => server.stop());

const migrating = Array.from({ length: 4 }, () => openMysql(server.url));
const ran = await Promise.all(migrating.map((stores) => stores.migrate()));
const passKeys = await Promise.all(migrating.map((stores) => stores.signingKeys.passKey()));
// Before the first assertion: after it tap ends the file where nothing is asserted for a moment.
await Promise.all(migrating.map((stores) => stores.close()));
t.same(
  ran.flat(),
  [
    '0001_first_tables',
    '0002_locks_and_audit',
    '0003_presence',
    '0010_identity',
    '0011_idempotency',
    '0012_coupon_changes',
    '0020_redemptions',
    '0021_server_keys',
    '0030_events',
    '0031_webhooks',
    '0036_installation',
    '0045_coupon_list_indexes',
    '0046_door_rules',
    '0047_audiences',
    '0048_units',
    '0049_holds',
    '0050_session_ends',
    '0051_discount_currency',
    '0051_quantity_history',
    '0052_signing_keys',
    '0053_installation_stamp',
    '0054_taken_from',
    '0055_change_tokens',
  ],
  'of several that start at once one migrates',
);
t.equal(new Set(passKeys.map(String)).size, 1, 'and every process signs passes with the same key');

issuanceLedgerContract(t, 'MariaDB', async () => {
  const stores = openMysql(server.url);
  const others = openMysql(server.url, { connections: 1 });
  return {
    ledger: stores.ledger,
    other: others.ledger,
    catalogue: stores.catalogue,
    async close() {
      await stores.close();
      await others.close();
    },
  };
});

redemptionLedgerContract(t, 'MariaDB', async () => {
  const stores = openMysql(server.url);
  const others = openMysql(server.url);
  return {
    ...stores,
    others: others.redemptions,
    async close() {
      await stores.close();
      await others.close();
    },
  };
});

holdLedgerContract(t, 'MariaDB', async () => {
  const stores = openMysql(server.url);
  const others = openMysql(server.url);
  return {
    ...stores,
    beside: stores,
    holds: stores.holdLedger,
    others: others.holdLedger,
    async close() {
      await stores.close();
      await others.close();
    },
  };
});

couponCatalogueContract(t, 'MariaDB', async () => openMysql(server.url));
issuanceSearchContract(t, 'MariaDB', async () => openMysql(server.url));
accountStoreContract(t, 'MariaDB', async () => openMysql(server.url));
accessLockStoreContract(t, 'MariaDB', async () => openMysql(server.url));
doorRuleStoreContract(t, 'MariaDB', async () => openMysql(server.url));
audienceStoreContract(t, 'MariaDB', async () => openMysql(server.url));
couponChangesContract(t, 'MariaDB', async () => openMysql(server.url));
serverKeyStoreContract(t, 'MariaDB', async () => openMysql(server.url));
sellerEndContract(t, 'MariaDB', async () => openMysql(server.url));
