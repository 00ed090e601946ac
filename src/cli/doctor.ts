/** Implements `seonchak doctor`: checks an installation before an event. */
import type { Command } from 'commander';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/config.js';
import { ConfigError } from '../engine/domain/errors.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { machineFindings } from './doctor-machine.js';
import type { Stores } from '../server/stores.js';
import { storeFindings } from './doctor-stores.js';
import type { Finding } from './doctor-finding.js';
import { CommandFailedError, reportFault } from './exit-codes.js';
import { durationOption } from './option-values.js';

interface DoctorOptions {
  readonly openingWithin: number;
  readonly json?: true;
}

export function addDoctor(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .summary('check versions, settings, clocks, limits and coupons before an event')
    .description(
      'Check this machine, the configuration and the stores as an event needs them: versions, settings, clocks, open ' +
        'files, memory, migrations, backlog, and whether the coupons that open soon are ready. Changes nothing. ' +
        'Run it with the environment of the server. Exit with code 1 if a check fails; warnings do not fail.',
    )
    .addOption(
      durationOption('--opening-within <duration>', 'check coupons that open within this time', '1d'),
    )
    .option('--json', 'print JSON for programs')
    .addHelpText('after', '\nExamples:\n  $ seonchak doctor\n  $ seonchak doctor --opening-within 2h --json')
    .action((options: DoctorOptions) => doctor(context, options));
}

async function doctor(context: CommandContext, options: DoctorOptions): Promise<void> {
  const findings = await examine(context, options.openingWithin);
  if (options.json) printJson(context, { findings });
  else
    for (const { state, check, text } of findings)
      printLine(context.output, `${MARKS[state]} ${check}: ${text}`);
  const failed = findings.filter(({ state }) => state === 'failed').length;
  if (failed > 0)
    throw new CommandFailedError(`${failed} of ${findings.length} checks failed. They are listed above.`);
}

const MARKS = { ok: 'ok    ', warning: 'warn  ', failed: 'FAILED' } as const;

async function examine(context: CommandContext, openingWithinMs: number): Promise<Finding[]> {
  const machine = machineFindings();
  let config: Config;
  try {
    config = loadConfig(context.env);
  } catch (fault) {
    if (!(fault instanceof ConfigError)) throw fault;
    return [
      ...machine,
      ...fault.faults.map((text) => ({ state: 'failed' as const, check: 'settings', text })),
    ];
  }
  const settings = settingsFindings(config);
  try {
    const ofStores = (stores: Stores) => storeFindings(stores, config, openingWithinMs);
    return [...machine, ...settings, ...(await withStores(config, ofStores, { asItIs: true }))];
  } catch (fault) {
    const { lines } = reportFault(fault);
    return [
      ...machine,
      ...settings,
      ...lines.map((text) => ({ state: 'failed' as const, check: 'stores', text })),
    ];
  }
}

function settingsFindings(config: Config): Finding[] {
  const findings: Finding[] = [];
  const warn = (text: string) => findings.push({ state: 'warning', check: 'settings', text });
  const isPublic = !['127.0.0.1', '::1', 'localhost'].includes(config.host);
  if (isPublic && config.sellerSignup === 'open' && config.jwtJwksUrl === undefined)
    warn('anyone who reaches this server may sign up as a seller; set SELLER_SIGNUP=closed');
  if (isPublic && config.limits.signInFailuresMax === 0)
    warn('passwords may be guessed without a limit; set SIGN_IN_FAILURES_MAX');
  if (config.webhookAllowPrivate) warn('WEBHOOK_ALLOW_PRIVATE=1 is for test installations');
  if (config.backEnd === 'distributed' && config.roles.length === 1 && config.roles[0] === 'api')
    warn('this process does not record; another process needs the role recorder');
  if (findings.length === 0)
    findings.push({ state: 'ok', check: 'settings', text: `${config.backEnd} back end` });
  return findings;
}
