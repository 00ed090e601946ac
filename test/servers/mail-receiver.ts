/** Starts a mail server on a free port that keeps every mail it gets. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';

const POLL_MS = 20;

export interface MailReceiver {
  readonly port: number;
  /** As they were sent, headers included. */
  readonly mails: readonly string[];
  /** Waits until this many mails have come. @returns the text of the last, decoded. */
  received(count: number): Promise<string>;
  stop(): Promise<void>;
}

/** Takes every mail of every sender. */
export async function startMailReceiver(): Promise<MailReceiver> {
  const mails: string[] = [];
  const smtp = new SMTPServer({
    authMethods: ['PLAIN'],
    hideSTARTTLS: true,
    authOptional: true,
    onData(stream, _session, done) {
      text(stream).then(
        (mail) => {
          mails.push(mail);
          done();
        },
        (fault: unknown) => done(fault as Error),
      );
    },
  });
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  return {
    port: (smtp.server.address() as AddressInfo).port,
    mails,
    async received(count) {
      while (mails.length < count) await pause(POLL_MS);
      return decoded(mails[count - 1] ?? '');
    },
    stop: () => new Promise((resolve) => smtp.close(() => resolve())),
  };
}

/** The body of a mail as its reader sees it. */
function decoded(mail: string): string {
  const [, body = ''] = mail.split(/\r?\n\r?\n([\s\S]*)/);
  if (/^Content-Transfer-Encoding: base64/im.test(mail)) return Buffer.from(body, 'base64').toString();
  const bytes = body
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
