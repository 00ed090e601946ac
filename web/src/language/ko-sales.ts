/** Contains the sentences in Korean of a seller's summary, of redemptions, and of revokes of several. */
import type { SalesWords } from './en-sales.js';

export const koSales: SalesWords = {
  summary: '한눈에 보기',
  live: '진행 중',
  liveNone: '진행 중인 쿠폰이 없습니다.',
  liveLeft: (remaining) => `${remaining}장 남음`,
  today: '오늘',
  todayNone: '오늘 오픈하는 쿠폰이 없습니다.',
  todayIssued: (issued, quantity) => `${quantity}장 중 ${issued}장 발급`,
  next: '다음 오픈',
  nextNone: '예정된 오픈이 없습니다.',
  atLeast: (count) => `${count}개 이상`,

  redemptions: '사용 내역',
  redemptionsLead: '사용된 쿠폰과 사용 처리한 주문을 최근 순번부터 보여 줍니다.',
  redemptionsEmpty: '아직 사용된 쿠폰이 없습니다',
  redemptionsEmptyText: '이 쿠폰이 사용 처리되면 여기에 표시됩니다.',
  orders: '주문',
  ordersNone: '주문 없이 사용됨',
  by: (kind, id) => ({ seller: '판매자 처리', member: '회원 사용', key: `키 ${id} 처리` })[kind] ?? kind,
  orderCancelled: (order) => `${order} (취소됨)`,
  ownOrder: '주문 번호 없음',
  tillOrder: '계산대',

  selectOne: (number) => `${number}번 선택`,
  selectAll: '이 페이지 모두 선택',
  selected: (count) => `${count}건 선택됨`,
  clear: '선택 해제',
  revokeMany: (count) => `${count}건 발급 취소`,
  revokeManyTitle: (count) => `${count}건의 발급을 취소할까요?`,
  revokeManyText:
    '해당 회원은 쿠폰을 잃고 수량은 재고로 돌아가며, 같은 번호는 다시 쓰이지 않습니다. 한 건씩 취소하므로 그 사이에 사용된 쿠폰은 취소되지 않습니다.',
  revoking: (done, all) => `${all}건 중 ${done}건 처리`,
  revokedMany: (revoked, all) => `${all}건 중 ${revoked}건의 발급을 취소했습니다.`,
  rowRevoked: '취소됨',
  rowWaiting: '대기 중',
  stop: '중단',
  done: '완료',
  stopped: '처리하지 않음',
};
