/** Formats the start message: the address, and the commands for a first download. */
import type { Config } from '../config/config.js';
import { ownAddress } from '../config/own-address.js';

/** Lines for standard output. Each command can be pasted unchanged into a shell in the same folder. */
export function greeting(config: Config, port: number): readonly string[] {
  const where =
    config.backEnd === 'embedded'
      ? `embedded back end, data in ${config.dataDir}`
      : `distributed back end, ${config.redisUrls.length > 1 ? 'Redis Cluster' : 'Redis'} and MySQL`;
  const address = ownAddress(config, port);
  if (!config.roles.includes('api')) {
    return [`Seonchak is ready to record, probes and metrics on ${address} (${where})`];
  }
  const ready = [
    `Seonchak is ready on ${address} (${where})`,
    `In a browser: ${address}/ is the console, ${address}/reference the API`,
  ];
  return config.jwtJwksUrl === undefined
    ? [...ready, '', ...firstDownload(address, dataFolderOf(config))]
    : ready;
}

/** @returns an assignment for commands in a shell that does not know the folder of this server; usually none is needed. */
function dataFolderOf(config: Config): string {
  if (config.backEnd !== 'embedded' || config.dataDir === './data') return '';
  return `DATA_DIR='${config.dataDir.replaceAll("'", String.raw`'\''`)}' `;
}

function firstDownload(address: string, settings: string): readonly string[] {
  return [
    'Your first download, from another terminal with the same environment:',
    '',
    `  SELLER=$(${settings}npm run -s seonchak -- tokens --role seller)`,
    `  curl ${address}/v1/coupons -H "Authorization: Bearer $SELLER" -H 'Content-Type: application/json' -d '{"name":"First drop","quantity":100}'`,
    `  MEMBER=$(${settings}npm run -s seonchak -- tokens)`,
    `  curl -X POST ${address}/v1/coupons/1/download -H "Authorization: Bearer $MEMBER"`,
    '',
  ];
}
