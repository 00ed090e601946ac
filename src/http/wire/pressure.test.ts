import t from 'tap';
import { call } from '../testing/client.js';
import { startEmbeddedServer } from '../testing/embedded-server.js';
import { BAD_CHECKS, GOOD_CHECKS, CHECK_EVERY_MS, Pressure } from './pressure.js';

/** A process whose readings come when the test calls for them. */
function processUnder(state: { share: number }) {
  let nowMs = 0;
  const pressure = new Pressure(() => state.share, { monotonicMs: () => nowMs });
  return {
    reads(count: number, lateMs = 0): readonly string[] {
      for (let read = 0; read < count; read++) pressure.check((nowMs += CHECK_EVERY_MS + lateMs));
      return pressure.reasons();
    },
  };
}

t.test('a single pause does not make a process unready, lasting delay does', async (t) => {
  const one = processUnder({ share: 0 });
  t.same(one.reads(BAD_CHECKS - 1, 600), []);
  t.same(one.reads(1), [], 'one good reading starts the count anew');
  t.same(one.reads(BAD_CHECKS - 1, 600), []);
  t.equal(one.reads(1, 600).length, 1);
});

t.test('it becomes ready again when it has been well for a while, not between two bad moments', async (t) => {
  const one = processUnder({ share: 0 });
  one.reads(BAD_CHECKS, 600);
  t.equal(one.reads(GOOD_CHECKS - 1).length, 1);
  t.equal(one.reads(1, 200).length, 1, 'late enough to begin again');
  t.equal(one.reads(GOOD_CHECKS - 1).length, 1);
  t.same(one.reads(1), []);
});

t.test('owing most of the answers that may be owed makes it unready until half are given', async (t) => {
  const state = { share: 0.85 };
  const one = processUnder(state);
  t.equal(one.reads(BAD_CHECKS).length, 1);
  state.share = 0.6;
  t.equal(one.reads(3 * GOOD_CHECKS).length, 1);
  state.share = 0.4;
  t.same(one.reads(GOOD_CHECKS), []);
});

t.test('beyond what may be owed, a download that would wait is busy, and the server goes on', async (t) => {
  const server = await startEmbeddedServer(t, { settings: { pendingMax: 0 } });
  const { url } = server;
  const bearer = await server.token('mina');
  const answer = await call(url, 'POST /v1/coupons/7/download', { token: bearer });
  t.match(answer, { status: 503, body: { code: 'busy' }, headers: { 'retry-after': /^[123]$/ } });
  t.match(await call(url, 'GET /healthz'), { status: 200 });
});
