/** Parses compose.yaml and the Kubernetes manifests and checks them against the needs of the server. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config/config.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The server's two drains on SIGTERM (main.ts), one after the other. */
const DRAINS_SECONDS = 20;

type Tree = Readonly<Record<string, unknown>>;

function documents(path: string): Tree[] {
  return parseAllDocuments(readFileSync(`${root}${path}`, 'utf8'), { merge: true }).map((document) => {
    t.same([...document.errors, ...document.warnings], [], path);
    return document.toJS() as Tree;
  });
}

/** The part under a path such as `spec.template.spec`. */
function at(tree: unknown, path: string): unknown {
  let part = tree;
  for (const key of path.split('.')) part = (part as Tree | undefined)?.[key];
  return part;
}

/** Settings as a shell would fill them in, for our own reader of configuration. */
function filled(settings: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings as Record<string, string>).map(([name, value]) => [
      name,
      value.replace(/\$\{\w+:\?[^}]*\}/g, '3f1c8a9be27d4650a1b2c3d4e5f60718'),
    ]),
  );
}

t.test('compose: Redis forgets nothing, and each part has the settings of its part', async (t) => {
  const [compose] = documents('compose.yaml');
  const command = at(compose, 'services.redis.command') as string[];
  t.match(command.join(' '), '--appendonly yes --appendfsync always --maxmemory-policy noeviction');
  const api = loadConfig(filled(at(compose, 'services.api.environment')));
  t.match(api, { backEnd: 'distributed', roles: ['api'], processes: 2 });
  const recorder = loadConfig(filled(at(compose, 'services.recorder.environment')));
  t.match(recorder, { backEnd: 'distributed', roles: ['recorder'] });
  for (const service of ['api', 'recorder']) {
    t.ok(parseInt(String(at(compose, `services.${service}.stop_grace_period`)), 10) > DRAINS_SECONDS);
    t.equal(at(compose, `services.${service}.read_only`), true);
  }
  for (const store of ['redis', 'mysql']) t.ok(at(compose, `services.${store}.healthcheck.test`), store);
});

const folder = 'deploy/kubernetes/';
const files = readdirSync(`${root}${folder}`);
const manifests = files.flatMap((file) => documents(`${folder}${file}`));
const deployments = manifests.filter(({ kind }) => kind === 'Deployment');

t.test('Kubernetes: every file is part of the whole', async (t) => {
  const [kustomization] = documents(`${folder}kustomization.yaml`);
  const resources = at(kustomization, 'resources') as string[];
  t.same([...resources, 'kustomization.yaml'].sort(), [...files].sort());
});

t.test('Kubernetes: the settings are those of an API process and of a recorder', async (t) => {
  const config = manifests.find(({ kind }) => kind === 'ConfigMap');
  const secret = {
    REDIS_URL: 'redis://redis:6379',
    MYSQL_URL: 'mysql://seonchak:word@mysql:3306/seonchak',
    JWT_SECRET: 'kV3v0b6Zr8Q1yT5mWc9nXe2hLa7sPd4u',
  };
  const roles = deployments.map((deployment) => {
    const [container] = at(deployment, 'spec.template.spec.containers') as Tree[];
    const [role] = at(container, 'env') as { value: string }[];
    return loadConfig({ ...(at(config, 'data') as object), ...secret, ROLES: role?.value }).roles;
  });
  t.same(roles, [['api'], ['recorder', 'relay']]);
});

t.test(
  'Kubernetes: pods end in their own time, as ordinary users, on a file system that nothing writes to',
  async (t) => {
    for (const deployment of deployments) {
      const pod = at(deployment, 'spec.template.spec');
      t.ok(Number(at(pod, 'terminationGracePeriodSeconds')) > DRAINS_SECONDS + 5);
      t.equal(at(pod, 'securityContext.runAsNonRoot'), true);
      t.equal(at(pod, 'automountServiceAccountToken'), false);
      t.same(at(deployment, 'spec.selector.matchLabels'), at(deployment, 'spec.template.metadata.labels'));
      for (const container of at(pod, 'containers') as Tree[]) {
        t.match(at(container, 'securityContext'), {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        t.ok(at(container, 'resources.requests.cpu'));
        t.ok(at(container, 'resources.limits.memory'));
      }
    }
  },
);

t.test('Kubernetes: every pod is probed, and traffic goes to the API when it is ready', async (t) => {
  for (const deployment of deployments) {
    const [container] = at(deployment, 'spec.template.spec.containers') as Tree[];
    t.equal(at(container, 'startupProbe.httpGet.path'), '/healthz');
    t.equal(at(container, 'livenessProbe.httpGet.path'), '/healthz');
    t.equal(at(container, 'readinessProbe.httpGet.path'), '/readyz');
  }
  const labels = at(deployments[0], 'spec.template.metadata.labels');
  const service = manifests.find(({ kind }) => kind === 'Service');
  t.same(at(service, 'spec.selector'), labels);
});

t.test('Kubernetes: a node can be emptied, and each part stays spread over nodes', async (t) => {
  const budgets = manifests.filter(({ kind }) => kind === 'PodDisruptionBudget');
  for (const deployment of deployments) {
    const labels = at(deployment, 'spec.selector.matchLabels');
    const budget = budgets.find((one) => isSame(at(one, 'spec.selector.matchLabels'), labels));
    t.equal(at(budget, 'spec.minAvailable'), 1);
    const [spread] = at(deployment, 'spec.template.spec.topologySpreadConstraints') as Tree[];
    t.same(at(spread, 'labelSelector.matchLabels'), labels);
    t.ok(Number(at(deployment, 'spec.replicas')) > 1);
  }
});

t.test(
  'Kubernetes: the autoscaler names the API, and the network lets through what a pod needs',
  async (t) => {
    const scaler = manifests.find(({ kind }) => kind === 'HorizontalPodAutoscaler');
    t.equal(at(scaler, 'spec.scaleTargetRef.name'), at(deployments[0], 'metadata.name'));
    t.equal(at(scaler, 'spec.minReplicas'), at(deployments[0], 'spec.replicas'));
    const policy = manifests.find(({ kind }) => kind === 'NetworkPolicy');
    const portsOf = (direction: string) =>
      (at(policy, `spec.${direction}`) as { ports: { port: number }[] }[]).flatMap(({ ports }) =>
        ports.map(({ port }) => port),
      );
    t.same(portsOf('ingress'), [8080]);
    t.same(portsOf('egress'), [53, 53, 6379, 3306, 443]);
  },
);

t.test('Kubernetes: certificates of private authorities are mounted where they are there', async (t) => {
  for (const deployment of deployments) {
    const pod = at(deployment, 'spec.template.spec');
    t.match(at(pod, 'volumes'), [{ name: 'ca', configMap: { optional: true } }]);
    const [container] = at(pod, 'containers') as Tree[];
    t.match(at(container, 'volumeMounts'), [{ name: 'ca', readOnly: true }]);
  }
});

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
