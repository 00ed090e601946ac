/** Runs simulated histories by seed (`npm run sim`). A failing seed is printed and replays exactly. */
import { parseArgs } from 'node:util';
import { describeHistory } from './describe-history.js';
import { runHistories } from './run-histories.js';
import { simulate } from './simulation.js';

const HISTORIES = 100_000;
const FAILURES_MAX = 10;
/** A terminal's line is redrawn; a log gets a line now and then. */
const PROGRESS_EVERY_MS = process.stderr.isTTY ? 1_000 : 30_000;

const USAGE = `npm run sim                                ${HISTORIES} histories, from a seed by the clock
npm run sim -- --histories N [--seed S]    as many, from that seed
npm run sim -- --seed S --histories 1      one history, printed in full`;

const values = readArguments();
const histories = wholeNumber('histories', values.histories ?? String(HISTORIES));
const firstSeed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000_000));

if (histories === 1) {
  const result = await simulate(firstSeed);
  console.log(describeHistory(result));
  process.exitCode = result.verdict.violations.length + result.bugs.length === 0 ? 0 : 1;
} else {
  console.log(
    `${histories} histories from seed ${firstSeed}; repeat with --seed ${firstSeed} --histories ${histories}`,
  );
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  let reportedMs = startedMs;
  const tally = await runHistories({
    firstSeed,
    histories,
    failuresMax: FAILURES_MAX,
    onFailure: ({ seed, verdict }) => {
      const [first] = verdict.violations;
      const what = first === undefined ? 'a fault no store may have' : `${first.promise}: ${first.what}`;
      console.log(`seed ${seed}: ${what}   (npm run sim -- --seed ${seed} --histories 1)`);
    },
    onProgress: (soFar) => {
      const nowMs = performance.now();
      if (nowMs - reportedMs < PROGRESS_EVERY_MS) return;
      reportedMs = nowMs;
      const perSecond = soFar.histories / ((nowMs - startedMs) / 1_000);
      const leftSeconds = Math.ceil((histories - soFar.histories) / perSecond);
      const line = `${soFar.histories} of ${histories}, ${Math.round(perSecond)}/s, ${leftSeconds} s left, ${soFar.failed.length} failed`;
      process.stderr.write(process.stderr.isTTY ? `\r${line}\u001b[K` : `${line}\n`);
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  const { user, system } = process.cpuUsage(startedCpu);
  const perSecond = Math.round(tally.histories / ((performance.now() - startedMs) / 1_000));
  const perCpuSecond = Math.round(tally.histories / ((user + system) / 1_000_000));
  console.log(
    `${tally.histories} histories, ${perSecond}/s (${perCpuSecond} a second of processor time), ${tally.failed.length} with violations; ` +
      `${tally.lost} issuances lost with a store that lost its content, none otherwise; ` +
      `${tally.wonByLateCommand} issued by a repeated or late command after its members were answered`,
  );
  process.exitCode = tally.failed.length === 0 ? 0 : 1;
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        histories: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help !== true) return values;
    console.log(USAGE);
    process.exit(0);
  } catch (fault) {
    console.error(`${fault instanceof Error ? fault.message : String(fault)}\n\n${USAGE}`);
    process.exit(2);
  }
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  console.error(`--${name} must be a whole number`);
  process.exit(2);
}
