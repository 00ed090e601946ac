/** Tests the dashboard and the alerts against a real Prometheus that scrapes a real run. */
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { Crowd } from '../src/demo/crowd.js';
import { HttpClient } from './clients/http-client.js';
import { signToken } from './clients/tokens.js';
import { type PrometheusServer, startPrometheus } from './servers/prometheus.js';
import { startSeonchak } from './servers/seonchak.js';
import { startBackEnd } from './system/back-ends.js';
import { crowdOf, registerCoupon, rowsOnceThere } from './system/burst.js';

const run = promisify(execFile);
const fileOf = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

const ALERTS = fileOf('deploy/prometheus/alerts.yaml');
const QUANTITY = 100;
const MEMBERS = 200;
const PATIENCE_MS = 60_000;

interface Sample {
  readonly value: readonly [number, string];
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(readFileSync(fileOf('deploy/grafana/seonchak.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
};

/** As Grafana would send it, with values in place of its variables. */
function expressionsOf(panel: Panel): string[] {
  const targets = panel.targets ?? [];
  return targets.map(({ expr }) => expr.replaceAll('$job', 'seonchak').replaceAll('$__rate_interval', '5m'));
}

/** Numbers that a graph could show; none of what was never counted, and of what was divided by nothing. */
async function numbersOf(prometheus: PrometheusServer, query: string): Promise<number[]> {
  const { result } = (await prometheus.ask('query', { query })) as { readonly result: readonly Sample[] };
  return result.map(({ value }) => Number(value[1])).filter((value) => !Number.isNaN(value));
}

async function metricsOf(origin: string): Promise<(string | undefined)[]> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  return [...text.matchAll(/^# TYPE (seonchak_\w+)/gm)].map(([, name]) => name);
}

/** What `promtool check metrics` finds in an exposition: nothing. */
async function complaintsAbout(target: string): Promise<string> {
  const checking = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  checking.stdin.end(await (await fetch(`http://${target}/metrics`)).text());
  const said = await Promise.all([text(checking.stdout), text(checking.stderr)]);
  return said.join('');
}

/** A member on the list of a coupon downloads it, and the seller confirms its hold. */
async function confirmHoldOfListed(client: HttpClient): Promise<void> {
  const token = await signToken('900001', 'seller');
  const couponId = await registerCoupon(client, 1, undefined, {
    ...{ holdSeconds: 600, eligibility: { audience: true } },
  });
  const path = `/v1/coupons/${couponId}`;
  const call = async (to: string, by: string, body?: Readonly<Record<string, unknown>>): Promise<boolean> => {
    const answer = await client.call(to, { method: 'POST', token: by, ...(body && { body }) });
    return answer.status < 300;
  };
  await call(`${path}/audience`, token, { add: ['listed'] });
  const member = await signToken('listed', 'member');
  // The list is read once the coupon is asked for, and the hold has to be recorded.
  await becomes(() => call(`${path}/download`, member));
  await becomes(() => call(`${path}/issuances/1/confirm`, token, { orderId: 'A-1' }));
}

/** Whether it becomes true in time: what is scraped every second takes a while to be seen. */
async function becomes(test: () => Promise<boolean>): Promise<boolean> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (performance.now() < untilMs) {
    if (await test()) return true;
    await pause(250);
  }
  return false;
}

t.test('the alerts are well-formed, and each fires when it should and not otherwise', async (t) => {
  await t.resolves(run('promtool', ['check', 'rules', ALERTS]));
  await t.resolves(run('promtool', ['test', 'rules', fileOf('deploy/prometheus/alerts.test.yaml')]));
  const example = fileOf('deploy/prometheus/prometheus.yaml');
  await t.resolves(run('promtool', ['check', 'config', example]));
  const alerts = [...readFileSync(ALERTS, 'utf8').matchAll(/alert: (\w+)/g)].map(([, name]) => name ?? '');
  const tests = readFileSync(fileOf('deploy/prometheus/alerts.test.yaml'), 'utf8');
  const runbook = readFileSync(fileOf('docs/operations.md'), 'utf8');
  for (const name of alerts) {
    t.match(tests, `name: ${name} fires`);
    t.match(tests, `name: ${name} is silent`);
    t.match(runbook, `\`${name}\``, 'the runbook says what to do');
  }
});

t.test('a panel shows what each alert is about', (t) => {
  const drawn = dashboard.panels.flatMap(expressionsOf).join('\n');
  const watched = new Set(readFileSync(ALERTS, 'utf8').match(/\bseonchak_\w+/g));
  t.ok(watched.size > 10);
  for (const metric of watched) t.match(drawn, new RegExp(`\\b${metric}\\b`), metric);
  t.end();
});

t.test('every panel shows data of a real run, and no alert fires in it', async (t) => {
  const backEnd = await startBackEnd('redis');
  t.teardown(() => backEnd.stop());
  const [api, recorder] = await Promise.all([
    startSeonchak({ ...backEnd.settings, ROLES: 'api' }),
    startSeonchak({ ...backEnd.settings, ROLES: 'recorder,relay' }),
  ]);
  t.teardown(() => Promise.all([api.stop(), recorder.stop()]));
  const targets = [api, recorder].map(({ port }) => `127.0.0.1:${port}`);
  const prometheus = await startPrometheus(targets, [ALERTS]);
  t.teardown(() => prometheus.stop());
  // A rate needs a sample from before the crowd, of each of the two processes.
  for (const count of ['seonchak_recorded_total', 'seonchak_admit_seconds_count']) {
    const scraped = await becomes(async () => (await numbersOf(prometheus, `${count} == 0`)).length === 1);
    t.ok(scraped, `${count} was scraped before the crowd came`);
  }

  const client = new HttpClient(api.origin, 20);
  t.teardown(() => client.close());
  const couponId = await registerCoupon(client, QUANTITY);
  await new Crowd([client.download]).request(couponId, await crowdOf(MEMBERS), { lanes: 20 });
  await rowsOnceThere(backEnd, couponId, QUANTITY);
  await confirmHoldOfListed(client);

  const exposed = await Promise.all(targets.map((target) => metricsOf(`http://${target}`)));
  const explained = [...readFileSync(fileOf('docs/metrics.md'), 'utf8').matchAll(/^\| `(seonchak_\w+)/gm)];
  t.same(
    explained.map(([, name]) => name).sort(),
    [...new Set(exposed.flat())].sort(),
    'docs/metrics.md explains every metric, and none that is not there',
  );

  for (const target of targets) t.same(await complaintsAbout(target), '', 'promtool check metrics');

  for (const panel of dashboard.panels) {
    for (const query of expressionsOf(panel)) {
      const shows = await becomes(async () => (await numbersOf(prometheus, query)).length > 0);
      t.ok(shows, `${panel.title}: ${query}`);
    }
  }
  for (const [query, count] of [
    ['sum(seonchak_recorded_total)', QUANTITY + 1],
    ['sum(seonchak_downloads_total{outcome="issued"})', QUANTITY + 1],
    ['sum(seonchak_holds_confirmed_total)', 1],
    ['max(seonchak_audience_members)', 1],
  ] as const) {
    const counts = await becomes(async () => (await numbersOf(prometheus, query))[0] === count);
    t.ok(counts, `${query} is ${count}`);
  }

  const { groups } = (await prometheus.ask('rules')) as {
    readonly groups: readonly {
      readonly rules: readonly { readonly name: string; readonly health: string }[];
    }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  t.ok(rules.length > 0);
  for (const rule of rules) t.equal(rule.health, 'ok', rule.name);
  t.same(await numbersOf(prometheus, 'ALERTS{alertstate="firing"}'), []);
});
