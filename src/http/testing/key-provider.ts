/** Starts an outside service that signs tokens and publishes its keys, for tests. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey } from 'jose';
import type { Test } from 'tap';

export const PROVIDER_POLICY = { issuer: 'https://login.test/', audiences: ['shop'] };

/** Real keys behind a real socket. Tokens are good for an hour unless the claims have another end. */
export async function startProvider(t: Test) {
  const keys = new Map<string, CryptoKey>();
  const published: object[] = [];
  const state = { fetches: 0, down: false };
  const server = createServer((_request, response) => {
    state.fetches++;
    response.writeHead(state.down ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: published }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const publish = async (kid: string, alg = 'ES256'): Promise<void> => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    keys.set(kid, privateKey);
    published.push({ ...(await exportJWK(publicKey)), kid, alg });
  };
  await publish('first');
  return {
    state,
    publish,
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`),
    sign(kid: string, claims: object = {}, key = kid): Promise<string> {
      const privateKey = keys.get(key);
      if (privateKey === undefined) throw new Error(`No key ${key}`);
      const exp = Math.floor(Date.now() / 1_000) + 3_600;
      return new SignJWT({
        role: 'member',
        sub: 'm-1',
        iss: PROVIDER_POLICY.issuer,
        aud: [...PROVIDER_POLICY.audiences],
        exp,
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', kid })
        .sign(privateKey);
    },
  };
}
