/** `seonchak completion`: what a shell needs to complete commands, options and their values. */
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

const HELP = `
Examples:
  $ source <(seonchak completion bash)                                  in ~/.bashrc
  $ source <(seonchak completion zsh)                                   in ~/.zshrc, after compinit
  $ seonchak completion fish > ~/.config/fish/completions/seonchak.fish`;

/** Call it last: it looks at the commands that are there. */
export function addCompletion(program: Command): void {
  // The library shows the descriptions; a menu has room for the summaries.
  const commands = withSubcommands(program).map((command) => ({
    command,
    description: command.description(),
  }));
  for (const { command } of commands) command.description(command.summary() || command.description());
  tab(program, { completionCommandName: 'completion' });
  for (const { command, description } of commands) command.description(description);
  const command = program.commands.find((one) => one.name() === 'completion');
  command
    ?.summary('print what a shell needs to complete our commands')
    .description('Print what a shell needs to complete commands, options and their values.')
    .addHelpText('after', HELP);
}

function withSubcommands(command: Command): Command[] {
  return command.commands.flatMap((one) => [one, ...withSubcommands(one)]);
}
