/** Starts a server with one coupon and checks it after every bad input. */
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { type SeonchakServer, startSeonchak } from '../servers/seonchak.js';
import { startEmbedded } from '../system/embedded-back-end.js';

/** Words that only a fault's insides would bring into an answer. */
const INTERNAL_TEXT = /node_modules|dist\/|\.js:\d|\bat [A-Z]?\w+\.|sqlite|libsql|Error:/i;

export interface BesiegedShop {
  readonly server: SeonchakServer;
  readonly client: HttpClient;
  readonly seller: string;
  readonly couponId: number;
  /** Why the server is not as it was: `undefined` when it still serves, and only honest members took a unit. */
  complaint(answer?: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** @param settings environment of the server, beyond what it needs. */
export async function openBesiegedShop(
  settings: Readonly<Record<string, string>> = {},
): Promise<BesiegedShop> {
  const backEnd = await startEmbedded();
  const server = await startSeonchak({ ...backEnd.settings, ...settings });
  const client = new HttpClient(server.origin, 4);
  const seller = await signToken('500', 'seller');
  const body = { name: 'Under siege', quantity: 10_000 };
  const coupon = await client.call('/v1/coupons', { method: 'POST', token: seller, body });
  const couponId = Number(coupon.body['id']);
  let honest = 0;
  return {
    server,
    client,
    seller,
    couponId,
    async complaint(answer = '') {
      if (!server.isAlive()) return 'the server has ended';
      if (INTERNAL_TEXT.test(answer)) return `internal text in: ${answer.slice(0, 500)}`;
      const token = await signToken(`honest-${(honest += 1)}`, 'member');
      const request = await client.call(`/v1/coupons/${couponId}/download`, { method: 'POST', token });
      if (request.status !== 201) return `an honest member was answered ${request.status}`;
      if (request.body['issueNo'] !== honest) return 'another member took a unit';
      return undefined;
    },
    async stop() {
      client.close();
      await server.stop();
      await backEnd.stop();
    },
  };
}
