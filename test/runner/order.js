/** The order in which files are started. A long one that begins last keeps everybody waiting while the other processor is idle. */

/** Those of more than fifteen seconds. A name that is missing or of the past costs some idle time and nothing else. */
const long = [
  'test/chaos/cluster',
  'test/chaos/redis-lost',
  'test/chaos/processes',
  'test/chaos/redis-way',
  'test/chaos/replicas',
  'test/chaos/reconcile',
  'src/cli/distributed-commands',
  'test/account-lock',
  'test/chaos/threads',
  'test/chaos/disk-full',
  'test/chaos/news',
  'test/chaos/overload',
  'src/cli/embedded-commands',
  'src/engine/testing/simulation/simulation',
  'test/chaos/embedded',
  'test/chaos/mysql',
  'src/cli/command-line',
  'src/cli/seed',
  'src/cli/serve',
  'src/persist/sqlite/crash',
  'src/engine/testing/simulation/planted-bugs',
].map((name) => `${name}.test.ts`);

/** @param {string[]} files */
export function longestFirst(files) {
  const rank = (file) => (long.includes(file) ? long.indexOf(file) : long.length);
  return files.toSorted((one, other) => rank(one) - rank(other));
}
