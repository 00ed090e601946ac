/** Describes how a connection to Redis or the database is encrypted, and which part of the certificate is verified. */

/** `nothing`: encrypted, but any server may pose as ours. `authority`: the chain of the certificate. `name`: the chain and the host name. */
export type CertificateCheck = 'nothing' | 'authority' | 'name';

export interface ServerTls {
  /** PEM: who may sign for the server; `undefined`: those Node.js trusts. */
  readonly ca: string | undefined;
  readonly check: CertificateCheck;
}
