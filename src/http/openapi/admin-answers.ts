/** Defines the schemas of the answers to administrators. */
import { z } from 'zod';
import { ownAccountAnswer } from './account-answers.js';
import { couponAnswer, couponPage } from './coupon-answers.js';

const { id, role, createdAt } = ownAccountAnswer.shape;
const count = z.int().min(0);
const next = z.int().nullable().meta({ description: 'Cursor of the next page; null at the end.' });

export const accountPage = z.object({
  items: z.array(ownAccountAnswer.extend({ disabled: z.boolean() })),
  next,
});

export const accountStateAnswer = z.object({ id, disabled: z.boolean() });

export const accountRoleAnswer = z.object({ id, role });

export const resetLinkAnswer = z.object({
  id,
  expiresAt: createdAt,
  link: z.string().optional().meta({ description: 'Absent where it was mailed to the owner.' }),
  mailed: z.literal(true).optional(),
});

export const couponStatusPage = couponPage.extend({
  items: z.array(
    couponAnswer.extend({
      queued: count,
      claimed: count,
      recorded: count,
      held: count,
      deadLettered: count,
      inService: z
        .boolean()
        .meta({ description: 'False where Redis had the coupon once and does not have it at the moment.' }),
    }),
  ),
});

export const auditPage = z.object({
  items: z.array(
    z.object({
      id: count,
      at: createdAt,
      actor: z.object({
        kind: z.enum(['seller', 'key', 'member', 'admin', 'operator', 'anyone']),
        id: z.string(),
        address: z.string(),
      }),
      action: z.string().meta({ examples: ['coupon_amended'] }),
      target: z.string().meta({ examples: ['coupon 42'] }),
      detail: z.record(z.string(), z.unknown()),
    }),
  ),
  next: next.meta({ description: 'Send it as `before` for the next page; null at the end.' }),
});

export const healthAnswer = z.object({
  ready: z.boolean().meta({ description: 'Whether this process can decide downloads.' }),
  reasons: z.array(z.string()),
  warnings: z.array(z.string()),
  backEnd: z.enum(['embedded', 'distributed']),
  durability: z.string(),
  stores: z.array(
    z.object({
      name: z.enum(['database', 'redis']),
      ok: z.boolean(),
      ms: count,
      fault: z.string().nullable(),
    }),
  ),
  recording: z
    .object({ queued: count, claimed: count, coupons: count, oldestUnrecordedSeconds: z.number().min(0) })
    .nullable()
    .meta({
      description: 'The backlog of the recorders; null where there are none, or Redis cannot be read.',
    }),
});

const issuance = z.object({
  couponId: count,
  memberId: z.string(),
  unit: z.int().min(2).optional(),
  issueNo: count,
  issuedAtMs: count,
});
const findings = <Item extends z.ZodType>(item: Item) => z.object({ count, first: z.array(item) });

export const couponCheckAnswer = z.object({
  couponId: count,
  clean: z.boolean(),
  quantity: count,
  inService: z.boolean(),
  outOfService: z.boolean(),
  admitted: count,
  recorded: count,
  queued: count,
  claimed: count,
  revoked: count,
  missing: findings(issuance).meta({ description: 'Admitted and not recorded.' }),
  strays: findings(issuance).meta({ description: 'Recorded, but Redis has no such winner.' }),
  doubled: findings(count).meta({ description: 'Numbers held by two members.' }),
  halfRevoked: findings(issuance).meta({
    description: 'Revoked in the database, but still a winner in Redis.',
  }),
  revokedRows: findings(count),
  gaps: findings(count).meta({ description: 'Numbers issued, but held by no member.' }),
  deadLetters: findings(issuance.extend({ reason: z.string() })),
  stuckClaims: count,
  excess: count,
  numbersBehind: z.boolean(),
  catalogueBehind: z.boolean(),
  repair: z
    .object({
      requeued: count,
      revokesFinished: count,
      termsSaved: z.boolean(),
      rebuilt: z.boolean(),
      announced: z.boolean(),
    })
    .optional()
    .meta({ description: 'What was repaired; absent where nothing differed.' }),
});
