/**
 * Fills the tables according to a plan, continuing where an earlier run was interrupted.
 *
 * Members and coupons are inserted in order, one statement after another, so their counts determine the next row.
 * Issuances are inserted by several concurrent statements. One worker inserts all issuances of a coupon in order, so
 * the highest number of each coupon determines what is missing.
 */
import type { SeedPlan, SeedSizes } from './seed-plan.js';
import { SEED_MAIL_DOMAIN } from './seed-tables.js';
import type { SeededCoupon, SeededIssuance, SeedTables } from './seed-tables.js';

/** Rows of one statement, measured on MariaDB: 1,000 to 5,000 make no difference, above that memory only grows. */
const INSERT_ROWS_MAX = 2_000;
const PAGE_ROWS = 10_000;

const DAY_MS = 86_400_000;
/** Seeded coupons are of a past event: open for a day, thirty days ago. */
const OPENED_BEFORE_MS = 30 * DAY_MS;
/** Digits of a member's number in its address: the addresses sort like the numbers. */
const NUMBER_DIGITS = 9;

/** The tables hold something that this seeding cannot be completed from. */
export class SeedRefusedError extends Error {}

export interface SeedHooks {
  /** Called once before anything is inserted, with what is there already. */
  onFound(found: SeedSizes): void;
  onInserted(rows: number): void;
}

/**
 * @returns what was inserted by this run.
 * @throws {@link SeedRefusedError} before anything is inserted; StoreUnavailableError, StoreOutcomeUnknownError: run it again.
 */
export async function fillTables(
  tables: SeedTables,
  plan: SeedPlan,
  nowMs: number,
  hooks: SeedHooks,
): Promise<SeedSizes> {
  let memberIds = await readMembers(tables);
  let coupons = await readCoupons(tables);
  const found = {
    members: memberIds.length,
    coupons: coupons.length,
    memberCoupons: coupons.reduce((sum, coupon) => sum + coupon.recorded, 0),
  };
  refuseOthers(plan, found, coupons);
  hooks.onFound(found);
  const { sizes } = plan;
  if (found.members < sizes.members) {
    await fillMembers(tables, found.members, sizes.members, nowMs, hooks);
    memberIds = memberIds.concat(await readMembers(tables, memberIds.length));
  }
  if (found.coupons < sizes.coupons) {
    await fillCoupons(tables, plan, found.coupons, nowMs, hooks);
    coupons = coupons.concat(await readCoupons(tables, coupons.at(-1)?.couponId));
  }
  await fillIssuances(tables, plan, memberIds, coupons, hooks);
  return {
    members: sizes.members - found.members,
    coupons: sizes.coupons - found.coupons,
    memberCoupons: sizes.memberCoupons - found.memberCoupons,
  };
}

/** A plan is continued only with the same sizes: under other sizes other members would hold the coupons. */
function refuseOthers(plan: SeedPlan, found: SeedSizes, coupons: readonly SeededCoupon[]): void {
  const { sizes } = plan;
  const strange = coupons.find(
    (coupon, place) =>
      coupon.quantity !== plan.quantityOf(place) || coupon.recorded > plan.issuancesOf(place),
  );
  const differs =
    found.members > sizes.members ||
    found.coupons > sizes.coupons ||
    (found.memberCoupons > 0 && found.members < sizes.members) ||
    strange !== undefined;
  if (!differs) return;
  const example =
    strange === undefined
      ? ''
      : `, such as coupon ${strange.couponId} with ${strange.recorded} of ${strange.quantity}`;
  throw new SeedRefusedError(
    `These tables were seeded with other numbers: ${found.members} members, ${found.coupons} coupons, ${found.memberCoupons} issuances${example}. ` +
      'Give the same numbers, or use an empty database.',
  );
}

async function readMembers(tables: SeedTables, after = 0): Promise<number[]> {
  const ids: number[] = [];
  let email = after === 0 ? '' : emailOf(after);
  for (;;) {
    const page = await tables.membersAfter(email, PAGE_ROWS);
    for (const member of page) ids.push(member.id);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return ids;
    email = last.email;
  }
}

async function readCoupons(tables: SeedTables, after = 0): Promise<SeededCoupon[]> {
  const coupons: SeededCoupon[] = [];
  let couponId = after;
  for (;;) {
    const page = await tables.couponsAfter(couponId, PAGE_ROWS);
    coupons.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return coupons;
    couponId = last.couponId;
  }
}

function emailOf(memberNumber: number): string {
  return `member-${String(memberNumber).padStart(NUMBER_DIGITS, '0')}@${SEED_MAIL_DOMAIN}`;
}

async function fillMembers(
  tables: SeedTables,
  there: number,
  wanted: number,
  nowMs: number,
  hooks: SeedHooks,
): Promise<void> {
  for (let first = there; first < wanted; first += INSERT_ROWS_MAX) {
    const count = Math.min(INSERT_ROWS_MAX, wanted - first);
    await tables.insertMembers(
      Array.from({ length: count }, (_, index) => ({
        email: emailOf(first + index + 1),
        createdAtMs: nowMs,
      })),
    );
    hooks.onInserted(count);
  }
}

async function fillCoupons(
  tables: SeedTables,
  plan: SeedPlan,
  there: number,
  nowMs: number,
  hooks: SeedHooks,
): Promise<void> {
  const opensAtMs = nowMs - OPENED_BEFORE_MS;
  for (let first = there; first < plan.sizes.coupons; first += INSERT_ROWS_MAX) {
    const count = Math.min(INSERT_ROWS_MAX, plan.sizes.coupons - first);
    await tables.insertCoupons(
      Array.from({ length: count }, (_, index) => ({
        name: `Seeded coupon ${first + index + 1}`,
        quantity: plan.quantityOf(first + index),
        opensAtMs,
        closesAtMs: opensAtMs + DAY_MS,
      })),
    );
    hooks.onInserted(count);
  }
}

async function fillIssuances(
  tables: SeedTables,
  plan: SeedPlan,
  memberIds: readonly number[],
  coupons: readonly SeededCoupon[],
  hooks: SeedHooks,
): Promise<void> {
  const lots = lotsOf(plan, memberIds, coupons);
  const work = async (): Promise<void> => {
    for (const lot of lots) {
      for (const statement of lot) {
        await tables.insertIssuances(statement);
        hooks.onInserted(statement.length);
      }
    }
  };
  await Promise.all(Array.from({ length: tables.insertsAtOnce }, work));
}

/** Divides the work into lots. Statements of a lot follow one another; different lots run concurrently. A coupon is in one lot only. */
function* lotsOf(
  plan: SeedPlan,
  memberIds: readonly number[],
  coupons: readonly SeededCoupon[],
): Generator<Iterable<readonly SeededIssuance[]>> {
  let small: SeededIssuance[] = [];
  for (const [place, coupon] of coupons.entries()) {
    const missing = plan.issuancesOf(place) - coupon.recorded;
    if (missing > INSERT_ROWS_MAX) {
      yield statementsOf(plan, memberIds, coupon, place);
      continue;
    }
    if (small.length + missing > INSERT_ROWS_MAX) {
      yield [small];
      small = [];
    }
    small.push(...issuancesOf(plan, memberIds, coupon, place, missing));
  }
  if (small.length > 0) yield [small];
}

function* statementsOf(
  plan: SeedPlan,
  memberIds: readonly number[],
  coupon: SeededCoupon,
  place: number,
): Generator<readonly SeededIssuance[]> {
  const wanted = plan.issuancesOf(place);
  for (let { recorded } = coupon; recorded < wanted; recorded += INSERT_ROWS_MAX) {
    const count = Math.min(INSERT_ROWS_MAX, wanted - recorded);
    yield issuancesOf(plan, memberIds, { ...coupon, recorded }, place, count);
  }
}

function issuancesOf(
  plan: SeedPlan,
  memberIds: readonly number[],
  { couponId, opensAtMs, recorded }: SeededCoupon,
  place: number,
  count: number,
): SeededIssuance[] {
  return Array.from({ length: count }, (_, index) => {
    const issueNo = recorded + index + 1;
    const memberId = memberIds[plan.memberPlaceOf(place, issueNo)];
    if (memberId === undefined) throw new Error('the plan names a member that was not seeded');
    return { couponId, issueNo, memberId: String(memberId), issuedAtMs: opensAtMs + issueNo };
  });
}
