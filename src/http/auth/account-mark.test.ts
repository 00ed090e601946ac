/** Tests that a holder of the secret cannot forge the mark in the token of an account. */
import { decodeJwt, SignJWT } from 'jose';
import t from 'tap';
import type { Role } from '../../accounts/accounts.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import { AccountMark } from './account-mark.js';
import { TokenIssuer } from './token-issuer.js';
import { accessTokens } from './token-policy.js';
import { TokenVerifier } from './token-verifier.js';

const secret = Buffer.from('0123456789abcdef0123456789abcdef-of-this-test');
const policy = { issuer: 'seonchak', audiences: ['seonchak'] };
const account = 'seonchak.account.7' as MemberId;
const nowMs = Date.now();

let endedBelow = 0;
const sessions = {
  isOver: (subject: string, generation: number) => subject === account && generation < endedBelow,
};
const kind = accessTokens(undefined, { mark: new AccountMark(secret), sessions });
const verifier = new TokenVerifier(secret, policy, kind);
const issuer = new TokenIssuer(secret, policy);

const issued = (role: Role, generation = 0) =>
  issuer.issueForAccount(account, { role, generation }, 60, nowMs);
const verified = async (token: Promise<string>) => verifier.verify(await token, nowMs);

/** The claims of a real token with others in their place, signed by a holder of the secret. */
const forged = async (token: Promise<string>, claims: object): Promise<string> =>
  new SignJWT({ ...decodeJwt(await token), ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(secret);

t.test('each role of an account is verified', async (t) => {
  for (const role of ['member', 'seller', 'admin'] as const)
    t.match(await verified(issued(role)), { kind: 'identity', memberId: account, role });
});

t.test('no other signer makes an administrator', async (t) => {
  t.match(await verified(forged(issued('member'), { role: 'admin' })), { detail: 'reserved_id' });
  const outsider = new SignJWT({ ...decodeJwt(await issued('admin')), sub: 'm-1' });
  const token = outsider.setProtectedHeader({ alg: 'HS256' }).sign(secret);
  t.match(await verified(token), { kind: 'refused', detail: 'role_claim' });
});

t.test('a session that ended stays ended whatever generation is claimed beside its mark', async (t) => {
  endedBelow = 2;
  t.match(await verified(issued('member', 1)), { reason: 'token_expired', detail: 'session_ended' });
  t.match(await verified(issued('member', 2)), { kind: 'identity' });
  for (const generation of [2, 3, -1, 1.5, '2', null]) {
    const token = forged(issued('member', 1), { seonchak_generation: generation });
    t.match(await verified(token), { detail: 'reserved_id' }, `generation ${String(generation)}`);
  }
  t.match(await verified(forged(issued('member', 0), { seonchak_generation: 2 })), { detail: 'reserved_id' });
  endedBelow = 0;
});
