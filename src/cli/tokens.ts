/** Implements `seonchak tokens`: signs access tokens and presence tickets for trials and load tests. */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/config.js';
import type { CouponId } from '../engine/domain/coupon.js';
import { ACCOUNT_ID_PREFIX } from '../accounts/account-id.js';
import { signUpRoles } from '../accounts/accounts.js';
import type { Claims } from '../http/auth/claim-names.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine } from './command-context.js';
import { UsageError } from './exit-codes.js';
import { addClaim, couponId, durationMs, wholeNumber } from './option-values.js';
import { startProgress } from './progress.js';
import type { SignToken } from './token-batch.js';
import { signTokens } from './token-batch.js';
import { sharesOf, tokenFileName, writeCsv, writeTokenFile } from './token-files.js';

/** Ids whose CSV lines need no quoting. Other ids exist; their tokens come from the provider that issued them. */
const narrowId = /^[A-Za-z0-9._-]{1,64}$/;

const COUNT_MAX = 100_000_000;
const FILES_MAX = 1_000;

const TOKEN_LIFETIME = '7d';
/** No shop has members or sellers of such names. */
const TRIAL_PREFIX = 'seonchak-trial-';
/** Presence was seen a moment ago, not last week. */
const TICKET_LIFETIME = '10m';

interface TokensOptions {
  readonly count: number;
  readonly files: number;
  readonly out?: string;
  readonly role: (typeof signUpRoles)[number];
  readonly first?: number;
  readonly prefix?: string;
  readonly expiresIn?: number;
  readonly presence?: CouponId;
  readonly claim: Claims;
  readonly json?: true;
}

type NamedTokens = TokensOptions & { readonly first: number; readonly prefix: string };

export function addTokens(program: Command, context: CommandContext): void {
  program
    .command('tokens')
    .summary('sign access tokens or presence tickets, for trials and load tests')
    .description(
      'Sign access tokens with the secret of the server (JWT_SECRET, or the one generated in DATA_DIR). ' +
        'One token is printed without a header; several are printed as CSV with the header line member_id,token. ' +
        'With --presence, sign presence tickets for a coupon that requires them, with PRESENCE_SECRET.',
    )
    .option('--count <tokens>', 'number of tokens', wholeNumber(1, COUNT_MAX), 1)
    .option(
      '--files <files>',
      'number of files to spread the tokens over; needs --out',
      wholeNumber(1, FILES_MAX),
      1,
    )
    .option('--out <folder>', 'write tokens-01.csv, … to this folder instead of printing')
    .addOption(new Option('--role <role>', 'role of the tokens').choices(signUpRoles).default('member'))
    .option('--first <number>', 'number of the first member (default: 1)', wholeNumber(1, 999_999_999_999))
    .option(
      '--prefix <text>',
      `text before each number (default: ${TRIAL_PREFIX} and, for members without --first, a text of this run; tickets: none)`,
    )
    .option(
      '--expires-in <duration>',
      `lifetime, such as 90s, 15m, 1h, 7d (default: ${TOKEN_LIFETIME}; presence tickets ${TICKET_LIFETIME})`,
      durationMs,
    )
    .addOption(
      new Option('--presence <coupon>', 'sign presence tickets for this coupon instead')
        .argParser(couponId)
        .conflicts('role'),
    )
    .option(
      '--claim <name=value>',
      'claim of the member, for coupons whose rule names it (MEMBER_CLAIMS); may be repeated',
      addClaim,
      {},
    )
    .option('--json', 'print JSON for programs: the files written, or the tokens')
    .addHelpText(
      'after',
      `
Examples:
  $ TOKEN=$(seonchak tokens --role seller --count 1)
  $ seonchak tokens --count 100000 --files 10 --out ./tokens
  $ seonchak tokens --prefix '' --first 7
  $ TOKEN=$(seonchak tokens --claim grade=gold --claim first_order=true)
  $ TICKET=$(seonchak tokens --presence 42 --first 7)`,
    )
    .action(async (given: TokensOptions) => {
      const options = { ...given, ...namesOf(given) };
      checkUsage(options);
      const sign = await signerOf(loadConfig(context.env), options);
      if (options.out !== undefined) await writeFiles(context, options, options.out, sign);
      else await print(context, options, sign);
    });
}

/**
 * Members for trying out must not exist: no member of the shop, no account, and not those of an earlier run, who may
 * hold the coupon already. A seller has to find its coupons again, and a caller who names a first number asks for that
 * very member.
 */
function namesOf({ first, prefix, presence, role }: TokensOptions): Pick<NamedTokens, 'first' | 'prefix'> {
  const run = first === undefined && role === 'member' ? `${randomBytes(4).toString('hex')}-` : '';
  const fallback = presence === undefined ? `${TRIAL_PREFIX}${role === 'seller' ? 'seller-' : ''}${run}` : '';
  return { first: first ?? 1, prefix: prefix ?? fallback };
}

function checkUsage(options: NamedTokens): void {
  if (options.files > 1 && options.out === undefined)
    throw new UsageError('The option --files needs --out <folder> as well.');
  if (options.files > options.count)
    throw new UsageError(
      'The option --files is greater than --count. Give as many files as tokens, or fewer.',
    );
  const last = memberId(options, options.first + options.count - 1);
  if (options.prefix.startsWith(ACCOUNT_ID_PREFIX)) {
    throw new UsageError(
      `Ids that begin with ${ACCOUNT_ID_PREFIX} are reserved for accounts, which sign in. Give another --prefix.`,
    );
  }
  if (!narrowId.test(last)) {
    throw new UsageError(
      `The id "${last}" is not a member id. Use 1 to 64 letters, digits, dots, underscores, hyphens.`,
    );
  }
}

async function signerOf(config: Config, options: NamedTokens): Promise<SignToken> {
  // Loaded when needed: what signs and what opens a folder is a third of the time in which any other command starts.
  const [{ presenceSettings, tokenSettings }, { TokenIssuer }] = await Promise.all([
    import('../server/token-settings.js'),
    import('../http/auth/token-issuer.js'),
  ]);
  const issuedAtMs = Date.now();
  const { presence, role } = options;
  if (presence !== undefined) {
    const settings = presenceSettings(config);
    if (settings?.secret === undefined) {
      throw new UsageError(
        'Presence tickets cannot be signed, because PRESENCE_SECRET is not set. Set it to the secret of the server.',
      );
    }
    const issuer = new TokenIssuer(settings.secret, settings);
    const seconds = secondsOf(options.expiresIn ?? durationMs(TICKET_LIFETIME));
    return (memberId) => issuer.issueTicket(memberId, presence, seconds, issuedAtMs, options.claim);
  }
  const settings = await tokenSettings(config, 'existing');
  if (settings.secret === undefined) {
    throw new UsageError(
      'Tokens cannot be signed here, because JWT_JWKS_URL is set. Get them from that identity provider.',
    );
  }
  const issuer = new TokenIssuer(settings.secret, settings);
  const seconds = secondsOf(options.expiresIn ?? durationMs(TOKEN_LIFETIME));
  return (memberId) => issuer.issue(memberId, role, seconds, issuedAtMs, options.claim);
}

function secondsOf(lifetimeMs: number): number {
  return Math.ceil(lifetimeMs / 1_000);
}

async function writeFiles(
  context: CommandContext,
  options: NamedTokens,
  folder: string,
  sign: SignToken,
): Promise<void> {
  const progress = startProgress(context.notes, 'signing', 'tokens', options.count);
  const files: string[] = [];
  let first = options.first;
  try {
    for (const [index, share] of sharesOf(options.count, options.files).entries()) {
      const tokens = signTokens(memberIds(options, first, share), sign);
      files.push(
        await writeTokenFile(folder, tokenFileName(index, options.files), tokens, (count) =>
          progress.advance(count),
        ),
      );
      first += share;
    }
  } finally {
    progress.finish();
  }
  if (options.json) printJson(context, { count: options.count, files });
  else for (const file of files) printLine(context.output, file);
}

async function print(context: CommandContext, options: NamedTokens, sign: SignToken): Promise<void> {
  const tokens = signTokens(memberIds(options, options.first, options.count), sign);
  if (options.json) {
    for await (const chunk of tokens) {
      for (const one of chunk) printLine(context.output, JSON.stringify(one));
    }
    return;
  }
  if (options.count > 1) {
    await writeCsv(context.output, tokens);
    return;
  }
  for await (const [only] of tokens) printLine(context.output, only?.token ?? '');
}

function* memberIds(options: NamedTokens, first: number, count: number): Generator<string> {
  for (let number = first; number < first + count; number++) yield memberId(options, number);
}

function memberId(options: NamedTokens, number: number): string {
  return `${options.prefix}${number}`;
}
