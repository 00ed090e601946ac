/** Draws the first page of the shop: Seonchak's button over forms that work without scripts, and a session in a cookie. */
import { randomBytes } from 'node:crypto';
import { untilDefinite } from '@seonchak/client';
import Fastify from 'fastify';
import { escaped, form, html, page } from './html.js';
import { seatRoutes } from './seat-page.js';

/** What the shop calls its members is what Seonchak calls them. A shop has passwords here; this one takes your word. */
const memberPattern = /^[a-z][a-z0-9-]{0,30}$/;
/** The page answers after this, and the member requests again: the outcome is never guessed. */
const REQUEST_WAIT_MS = 5_000;

/** What a member without scripts reads after a request that brought no coupon. */
const SAID = new Map([
  ['sold_out', 'Every coupon is taken.'],
  ['not_open', 'It is not open yet.'],
  ['unknown', 'No definite answer yet. Press again: what you have stays yours.'],
]);

/** @param seonchakUrl where browsers reach Seonchak. */
export function shopServer({ database, client, orders, seats, couponId, seonchakUrl }) {
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
        { timeoutMs: REQUEST_WAIT_MS },
      )) ?? {};
    const holds = member === undefined ? undefined : await issuanceOf(member);
    return html(
      reply,
      firstPage({
        member,
        coupon,
        holds,
        said: holds === undefined ? (SAID.get(request.query.said) ?? '') : '',
        orders: member === undefined ? [] : orders.of(member),
        seonchakUrl,
      }),
      seonchakUrl,
    );
  });

  server.post('/sign-in', async (request, reply) => {
    // Keyboards of phones begin with a capital.
    const member = String(request.body?.member ?? '')
      .trim()
      .toLowerCase();
    if (!memberPattern.test(member))
      return reply
        .code(400)
        .send('A name begins with a letter and has up to 31 letters, digits and hyphens.');
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
            { timeoutMs: REQUEST_WAIT_MS },
          );
    // The button of Seonchak (embed.js) shows the answer itself, and repeats the request after 503.
    if (request.headers.accept === 'application/json')
      return reply
        .code(answer === undefined ? 503 : answer.response.status)
        .send(answer?.data ?? answer?.error ?? {});
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

  seatRoutes(server, { seats, memberOf });
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
      { timeoutMs: REQUEST_WAIT_MS },
    );
    return answer?.data;
  }
}

function firstPage({ member, coupon, holds, said, orders, seonchakUrl }) {
  const title = coupon?.name ?? 'A small shop';
  const stock = `<p>${coupon === undefined ? 'The coupon service does not answer.' : `${coupon.remaining} of ${coupon.quantity} left`}</p>`;
  // The button shows what is left itself.
  const hasButton = member !== undefined && holds === undefined;
  const parts = hasButton ? [] : [stock];
  if (member === undefined) {
    parts.push(
      '<form method="post" action="/sign-in"><label>Name <input name="member"></label> <button>Sign in</button></form>',
    );
    return page(title, parts);
  }
  parts.push(`<p>Signed in as ${escaped(member)}. <a href="/seat">Seats</a></p>`);
  if (hasButton) {
    parts.push(`<p role="status">${said}</p>`);
    // Stock and form stay where Seonchak does not let this page in (CORS_ORIGINS).
    parts.push(
      `<seonchak-coupon coupon="${coupon?.id}" download="/download">${stock}${form('/download', 'Get the coupon')}</seonchak-coupon>`,
      `<script src="${escaped(seonchakUrl)}/embed.js" async></script>`,
    );
  } else parts.push(`<p>Yours: number ${holds.issueNo}</p>`, form('/orders', 'Order at half price'));
  const rows = orders.map(({ id, state, reason }) => {
    const cancel = state === 'placed' ? form(`/orders/${id}/cancel`, 'Cancel') : '';
    return `<li>${escaped(id)}: <b>${state}</b> ${escaped(reason ?? '')} ${cancel}</li>`;
  });
  parts.push(`<ul>${rows.join('')}</ul>`);
  return page(title, parts);
}
