/** Sends links for a new password by SMTP, in both languages of the console. */
import { createTransport } from 'nodemailer';

/** For each step: the connection, the greeting, every answer of the server. */
const TIMEOUT_MS = 10_000;

export interface MailSettings {
  /** `smtp://user:password@host:587` (STARTTLS) or `smtps://…` (TLS from the first byte). */
  readonly url: string;
  readonly from: string;
}

export interface LinkMail {
  readonly to: string;
  readonly link: string;
  readonly expiresAtMs: number;
}

export interface PasswordMailer {
  /** @throws what the library throws when no server has taken the mail. */
  send(mail: LinkMail): Promise<void>;
  close(): void;
}

export function passwordMailer({ url, from }: MailSettings): PasswordMailer {
  const transport = createTransport({
    url,
    // A password must not cross the network in clear text. A relay without one may be on this machine.
    requireTLS: new URL(url).username !== '',
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  });
  return {
    async send({ to, link, expiresAtMs }) {
      await transport.sendMail({
        from,
        // As an object, an address is never parsed as a list.
        to: { name: '', address: to },
        subject: 'Set a new password / 새 비밀번호 설정',
        text: textOf(link, expiresAtMs),
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    },
    close: () => transport.close(),
  };
}

function textOf(link: string, expiresAtMs: number): string {
  const until = `${new Date(expiresAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return [
    'A new password was requested for your account. Open this link to set one:',
    '',
    link,
    '',
    `The link works once, until ${until}. If you did not ask for it, ignore this mail: your password stays as it is.`,
    '',
    '계정의 새 비밀번호 요청을 받았습니다. 위 링크를 열어 설정하세요.',
    `링크는 ${until}까지 한 번만 쓸 수 있습니다. 요청하지 않았다면 이 메일을 무시하세요. 비밀번호는 바뀌지 않습니다.`,
    '',
  ].join('\n');
}
