/** Registers the commands, prints each error as one line, and returns a stable exit code. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { packageFolder } from '../package-folder.js';
import { addAccount } from './account.js';
import { addAudit } from './audit.js';
import type { CommandContext } from './command-context.js';
import { printLine } from './command-context.js';
import type { ExitCode } from './exit-codes.js';
import { exitCodes, faultLine, reportFault, UsageError } from './exit-codes.js';
import { addDoctor } from './doctor.js';
import { addDemo } from './demo.js';
import { addCompletion } from './completion.js';
import { addMigrate } from './migrate.js';
import { addReconcile } from './reconcile.js';
import { addAudience } from './audience.js';
import { addGrant } from './grant.js';
import { addKey } from './key.js';
import { addHold } from './hold.js';
import { addRecall } from './recall.js';
import { addRedemption } from './redemption.js';
import { addSeed } from './seed.js';
import { addServe } from './serve.js';
import { addStatus } from './status.js';
import { addTokens } from './tokens.js';
import { addWebhook } from './webhook.js';
import { addWarm } from './warm.js';

/** The levels at which everything is printed, stack traces included. */
const levelsWithStack: ReadonlySet<string | undefined> = new Set(['debug', 'trace']);

/**
 * Runs one command.
 *
 * @param words the arguments after the program's name
 * @returns 0 done, 1 failed, 2 wrong usage or configuration
 */
export async function runCommandLine(words: readonly string[], context: CommandContext): Promise<ExitCode> {
  const program = buildProgram(context);
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCodes.done;
  } catch (fault) {
    // The library has printed its own message by now; asking for help or the version is not a fault.
    if (fault instanceof CommanderError) return fault.exitCode === 0 ? exitCodes.done : exitCodes.misused;
    const { exitCode, lines, code } = reportFault(fault);
    for (const line of lines) printLine(context.notes, faultLine(line, code));
    if (levelsWithStack.has(context.env.LOG_LEVEL) && fault instanceof Error) {
      printLine(context.notes, fault.stack ?? '');
    }
    return exitCode;
  }
}

function buildProgram(context: CommandContext): Command {
  const program = new Command('seonchak');
  // Commands copy these settings when they are added, so the settings come first.
  program
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.output.write(text),
      writeErr: (text) => context.notes.write(text),
    })
    .showSuggestionAfterError()
    .description('Limited coupons for a crowd that arrives in the same second.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', epilogue);

  addServe(program, context);
  addMigrate(program, context);
  addWarm(program, context);
  addStatus(program, context);
  addReconcile(program, context);
  addSeed(program, context);
  addTokens(program, context);
  addAccount(program, context);
  addKey(program, context);
  addGrant(program, context);
  addAudience(program, context);
  addRedemption(program, context);
  addHold(program, context);
  addRecall(program, context);
  addWebhook(program, context);
  addDoctor(program, context);
  addDemo(program, context);
  addAudit(program, context);
  addCompletion(program);
  addHelp(program);
  shapeErrors(program);
  return program;
}

const epilogue = `
Configuration comes from environment variables (docs/configuration.md). With REDIS_URL and MYSQL_URL the
commands work on those stores; without both they work on the folder DATA_DIR.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.

Examples:
  $ seonchak serve
  $ TOKEN=$(seonchak tokens --role seller --count 1)
  $ seonchak warm --opening-within 1h
  $ seonchak status 42 --json`;

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

/** Takes the place of the library's own command, which prints the general help for a name that it does not know, and reports nothing. */
function addHelp(group: Command): void {
  for (const command of group.commands) if (command.commands.length > 0) addHelp(command);
  group
    .helpCommand(false)
    .command('help [command]')
    .description('print help for a command')
    .helpOption(false)
    .action((name: string | undefined) => {
      if (name === undefined) return group.help();
      const command = group.commands.find((one) => one.name() === name);
      if (command === undefined) throw new UsageError(`Unknown command '${name}'. ${seeHelp(group)}`);
      return command.help();
    });
}

/** Brings the messages of the library into the form of `exit-codes.ts`. */
function shapeErrors(command: Command): void {
  command.configureOutput({
    outputError: (text, write) => write(`${faultLine(plainly(text, command), UsageError.code)}\n`),
  });
  command.commands.forEach(shapeErrors);
}

/** What the library writes, as sentences, with what to do at the end. A suggestion is on a line of its own. */
function plainly(text: string, command: Command): string {
  const [line = '', suggestion] = text.trimEnd().split('\n');
  const sentence = line
    .replace(/^error: /, '')
    .replace(/^command-argument value ('.*') is invalid for argument ('.*?')/, 'argument $2: $1 is invalid')
    .replace(/^option ('.*?') argument ('.*') is invalid/, 'option $1: $2 is invalid')
    .replace(/^[a-z]/, (letter) => letter.toUpperCase())
    .replace(/[^.]$/, '$&.');
  if (suggestion !== undefined) return `${sentence} ${suggestion.replace(/^\((.*)\)$/, '$1')}`;
  return /is invalid\. \S/.test(sentence) ? sentence : `${sentence} ${seeHelp(command)}`;
}

function seeHelp(command: Command): string {
  const names: string[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) names.unshift(one.name());
  return `Run \`${names.join(' ')} --help\`.`;
}
