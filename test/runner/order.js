/** Sorts the files of a run. A long one that begins last would leave the other processor idle at the end. */

/** Those of more than fifteen seconds. A missing or outdated name costs some idle time and nothing else. */
const long = [
  'test/console-accessibility',
  'test/chaos/redis-lost',
  'test/docs-commands',
  'test/chaos/processes',
  'test/chaos/redis-way',
  'test/chaos/cluster',
  'test/console',
  'test/inputs/command-line',
  'test/system/killed',
  'test/proxies/reverse-proxies',
  'test/packaging/dockerfile',
  'test/chaos/replicas',
  'test/chaos/reconcile',
  'test/system/processes',
  'test/system/burst',
  'src/cli/distributed-commands',
  'test/presence',
  'test/hardened',
  'test/chaos/threads',
  'test/metrics',
  'test/chaos/disk-full',
  'src/engine/testing/simulation/simulation',
  'test/completion',
  'test/packaging/tarball',
  'test/chaos/news',
  'test/account-lock',
  'test/chaos/overload',
  'test/chaos/embedded',
  'test/overload/slow-connections',
  'test/prometheus',
  'test/chaos/mysql',
  'test/chaos/verify',
  'src/cli/embedded-commands',
  'src/cli/command-line',
  'src/cli/seed',
  'src/persist/sqlite/crash',
  'src/engine/testing/simulation/planted-bugs',
  'src/cli/serve',
  'src/http/api/sessions',
  'src/persist/sqlite/embedded',
].map((name) => `${name}.test.ts`);

/** @param {string[]} files */
export function longestFirst(files) {
  const rank = (file) => (long.includes(file) ? long.indexOf(file) : long.length);
  return files.toSorted((one, other) => rank(one) - rank(other));
}
