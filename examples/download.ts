/**
 * Downloads a coupon with the typed client and retries until the answer is definite.
 *
 *   TOKEN=$(npm run -s seonchak -- tokens)
 *   npx --yes tsx examples/download.ts http://127.0.0.1:8080 1 "$TOKEN"
 */
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createSeonchakClient } from '@seonchak/client';
import type { SeonchakClient } from '@seonchak/client';

const REQUESTS_MAX = 20;

/** @returns what the member should read. */
export async function downloadUntilDefinite(client: SeonchakClient, couponId: number): Promise<string> {
  for (let request = 0; request < REQUESTS_MAX; request++) {
    const { data, error, response } = await client.POST('/v1/coupons/{id}/download', {
      params: { path: { id: couponId } },
    });
    if (data !== undefined) return `Yours: number ${data.issueNo} of coupon ${data.couponId}.`;
    if (error.code === 'not_open') return `It opens at ${error.opensAt}.`;
    if (response.status !== 503) return `${error.title}.`;
    // Nothing was attempted, or the outcome is unknown. In both cases a retry is safe and returns the definite result.
    const seconds = Number(response.headers.get('Retry-After') ?? 1);
    await pause(seconds * 1_000 * (0.5 + Math.random()));
  }
  return 'Too busy. Try again later.';
}

const [, program, origin, couponId, token] = process.argv;
if (program === fileURLToPath(import.meta.url) && origin !== undefined && token !== undefined) {
  const client = createSeonchakClient({ baseUrl: origin, token });
  console.log(await downloadUntilDefinite(client, Number(couponId)));
}
