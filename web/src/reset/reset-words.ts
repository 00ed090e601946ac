/** Contains the sentences of the page that sets a new password, in both languages. */

const en = {
  title: 'New password',
  lead: 'Choose a new password for your account. You will be signed out everywhere.',
  password: 'New password',
  hint: '8 to 128 characters',
  submit: 'Set the password',
  noLink: 'This page is opened from a link in a mail, or from the operator. The link is missing here.',
  tooShort: 'The password needs 8 to 128 characters.',
  invalid: 'This link was used, replaced by a newer one, or has expired. Ask for a new link.',
  tooMany: 'Too many attempts. Wait a minute and try again.',
  failed: 'The password could not be set. Try again.',
  done: 'Your new password is set',
  doneLead: 'Sign in with it.',
  home: 'To the coupons',
};

export type ResetWords = typeof en;

const ko: ResetWords = {
  title: '새 비밀번호',
  lead: '새 비밀번호를 정하세요. 모든 기기에서 로그아웃됩니다.',
  password: '새 비밀번호',
  hint: '8자에서 128자까지',
  submit: '비밀번호 설정',
  noLink: '이 페이지는 메일이나 운영자가 보낸 링크로 엽니다. 주소에 링크가 없습니다.',
  tooShort: '비밀번호는 8자에서 128자까지 쓸 수 있습니다.',
  invalid: '이미 사용했거나, 새 링크로 바뀌었거나, 기한이 지난 링크입니다. 새 링크를 요청하세요.',
  tooMany: '시도가 너무 많습니다. 1분 뒤에 다시 시도하세요.',
  failed: '비밀번호를 설정하지 못했습니다. 다시 시도하세요.',
  done: '새 비밀번호를 설정했습니다',
  doneLead: '새 비밀번호로 로그인하세요.',
  home: '쿠폰 보기',
};

export const resetWords = { en, ko } as const;
