/** Starts a private Prometheus for a test: real server, free port, temporary folder, one-second intervals. */
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChildServer } from './child-server.js';
import { freePort } from './free-port.js';
import { requiredProgram } from './on-path.js';

export interface PrometheusServer {
  /** The `data` of an answer of its HTTP API, such as `query` with `{query: 'up'}`. @throws Error with its words for anything but success. */
  ask(path: string, parameters?: Readonly<Record<string, string>>): Promise<unknown>;
  stop(): Promise<void>;
}

/** @param targets `host:port` of what is scraped under the job `seonchak`. */
export async function startPrometheus(
  targets: readonly string[],
  ruleFiles: readonly string[],
): Promise<PrometheusServer> {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-prometheus-'));
  const removeFolder = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', removeFolder);
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ruleFiles,
    scrape_configs: [{ job_name: 'seonchak', static_configs: [{ targets }] }],
  };
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yaml'), JSON.stringify(config));
  const port = await freePort();
  const server = await startChildServer(
    requiredProgram('prometheus', { package: 'prometheus' }),
    [
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    /Server is ready to receive web requests/,
  );
  return {
    async ask(path, parameters = {}) {
      const query = new URLSearchParams(parameters).toString();
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}?${query}`);
      const answer = (await response.json()) as { status: string; data?: unknown; error?: string };
      if (answer.status !== 'success')
        throw new Error(`${path} ${query}: ${answer.error ?? response.status}`);
      return answer.data;
    },
    async stop() {
      await server.kill('SIGTERM');
      process.off('exit', removeFolder);
      removeFolder();
    },
  };
}
