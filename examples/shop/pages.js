/** The pages of the shop: forms without scripts, a session in a cookie. */
import { randomBytes } from 'node:crypto';
import { untilDefinite } from '@seonchak/client';
import Fastify from 'fastify';

/** What the shop calls its members is what Seonchak calls them. A shop has passwords here; this one takes your word. */
const memberPattern = /^[a-z][a-z0-9-]{0,30}$/;
/** The page answers after this, and the member presses again: the outcome is never guessed. */
const PRESS_WAIT_MS = 5_000;

export function shopServer({ database, client, orders, couponId }) {
  const server = Fastify();
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 4_096 },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body))),
  );

  server.get('/', async (request, reply) => {
    const member = memberOf(request);
    const { data: coupon } =
      (await untilDefinite(
        (signal) => client.GET('/v1/coupons/{id}', { params: { path: { id: couponId } }, signal }),
        { timeoutMs: PRESS_WAIT_MS },
      )) ?? {};
    const holds = member === undefined ? undefined : await issuanceOf(member);
    return html(
      reply,
      page({ member, coupon, holds, orders: member === undefined ? [] : orders.of(member) }),
    );
  });

  server.post('/sign-in', async (request, reply) => {
    const member = request.body?.member ?? '';
    if (!memberPattern.test(member))
      return reply.code(400).send('A name has 1 to 31 letters, digits and hyphens.');
    const token = randomBytes(24).toString('base64url');
    database.prepare('insert into session values (?, ?)').run(token, member);
    return reply.header('set-cookie', `shop=${token}; HttpOnly; SameSite=Lax; Path=/`).redirect('/', 303);
  });

  server.post('/download', async (request, reply) => {
    const member = memberOf(request) ?? '';
    const answer =
      member === ''
        ? undefined
        : await untilDefinite(
            (signal) =>
              client.POST('/v1/members/{memberId}/coupons/{id}/download', {
                params: { path: { memberId: member, id: couponId } },
                signal,
              }),
            { timeoutMs: PRESS_WAIT_MS },
          );
    const said = answer === undefined ? 'unknown' : (answer.data?.outcome ?? answer.error.code);
    return reply.redirect(`/?said=${encodeURIComponent(said)}`, 303);
  });

  server.post('/orders', async (request, reply) => {
    const member = memberOf(request);
    if (member !== undefined) await orders.place(member);
    return reply.redirect('/', 303);
  });

  server.post('/orders/:id/cancel', async (request, reply) => {
    const member = memberOf(request);
    if (member !== undefined) await orders.cancel(member, request.params.id);
    return reply.redirect('/', 303);
  });

  return server;

  function memberOf(request) {
    const token = /(?:^|;\s*)shop=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
    return token && database.prepare('select member from session where token = ?').get(token)?.member;
  }

  async function issuanceOf(memberId) {
    const answer = await untilDefinite(
      (signal) =>
        client.GET('/v1/members/{memberId}/coupons/{id}/issuance', {
          params: { path: { memberId, id: couponId } },
          signal,
        }),
      { timeoutMs: PRESS_WAIT_MS },
    );
    return answer?.data;
  }
}

function html(reply, body) {
  return reply
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
    .type('text/html; charset=utf-8')
    .send(body);
}

function page({ member, coupon, holds, orders }) {
  const parts = [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>A small shop</title>',
    '<style>body{font:18px system-ui;max-width:32em;margin:3em auto}form{display:inline}</style>',
    `<h1>${escaped(coupon?.name ?? 'A small shop')}</h1>`,
    `<p>${coupon === undefined ? 'The coupon service does not answer.' : `${coupon.remaining} of ${coupon.quantity} left`}</p>`,
  ];
  if (member === undefined) {
    parts.push(
      '<form method="post" action="/sign-in"><label>Name <input name="member"></label> <button>Sign in</button></form>',
    );
    return parts.join('\n');
  }
  parts.push(`<p>Signed in as ${escaped(member)}</p>`);
  if (holds === undefined) parts.push(form('/download', 'Get the coupon'));
  else parts.push(`<p>Yours: number ${holds.issueNo}</p>`, form('/orders', 'Order at half price'));
  const rows = orders.map(({ id, state, reason }) => {
    const cancel = state === 'placed' ? form(`/orders/${id}/cancel`, 'Cancel') : '';
    return `<li>${escaped(id)}: <b>${state}</b> ${escaped(reason ?? '')} ${cancel}</li>`;
  });
  parts.push(`<ul>${rows.join('')}</ul>`);
  return parts.join('\n');
}

function form(action, label) {
  return `<form method="post" action="${action}"><button>${label}</button></form>`;
}

function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
