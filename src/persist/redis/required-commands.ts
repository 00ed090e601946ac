/**
 * Names at start the commands that Redis does not have or does not grant to our user: renamed, or forbidden by an ACL.
 *
 * Hosters rename commands, and a user's rights are written by hand. Without this check the first download finds out.
 */
import { ConfigError } from '../../engine/domain/errors.js';
import { BELL_CHANNEL, PROBE_KEYS } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import { list, text } from './replies.js';

/** What Redis replies to a command that it does not have, and to one that the user may not use. */
const REFUSED = /unknown command|^NOPERM\b|can't run this command/i;

/** @throws ConfigError naming the commands. A Redis that cannot be asked now is not judged. */
export async function requireCommands(calls: RedisCalls): Promise<void> {
  const [key] = PROBE_KEYS;
  const direct: Readonly<Record<string, () => Promise<unknown>>> = {
    HSCAN: () => calls.command('hscan', key, [0]),
    HMGET: () => calls.command('hmget', key, ['field']),
    ZCOUNT: () => calls.command('zcount', key, [0, 1]),
    ZRANGE: () => calls.command('zrange', key, [0, 0]),
    PUBLISH: () => calls.tryPublish(BELL_CHANNEL),
  };
  const found = await Promise.all([
    refusedInScripts(calls),
    ...Object.entries(direct).map(async ([name, ask]) => ((await isRefused(ask)) ? [name] : [])),
  ]);
  const refused = [...new Set(found.flat())];
  if (refused.length > 0) throw commandsRefused(refused);
}

async function refusedInScripts(calls: RedisCalls): Promise<string[]> {
  try {
    return list(await calls.run('probe', PROBE_KEYS, [])).map(text);
  } catch (fault) {
    const reason = reasonOf(fault);
    if (!REFUSED.test(reason)) return [];
    return [/evalsha/i.test(reason) ? 'EVALSHA' : 'EVAL'];
  }
}

async function isRefused(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return false;
  } catch (fault) {
    return REFUSED.test(reasonOf(fault));
  }
}

function reasonOf(fault: unknown): string {
  const { cause = fault } = fault as { cause?: unknown };
  return cause instanceof Error ? cause.message : '';
}

/** Also where only a connection of its own shows it (SUBSCRIBE). */
export function commandsRefused(commands: readonly string[]): ConfigError {
  return new ConfigError([
    `REDIS_URL names a Redis that refuses ${commands.join(', ')}: they are renamed, or the user may not run them. ` +
      'Seonchak needs these commands under their names; docs/security.md has the whole list',
  ]);
}

export function isCommandRefused(error: unknown): boolean {
  return error instanceof Error && REFUSED.test(error.message);
}
