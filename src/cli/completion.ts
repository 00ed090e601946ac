/** Implements `seonchak completion`: prints completion scripts for commands, options and their values. */
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

const SUMMARY = 'print a completion script for a shell';

const HELP = `
Examples:
  $ source <(seonchak completion bash)                                  in ~/.bashrc
  $ source <(seonchak completion zsh)                                   in ~/.zshrc, after compinit
  $ seonchak completion fish > ~/.config/fish/completions/seonchak.fish`;

/** What the script for bash takes from the package bash-completion, for where that is not installed: the words as bash splits them. */
const BASH_WITHOUT_PACKAGE = `declare -F _get_comp_words_by_ref >/dev/null || _get_comp_words_by_ref() {
    words=("\${COMP_WORDS[@]}")
    cword=$COMP_CWORD
    cur=\${COMP_WORDS[COMP_CWORD]}
    prev=\${COMP_WORDS[COMP_CWORD - 1]}
}
`;

/** Call it last: it reads the commands added so far. */
export function addCompletion(program: Command): void {
  // The library shows the descriptions; a menu has room for the summaries.
  const commands = withSubcommands(program).map((command) => ({
    command,
    description: command.description(),
  }));
  for (const { command } of commands) command.description(command.summary() || command.description());
  const completed = tab(program, { completionCommandName: 'completion' });
  for (const { command, description } of commands) command.description(description);
  const command = program.commands.find((one) => one.name() === 'completion');
  command
    ?.summary('print a completion script for a shell')
    .description('Print a completion script for commands, options and their values.')
    .addHelpText('after', HELP)
    .hook('preAction', (_command, action) => {
      if (action.args[0] === 'bash') process.stdout.write(BASH_WITHOUT_PACKAGE);
    });
  // The library has read its own command before it got these words.
  const entry = completed.commands.get('completion');
  if (entry !== undefined) entry.description = SUMMARY;
}

function withSubcommands(command: Command): Command[] {
  return command.commands.flatMap((one) => [one, ...withSubcommands(one)]);
}
