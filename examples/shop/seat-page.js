/** Draws the page of seats: request, pay while the time runs down, or leave. */
import { escaped, form, html, page } from './html.js';

const COUNTDOWN_PATH = '/seat.js';
/** After the end the page asks this often whether the seat went back. */
const ENDED_POLL_MS = 3_000;

/** The browser's clock may be wrong, so the server counts the time left and the script measures it. */
const COUNTDOWN = `
const left = document.querySelector('[role=timer]');
if (left !== null) {
  const endMs = performance.now() + Number(left.dataset.leftMs);
  const draw = () => {
    const seconds = Math.max(0, Math.ceil((endMs - performance.now()) / 1000));
    left.textContent = Math.floor(seconds / 60) + ':' + String(seconds % 60).padStart(2, '0');
    if (seconds > 0) return;
    clearInterval(timer);
    setTimeout(() => location.reload(), ${ENDED_POLL_MS});
  };
  const timer = setInterval(draw, 250);
  draw();
}`;

const SAID = {
  expired: 'Your time to pay ran out, and the seat went back to the others.',
  left: 'You gave the seat back.',
  refunded: 'Your payment came too late and was refunded.',
};

/** @param memberOf the member of a request, who is signed in, or none. */
export function seatRoutes(server, { seats, memberOf }) {
  server.get('/seat', async (request, reply) => {
    const member = memberOf(request);
    if (member === undefined) return reply.redirect('/', 303);
    const { said = '' } = request.query;
    return html(reply, seatPage(await seats.of(member), said), "'self'");
  });
  server.get(COUNTDOWN_PATH, (_request, reply) => reply.type('text/javascript').send(COUNTDOWN));
  server.post('/seat', async (request, reply) => {
    const member = memberOf(request);
    const said = member === undefined ? '' : await seats.request(member);
    return reply.redirect(`/seat?said=${encodeURIComponent(said)}`, 303);
  });
  for (const act of ['pay', 'leave']) {
    server.post(`/seat/${act}`, async (request, reply) => {
      const member = memberOf(request);
      if (member !== undefined) await seats[act](member);
      return reply.redirect('/seat', 303);
    });
  }
}

function seatPage(seat, said) {
  const parts = [`<p role="status">${escaped(SAID[seat?.state] ?? '')}</p>`];
  switch (seat?.state) {
    case 'held': {
      const leftMs = Math.max(0, Date.parse(seat.confirm_by) - Date.now());
      parts.push(
        `<p>Seat number ${seat.issue_no} is held for you. Time left to pay: <b role="timer" data-left-ms="${leftMs}"></b></p>`,
        ...(leftMs === 0 ? ['<p>The time is up. A payment may still come through.</p>'] : []),
        ...[form('/seat/pay', 'Pay'), form('/seat/leave', 'Leave')],
        `<script src="${COUNTDOWN_PATH}" defer></script>`,
      );
      break;
    }
    case 'paying':
    case 'leaving':
      parts.push('<p>One moment. Reload the page.</p>');
      break;
    case 'paid':
      parts.push(`<p>Seat number ${seat.issue_no} is yours: order ${escaped(seat.order_id)}</p>`);
      break;
    default:
      if (said === 'sold_out') parts.push('<p>Every seat is held or sold. One may come back.</p>');
      parts.push(form('/seat', 'Hold a seat'));
  }
  parts.push('<p><a href="/">To the coupon</a></p>');
  return page('A seat', parts);
}
