/** Decides how this installation reaches webhooks: which URLs it takes, new secrets, and sending. */
import { isPublicHost } from './public-addresses.js';
import { webhookSender, type SenderSettings, type WebhookSender } from './send-webhook.js';
import { newWebhookSecret } from './signature.js';

export interface WebhookAccess extends WebhookSender {
  newSecret(): string;
  /** Why a webhook with this address is refused; `undefined` where it is accepted, as far as the URL alone shows. */
  faultOfUrl(url: string): string | undefined;
}

export function webhookAccess(settings: SenderSettings): WebhookAccess {
  const { allowPrivate } = settings;
  return {
    ...webhookSender(settings),
    newSecret: newWebhookSecret,
    faultOfUrl(text) {
      if (!URL.canParse(text)) return 'The URL is not valid.';
      const { protocol, username, password, hostname, hash } = new URL(text);
      const isHttp = protocol === 'https:' || (allowPrivate && protocol === 'http:');
      if (!isHttp || hostname === '') return 'The URL must begin with https://.';
      if (username !== '' || password !== '') return 'The URL must not contain a user name or a password.';
      if (hash !== '') return 'The URL must not have a fragment.';
      if (!allowPrivate && !isPublicHost(hostname))
        return 'The URL must not resolve to a private or local address.';
      return undefined;
    },
  };
}
