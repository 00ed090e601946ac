/** Tests completion in real shells: each gets the beginning of a line and the Tab key. */
import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { emptyFolder } from './clients/seonchak-command.js';
import { requiredProgram } from './servers/on-path.js';

const bin = fileURLToPath(new URL('../dist/cli/seonchak.js', import.meta.url));

/** The beginning of a line, and its last word as it should become. */
const lines: ReadonlyMap<string, string> = new Map([
  ['seonchak st', 'status'],
  ['seonchak status --wa', '--watch'],
  ['seonchak tokens --role s', 'seller'],
  ['seonchak account cr', 'create'],
  ['seonchak completion z', 'zsh'],
]);

/** Each prints what becomes of its arguments, one a line: a word, or a line of which it is the last one. */
const shells: Readonly<Record<string, { readonly command: readonly string[]; readonly script: string }>> = {
  // What readline does at Tab. `compopt` complains that it is not called by readline, to standard error.
  bash: {
    command: ['bash', '--norc'],
    script: `
      source <(seonchak completion bash)
      for line; do
        read -ra COMP_WORDS <<<"$line"
        COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)) COMPREPLY=()
        __seonchak_complete
        printf '%s\\n' "\${COMPREPLY[*]}"
      done`,
  },
  // An interactive one on a terminal of its own, as its completion is part of its line editor.
  zsh: {
    command: [requiredProgram('zsh', { package: 'zsh' }), '-f'],
    script: `
      zmodload zsh/zpty
      answers=$(mktemp -u) && mkfifo $answers
      zpty shell 'TERM=dumb zsh -f -i'
      zpty -w shell "autoload -Uz compinit; compinit -D; source <(seonchak completion zsh)"
      zpty -w shell 'tell() { zle complete-word; print -ru9 -- $BUFFER; BUFFER= }; zle -N tell; bindkey "^I" tell'
      zpty -w shell "exec 9>$answers; print -ru9 ready"
      exec 8<$answers; read -ru8
      for line; do
        zpty -w -n shell $line$'\\t'
        read -ru8 completed && print -r -- $completed
      done
      zpty -d shell; rm $answers`,
  },
  fish: {
    command: [requiredProgram('fish', { package: 'fish' }), '--no-config'],
    script: `
      seonchak completion fish | source
      for line in $argv
        complete -C $line | string replace --regex '\\t.*' ''
      end; true`,
  },
};

for (const [name, { command, script }] of Object.entries(shells)) {
  t.test(`${name} completes commands, options and their values`, async (t) => {
    const folder = await emptyFolder();
    t.teardown(() => folder.remove());
    const launcher = join(folder.path, 'seonchak');
    await writeFile(launcher, `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`);
    await chmod(launcher, 0o755);
    const file = join(folder.path, `complete.${name}`);
    await writeFile(file, script);

    const [shell = '', ...options] = command;
    const env = { PATH: `${folder.path}:${process.env['PATH']}`, HOME: folder.path, TMPDIR: folder.path };
    const { stdout } = await promisify(execFile)(shell, [...options, file, ...lines.keys()], { env });
    t.same(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.trim().split(' ').at(-1)),
      [...lines.values()],
    );
  });
}
