/** Defines the schemas of the answers about passes and tills. */
import { z } from 'zod';
import { couponId, issueNo, unit, instant } from './answer-fields.js';
import { walletItemAnswer } from './redemption-answers.js';

export const passAnswer = z.object({
  couponId,
  issueNo,
  unit,
  pass: z.string().meta({ description: 'To show as a QR code. Read a new one before it ends.' }),
  number: z.string().meta({ description: 'To read out: coupon and number.', examples: ['42-17'] }),
  expiresAt: instant.meta({ description: 'When the pass ends, by the server’s clock.' }),
});

export const tillCheckAnswer = walletItemAnswer.extend({
  proof: z
    .enum(['pass', 'number'])
    .meta({ description: '`number`: it was read out, so nothing proves that the member is there.' }),
});
export type PassAnswer = z.output<typeof passAnswer>;
