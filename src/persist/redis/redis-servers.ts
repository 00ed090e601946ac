/** Describes where Redis is found, beyond the addresses of its nodes. */

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** Sentinels that know which server is the master of a group. */
export interface SentinelGroup {
  readonly masterName: string;
  readonly addresses: readonly RedisAddress[];
  /** User of the Sentinels; the user of the servers is in the URL. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isEncrypted: boolean;
}

/** Announced address, `host:port`, to the address at which this process reaches it. */
export type NatMap = Readonly<Record<string, RedisAddress>>;
