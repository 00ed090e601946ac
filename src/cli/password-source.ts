/**
 * Reads or generates the password of a new account.
 *
 * Rejected: a command-line argument, which every user of the machine can see.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { CommandContext } from './command-context.js';
import { UsageError } from './exit-codes.js';

/** 144 random bits, 24 characters. */
const GENERATED_BYTES = 18;
/** Longest line taken from standard input; every permitted password is shorter. */
const STDIN_MAX_BYTES = 4_096;

export interface PasswordChoice {
  readonly password: string;
  /** Has to be shown, since its owner does not know it yet. */
  readonly generated: boolean;
}

/**
 * From standard input when asked to, else typed twice at a terminal (nothing typed: generated), else generated where nothing can come
 * in. A pipe or file without the option is refused: it may hold a password that would be passed over, and waiting for one might never end.
 *
 * @throws UsageError when nothing comes in, the two differ, or standard input is a pipe or file that was not asked for.
 */
export async function choosePassword(context: CommandContext, fromStdin: boolean): Promise<PasswordChoice> {
  if (fromStdin) return { password: await firstLine(context.input), generated: false };
  if (!context.input.isTTY) {
    if (mayHoldText(context.input.fd)) {
      throw new UsageError(
        'Standard input is a pipe or a file. Give --password-stdin to read the password from it, or </dev/null to generate one.',
      );
    }
    return generate();
  }
  const typed = await askUnseen(context, 'Password (empty: generate one): ');
  if (typed === '') return generate();
  if ((await askUnseen(context, 'Repeat the password: ')) !== typed)
    throw new UsageError('The two passwords differ. Repeat the command.');
  return { password: typed, generated: false };
}

/** Unlike /dev/null, which is what services and scripts without input have. */
function mayHoldText(descriptor: number): boolean {
  return !fstatSync(descriptor).isCharacterDevice();
}

function generate(): PasswordChoice {
  return { password: randomBytes(GENERATED_BYTES).toString('base64url'), generated: true };
}

async function firstLine(input: NodeJS.ReadStream): Promise<string> {
  let text = '';
  input.setEncoding('utf8');
  for await (const chunk of input) {
    text += String(chunk);
    if (text.includes('\n')) break;
    if (text.length > STDIN_MAX_BYTES)
      throw new UsageError('The password on standard input is too long. Give one line.');
  }
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  if (line === '') throw new UsageError('Standard input has no password. Write it as one line.');
  return line;
}

async function askUnseen(context: CommandContext, question: string): Promise<string> {
  // The line editor echoes what is typed into its output, so it gets one that shows nothing.
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: context.input, output: unseen, terminal: true });
  context.notes.write(question);
  try {
    const answer: unknown[] = await Promise.race([
      once(lines, 'line'),
      once(lines, 'SIGINT').then(() =>
        Promise.reject(new UsageError('The entry of the password was interrupted. Repeat the command.')),
      ),
      once(lines, 'close').then(() =>
        Promise.reject(new UsageError('No password was typed. Repeat the command.')),
      ),
    ]);
    return String(answer[0]);
  } finally {
    lines.close();
    context.notes.write('\n');
  }
}
