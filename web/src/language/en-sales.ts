/** Contains the sentences in English of a seller's summary, of redemptions, and of revokes of several. */
export const enSales = {
  summary: 'At a glance',
  live: 'Live now',
  liveNone: 'No coupon is open.',
  liveLeft: (remaining: string) => `${remaining} left`,
  today: 'Today',
  todayNone: 'No coupon opens or opened today.',
  todayIssued: (issued: string, quantity: string) => `${issued} of ${quantity} issued`,
  next: 'Next openings',
  nextNone: 'No opening is planned.',
  atLeast: (count: string) => `${count} or more`,

  redemptions: 'Redemptions',
  redemptionsLead: 'Used coupons and the orders that redeemed them, the latest number first.',
  redemptionsEmpty: 'Nothing redeemed yet',
  redemptionsEmptyText: 'As soon as an order redeems a number of this coupon, it appears here.',
  orders: 'Orders',
  ordersNone: 'Used without an order',
  by: (kind: string, id: string) =>
    ({ seller: 'by the seller', member: 'by the member', key: `by key ${id}` })[kind] ?? kind,
  orderCancelled: (order: string) => `${order} (cancelled)`,
  ownOrder: 'without an order id',
  tillOrder: 'at the till',

  selectOne: (number: string) => `Select number ${number}`,
  selectAll: 'Select all on this page',
  selected: (count: string) => `${count} selected`,
  clear: 'Clear',
  revokeMany: (count: string) => `Revoke ${count}`,
  revokeManyTitle: (count: string) => `Revoke ${count} issuances?`,
  revokeManyText:
    'These members lose the coupon, the units return to stock, and the numbers are never used again. Each is revoked for itself: a member who uses the coupon meanwhile keeps it.',
  revoking: (done: string, all: string) => `${done} of ${all} done`,
  revokedMany: (revoked: string, all: string) => `${revoked} of ${all} were revoked.`,
  rowRevoked: 'Revoked',
  rowWaiting: 'Waiting',
  stop: 'Stop',
  done: 'Done',
  stopped: 'Not tried',
};

export type SalesWords = typeof enSales;
