/** Opens live streams, spread evenly over the coupons of a load, while other clients download. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const watcherFile = fileURLToPath(new URL('./watcher-process.js', import.meta.url));

export interface WatchersTask {
  readonly host: string;
  readonly couponIds: readonly number[];
  readonly watchers: number;
}

export type WatchersAnswer =
  | { readonly kind: 'watching' }
  | { readonly kind: 'report'; readonly events: number; readonly mostPerSecond: number }
  | { readonly kind: 'failed'; readonly message: string };

export interface Watched {
  /** Events that came, all streams together. */
  readonly events: number;
  /** Most events of one coupon within any second. */
  readonly mostPerSecond: number;
}

/** Resolves when every stream has shown something; the function it returns ends them and reports what came. */
export async function startWatchers(task: WatchersTask): Promise<() => Promise<Watched>> {
  const child = fork(watcherFile);
  const answer = async (): Promise<WatchersAnswer> => {
    const [message] = (await once(child, 'message')) as [WatchersAnswer];
    return message;
  };
  child.send(task);
  const started = await answer();
  if (started.kind === 'failed') throw new Error(`the watchers failed: ${started.message}`);
  return async () => {
    child.send('report');
    const report = await answer();
    if (report.kind !== 'report') throw new Error('the watchers answered something else');
    return { events: report.events, mostPerSecond: report.mostPerSecond };
  };
}
