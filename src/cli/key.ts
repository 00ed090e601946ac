/** Implements `seonchak key create`, `list` and `revoke`: keys of shops' backends. */
import { type Command, InvalidArgumentError } from 'commander';
import { keyScopes, KEYS_MAX, KEYS_PER_SELLER_MAX, newKeyText } from '../accounts/server-keys.js';
import type { KeyScope } from '../accounts/server-keys.js';
import { loadConfig } from '../config/config.js';
import type { MemberId } from '../engine/domain/coupon.js';
import { memberIdOf, subjectOf } from '../engine/domain/member-id.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { CommandFailedError } from './exit-codes.js';
import { operatorHere } from './operator.js';
import { durationMs, wholeNumber } from './option-values.js';
import { table } from './table.js';

const ID_MAX = 999_999_999_999_999;

interface CreateOptions {
  readonly seller: MemberId;
  readonly scopes: readonly KeyScope[];
  readonly name: string;
  readonly expires?: number;
  readonly json?: true;
}

export function addKey(program: Command, context: CommandContext): void {
  const key = program
    .command('key')
    .summary('create, list or revoke server keys of shops')
    .description('Server keys let the backend of a shop call the API without a token.');
  key
    .command('create')
    .summary('create a server key')
    .description(
      'Create a server key for a seller, and print it. It is shown this once: only its hash is stored.',
    )
    .requiredOption('--seller <id>', 'the `sub` of the seller', sellerId)
    .requiredOption('--scopes <list>', `of ${keyScopes.join(', ')}, separated by commas`, scopeList)
    .option('--name <text>', 'where the key is used', 'made at the command line')
    .option(
      '--expires <duration>',
      'how long it is valid, such as 90d; without it until it is revoked',
      durationMs,
    )
    .option('--json', 'print JSON for programs')
    .addHelpText('after', '\nExamples:\n  $ seonchak key create --seller 7 --scopes issue,redeem')
    .action((options: CreateOptions) => create(context, options));
  key
    .command('list')
    .summary('list server keys')
    .description('List server keys, revoked and expired ones included.')
    .option('--seller <id>', 'only keys of this seller', sellerId)
    .option('--json', 'print JSON for programs')
    .action((options: { readonly seller?: MemberId; readonly json?: true }) => list(context, options));
  key
    .command('revoke')
    .summary('revoke a server key')
    .description('Revoke a server key. Every API process refuses it within a second.')
    .argument('<id>', 'number of the key', wholeNumber(1, ID_MAX))
    .action((id: number) => revoke(context, id));
}

async function create(context: CommandContext, options: CreateOptions): Promise<void> {
  const { seller, scopes, name, expires } = options;
  const atMs = Date.now();
  const expiresAtMs = expires === undefined ? undefined : atMs + expires;
  const created = await withStores(loadConfig(context.env), async (stores) => {
    await stores.migrate();
    return stores.serverKeys.create(
      { sellerId: seller, name, scopes, expiresAtMs },
      atMs,
      newKeyText,
      (id) => ({
        ...{ atMs, actor: operatorHere(), action: 'key_created', target: `key ${id}` },
        detail: { sellerId: subjectOf(seller), name, scopes, expiresAtMs: expiresAtMs ?? null },
      }),
    );
  });
  if (created === 'no_seller') {
    throw new CommandFailedError(
      `No key was created, because the account ${subjectOf(seller)} was deleted or does not belong to a seller. Give the \`sub\` of another seller.`,
    );
  }
  if (created === 'too_many') {
    throw new CommandFailedError(
      `A seller may have ${KEYS_PER_SELLER_MAX} live keys and the installation ${KEYS_MAX}. Revoke keys that are not used.`,
    );
  }
  if (options.json) printJson(context, { id: created.key.id, key: created.text });
  else printLine(context.output, created.text);
}

async function list(
  context: CommandContext,
  options: { readonly seller?: MemberId; readonly json?: true },
): Promise<void> {
  const keys = await withStores(loadConfig(context.env), (stores) => stores.serverKeys.list(options.seller));
  const instant = (epochMs: number | undefined): string | null =>
    epochMs === undefined ? null : new Date(epochMs).toISOString();
  const shown = keys.map(({ id, sellerId, name, scopes, createdAtMs, expiresAtMs, revokedAtMs }) => ({
    ...{ id, sellerId: subjectOf(sellerId), name, scopes, createdAt: instant(createdAtMs) },
    ...{ expiresAt: instant(expiresAtMs), revokedAt: instant(revokedAtMs) },
  }));
  if (options.json) printJson(context, { keys: shown });
  else if (shown.length === 0) printLine(context.notes, 'No server keys.');
  else {
    const rows = shown.map((key) => [
      ...[String(key.id), key.sellerId, key.name, key.scopes.join(',')],
      ...[key.createdAt ?? '', key.expiresAt ?? '', key.revokedAt ?? ''],
    ]);
    const headings = ['id', 'seller', 'name', 'scopes', 'created at', 'expires at', 'revoked at'];
    for (const line of table(headings, rows)) printLine(context.output, line);
  }
}

async function revoke(context: CommandContext, id: number): Promise<void> {
  const result = await withStores(loadConfig(context.env), (stores) =>
    stores.serverKeys.revoke(id, undefined, {
      ...{ atMs: Date.now(), actor: operatorHere(), action: 'key_revoked', target: `key ${id}`, detail: {} },
    }),
  );
  if (result === 'unknown')
    throw new CommandFailedError(`Key ${id} does not exist. \`seonchak key list\` lists the keys.`);
  printLine(context.output, `key ${id} is revoked`);
}

function sellerId(text: string): MemberId {
  const id = memberIdOf(text);
  if (id === undefined) throw new InvalidArgumentError('Give the `sub` of the seller’s tokens.');
  return id;
}

function scopeList(text: string): readonly KeyScope[] {
  const scopes = keyScopes.filter((scope) => text.split(',').includes(scope));
  if (scopes.length === 0 || scopes.length !== text.split(',').length) {
    throw new InvalidArgumentError(`Give scopes of ${keyScopes.join(', ')}, each once, separated by commas.`);
  }
  return scopes;
}
